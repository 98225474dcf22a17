"""Where mail comes in: a source of letters, each of which is taken up, recorded, and only then acknowledged.

    for letter in inbox.letters():
        ... record what `read_mail(letter.data)` says under letter.identity, and commit ...
        inbox.acknowledge(letter)

A letter that was not acknowledged comes again, from every source; recording by identity makes that harmless. Whoever is
killed between commit and acknowledgement meets it once more, and finds it recorded.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from reconciler.mail.dissect import CAP


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came in: `data` is its beginning (`dissect.CAP` bytes), which is all that is ever looked at.

    `identity` is a digest over the whole of it, and over the envelope's recipient where there is one. `place` is how its
    source finds it again.
    """

    identity: str
    data: bytes
    place: str
    came_to: str | None = None


class Inbox(Protocol):
    """A source of letters."""

    def letters(self) -> Iterator[Letter]:
        """What there is and has not been acknowledged, the oldest first as far as the source can tell."""

    def acknowledge(self, letter: Letter) -> None:
        """The letter is recorded for good; it does not come again."""

    def close(self) -> None:
        """End in order: what was acknowledged is settled at the source."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The beginning of a mail, and its identity."""

    data: bytes
    identity: str


_CHUNK: Final = 1 << 16


def seal(chunks: Iterable[bytes], came_to: str | None = None) -> Sealed:
    """Read a mail in pieces, in memory that does not grow with it."""
    digest = hashlib.sha256()
    kept = bytearray()
    for chunk in chunks:
        digest.update(chunk)
        if len(kept) < CAP:
            kept += chunk[: CAP - len(kept)]
    if came_to is not None:
        digest.update(b"\0" + came_to.casefold().encode("utf-8", "replace"))
    return Sealed(bytes(kept), digest.hexdigest())


class Readable(Protocol):
    """A file open for reading bytes."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


def chunks_of(file: Readable) -> Iterator[bytes]:
    """A file in pieces."""
    while chunk := file.read(_CHUNK):
        yield chunk
