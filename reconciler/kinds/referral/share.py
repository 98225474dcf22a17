"""How traffic is shared among the campaigns of an A/B test: by weight, and for each key always alike (AMB-R7).

Weighted rendezvous hashing: every campaign draws a number for the key, and the largest wins. A campaign that comes takes
only keys that it wins, one that goes gives away only its own, and a weight that changes moves no more than it must.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import log
from typing import Final

from reconciler.model.ref import Ref

_BITS: Final = 52
"""Of a draw: so many that half of one more is exact, so that no draw is 0 or 1."""
_UNIT: Final = 1 / (1 << _BITS)


@dataclass(frozen=True, slots=True)
class Share:
    """One campaign of a test with its weight, and what makes its draws its own."""

    ref: Ref
    weight: int
    salt: bytes

    @classmethod
    def of(cls, ref: Ref, weight: int) -> "Share":
        """The share of a campaign. Its draws hang on its ref alone, so that a new weight moves few."""
        return cls(ref, weight, blake2b(str(ref).encode(), digest_size=16).digest())

    def draw(self, key: bytes) -> float:
        """The number that this campaign draws for a key: the larger its weight, the oftener it is the largest."""
        number = int.from_bytes(blake2b(self.salt + key, digest_size=8).digest()) >> (64 - _BITS)
        return -self.weight / log((number + 0.5) * _UNIT)


def pick(shares: Sequence[Share], key: str) -> Ref | None:
    """The campaign that `key` belongs to, whatever the order of `shares`; None where there is none."""
    if len(shares) < 2:
        return shares[0].ref if shares else None
    text = key.encode(errors="surrogatepass")
    return max([(one.draw(text), one.ref) for one in shares])[1]
