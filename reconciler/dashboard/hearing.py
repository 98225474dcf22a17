"""Changed files, heard while a page is open: the machine says that something is different, and then a look says what.

Nothing scans while nothing changes, however many files there are.
"""

from dataclasses import dataclass, field

from reconciler.dashboard.repository import Repository
from reconciler.model.told import Told
from reconciler.source.watch import Watcher


@dataclass(slots=True)
class Hearing:
    """Ears for the files of a repository. One thread begins and ends it."""

    repository: Repository
    say: Told
    _watcher: Watcher | None = field(default=None)

    @property
    def edition(self) -> int:
        """Another number than before once a look has found the files different."""
        return self.repository.edition

    def begin(self) -> None:
        """Listen; what has changed until then is looked for too."""
        self._watcher = Watcher(self.repository.roots, self.repository.look_soon, self._deaf)
        self._watcher.start()

    def end(self) -> None:
        """Listen no more."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    def _deaf(self, why: str) -> None:
        self.say("files cannot be watched; open pages see their changes with the next one in the store", error=why)
