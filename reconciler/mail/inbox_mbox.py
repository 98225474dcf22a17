"""An mbox: one file with all mail. It is locked while it is looked through and while it is written anew, not between."""

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.mail.inbox import Letter, chunks_of, seal


@dataclass(slots=True)
class Mbox:
    """A file that mail is appended to. `close` takes out what was acknowledged; until then it stands there."""

    path: Path
    done: set[str] = field(default_factory=set)

    def letters(self) -> Iterator[Letter]:
        """All mail in it, from its beginning. OSError where it cannot be read."""
        box = self._open()
        try:
            for key in box.keys():  # noqa: SIM118 - a mailbox iterates over its messages, parsed
                with box.get_file(key) as file:
                    sealed = seal(chunks_of(file))
                if sealed.identity not in self.done:
                    yield Letter(sealed.identity, sealed.data, str(key))
        finally:
            box.close()

    def acknowledge(self, letter: Letter) -> None:
        """Note that it may be taken out."""
        self.done.add(letter.identity)

    def close(self) -> None:
        """Write the file without what was acknowledged; mail that was appended meanwhile stays.

        OSError where another program has locked it.
        """
        if not self.done:
            return
        box = self._open()
        try:
            box.lock()
        except mailbox.ExternalClashError as error:
            box.close()
            raise OSError(f"{self.path.name} is locked by another program") from error
        try:
            for key in box.keys():  # noqa: SIM118
                with box.get_file(key) as file:
                    identity = seal(chunks_of(file)).identity
                if identity in self.done:
                    box.remove(key)
            box.flush()
        finally:
            box.unlock()
            box.close()
        self.done.clear()

    def _open(self) -> "mailbox.mbox":
        try:
            return mailbox.mbox(self.path, create=False)
        except mailbox.NoSuchMailboxError as error:
            raise FileNotFoundError(f"{self.path.name} is not there") from error
