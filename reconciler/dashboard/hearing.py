"""Changed files, heard while a page is open: the machine says that something is different, and then a look says what.

Nothing scans while nothing changes, however many files there are.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.dashboard.repository import Repository
from reconciler.model.told import Told
from reconciler.source.watch import Watcher


@dataclass(frozen=True, slots=True)
class Hearing:
    """Ears for the files of a repository."""

    repository: Repository
    say: Told

    @property
    def edition(self) -> int:
        """Another number than before once a look has found the files different."""
        return self.repository.edition

    def begin(self) -> Callable[[], None]:
        """Listen; what has changed until then is looked for too. What is given back ends this listening, and no other."""
        watcher = Watcher(self.repository.roots, self.repository.look_soon, self._deaf)
        watcher.start()
        return watcher.stop

    def _deaf(self, why: str) -> None:
        self.say("files cannot be watched; open pages see their changes with the next one in the store", error=why)
