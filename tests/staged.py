"""A place to gather recipients that stays in memory: what the ledger does with SQL, for tests."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.kinds.email.staging import Candidate


@dataclass
class Gathered:
    """Staging and Standing. `standing` says whom the store must not mail: key to list and reason."""

    standing: dict[str, tuple[str, str]] = field(default_factory=dict)
    found: dict[str, Candidate] = field(default_factory=dict)

    def add(self, batch: Sequence[Candidate]) -> int:
        before = len(self.found)
        for one in batch:
            self.found.setdefault(one.key, one)
        return len(self.found) - before

    def remove(self, keys: Sequence[str], list_: str = "") -> int:
        before = len(self.found)
        for key in keys:
            self.found.pop(key, None)
        return before - len(self.found)

    def remove_standing(self, lists: Sequence[str]) -> Mapping[str, int]:
        gone = {key: self.standing[key][1] for key in self.found if self.reasons(key, lists)}
        self.remove(list(gone))
        return Counter(gone.values())

    def reasons(self, key: str, lists: Sequence[str]) -> Sequence[str]:
        named, reason = self.standing.get(key, ("", ""))
        return [reason] if named in lists else []

    @property
    def mailboxes(self) -> list[str]:
        """Who is in, in order."""
        return [one.mailbox for one in sorted(self.found.values(), key=lambda one: one.position)]
