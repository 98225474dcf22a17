"""Codes: what leads, sales and items of the queue are called outside. They tell nothing, and nobody guesses one."""

from collections.abc import Callable
from typing import Final

Entropy = Callable[[int], bytes]
"""So many random bytes."""

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: nobody mistakes one for another when reading it out."""
_LENGTH: Final = 13


def new_code(letter: str, entropy: Callable[[int], bytes]) -> str:
    """A code that begins with `letter`: L a lead, Q an item of the queue, S a sale. 65 bits of chance."""
    chance = int.from_bytes(entropy(9), "big")
    return letter + "".join(_SIGNS[chance >> 5 * place & 31] for place in range(_LENGTH))
