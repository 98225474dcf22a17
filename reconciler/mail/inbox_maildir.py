"""A Maildir: one file a mail. What is new stands in `new/`; what is done is moved to `cur/` with the flag "seen"."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.mail.inbox import Letter, chunks_of, seal

_ROOMS: Final = ("new", "cur")


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder with `new/` and `cur/`. Mail that another program has seen, or that `keep` leaves, is not read again."""

    path: Path
    keep: bool = True
    """Whether what is acknowledged stays in `cur/`; else it is deleted."""

    def letters(self) -> Iterator[Letter]:
        """Mail that nobody has seen, by name: the name begins with the second of its arrival. OSError without a Maildir."""
        for room in _ROOMS:
            folder = self.path / room
            for name in sorted(os.listdir(folder)):
                if not name.startswith(".") and "S" not in name.partition(":2,")[2]:
                    letter = _read(folder / name, f"{room}/{name}")
                    if letter is not None:
                        yield letter

    def acknowledge(self, letter: Letter) -> None:
        """Move it to `cur/` as seen, or delete it. What somebody else has moved meanwhile is left to them."""
        path = self.path / letter.place
        try:
            if not self.keep:
                path.unlink()
                return
            name, _, flags = path.name.partition(":2,")
            path.rename(self.path / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")
        except FileNotFoundError:
            return

    def close(self) -> None:
        """Nothing is left to do: each letter was settled when it was acknowledged."""


def _read(path: Path, place: str) -> Letter | None:
    """A mail; None for what is no file of its own (a link, a pipe), or has gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        sealed = seal(chunks_of(file))
    return Letter(sealed.identity, sealed.data, place)
