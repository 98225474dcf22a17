"""The plan that has nothing to do, remembered: it stands while tree, definitions and store stay as they were.

A plan is a function of manifests, snapshot, facts and time. Where no resource needed judging, facts and rules were not
asked; so equal files, an equal store and an earlier instant than the next schedule entry give the same answer. What is
saved is everything between the scan and the answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.model import canonical
from reconciler.model.instant import from_text
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan
from reconciler.source.cache import Cache, Memo
from reconciler.source.scan import Scan, encode_scan, signature_of

NOTHING: Final = canonical.digest([])
"""The digest of a plan without changes."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the answer hangs on besides the files: the store by name and serial, and how the files are read."""

    store: str
    serial: int
    reading: str

    @property
    def key(self) -> str:
        """All of it as one text."""
        return f"{self.store}\0{self.serial}\0{self.reading}"


def recall(cache: Cache, scanned: Scan, circumstances: Circumstances, now: datetime) -> Plan | None:
    """The remembered plan, where it still stands."""
    memo = cache.memo()
    if memo is None or memo.key != circumstances.key or scanned.diagnostics:
        return None
    if memo.valid_until and from_text(memo.valid_until) <= now:
        return None
    if not cache.same_tree(encode_scan(scanned)):
        return None
    if any(signature_of(path) != signature for path, signature in memo.watched):
        return None
    return Plan(now, circumstances.serial, memo.commit, (), (), (), (), memo.unchanged, (), NOTHING)


def remember(
    cache: Cache, plan: Plan, manifests: list[Manifest], watched: list[str], circumstances: Circumstances
) -> None:
    """Keep `plan`, if it had nothing to do and nothing to say."""
    if plan.resources or plan.blocked or plan.waiting or plan.unmanaged or plan.diagnostics:
        return
    signatures = [(path, signature_of(path)) for path in sorted(set(watched))]
    if signatures and not cache.settled(max(signature[1] for _, signature in signatures)):
        return
    ahead = [entry.at for manifest in manifests for entry in manifest.entries if from_text(entry.at) > plan.made_at]
    cache.remember(Memo(circumstances.key, min(ahead, default=""), plan.unchanged, plan.commit, tuple(signatures)))
