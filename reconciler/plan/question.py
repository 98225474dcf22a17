"""What a plan is asked about: everything that deciding needs, gathered beforehand."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.lifecycle.kind import Kind
from reconciler.model.authorship import Authorship
from reconciler.model.canonical import Document
from reconciler.model.manifest import Entry, Manifest
from reconciler.model.policy import NO_POLICIES, Policies
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.plan.drift import Drift
from reconciler.plan.groups import Groups
from reconciler.plan.references import Links

Facts = Mapping[Ref, Mapping[str, Any]]
"""What runtimes observe, by resource; a fact that is not there is unknown."""


class Triage(Record, frozen=True):
    """What needs judging at all, and what does not."""

    judged: tuple[Ref, ...]
    unchanged: int
    unmanaged: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """The whole input of a plan. `documents` and `resources` hold at least what `triage` asks for."""

    kinds: Mapping[str, Kind]
    manifests: Mapping[Ref, Manifest]
    links: Links
    heads: Mapping[Ref, Head]
    triage: Triage
    documents: Mapping[Ref, Document]
    resources: Mapping[Ref, Resource]
    now: datetime
    facts: Facts = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The spec of each settings kind that exists."""
    timezone: str = "UTC"
    forgotten: frozenset[Ref] = frozenset()
    serial: int = 0
    commit: str = ""
    authorship: Mapping[Ref, Authorship] = field(default_factory=dict)
    """Who brought each manifest that is carried out into its present form; filled in before anything is written."""
    policies: Policies = NO_POLICIES
    acknowledged: frozenset[str] = frozenset()
    only: frozenset[Ref] = frozenset()
    groups: Groups = field(default_factory=lambda: Groups({}, {}))
    ticking: tuple[Ref, ...] = ()
    """The stored resources in whose states timers run, sorted; `resources` and `documents` hold them."""
    horizon: timedelta = timedelta()
    """How far the plan looks ahead."""
    held: tuple[Ref, ...] = ()
    """The stored resources with holds, sorted; `resources` holds them."""
    drift: Drift = field(default_factory=Drift)

    def head_of(self, ref: Ref) -> Head | None:
        """See the function of this name."""
        return head_of(ref, self.heads, self.manifests)

    def authorship_of(self, ref: Ref) -> Authorship:
        """Who brought this manifest into its present form; where nobody has asked, the commit that is checked out."""
        return self.authorship.get(ref) or Authorship(self.commit)

    def commit_of(self, ref: Ref) -> str:
        """The commit that last changed what this manifest says."""
        return self.authorship_of(ref).commit


def head_of(ref: Ref, heads: Mapping[Ref, Head], manifests: Mapping[Ref, Manifest]) -> Head | None:
    """What is stored of a resource in short, also while it still has the name that its manifest has given up."""
    head = heads.get(ref)
    if head is None and ref in manifests:
        old = manifests[ref].former
        return heads.get(old) if old and old not in manifests else None
    return head


def triage(manifests: Mapping[Ref, Manifest], heads: Mapping[Ref, Head], now: datetime, groups: Groups) -> Triage:
    """Which resources differ from what their manifests ask, by digest, state and flags alone."""
    judged = [ref for ref, manifest in manifests.items() if not settled(manifest, heads.get(ref), now, groups)]
    unmanaged = sorted(ref for ref in heads.keys() - manifests.keys() if heads[ref].state != "deleted")
    return Triage(tuple(sorted(judged)), len(manifests) - len(judged), tuple(unmanaged))


def settled(manifest: Manifest, head: Head | None, now: datetime, groups: Groups) -> bool:
    """Whether nothing is to be done about this resource, or said of it."""
    if head is None:
        # What never existed needs no deleting, but its manifest is worth a warning: judged.
        return False
    if manifest.digest != head.digest or manifest.flags != head.flags:
        return False
    if head.asked and head.asked != manifest.state:
        return False
    wanted = manifest.state
    if manifest.entries:
        wanted, new = manifest.state_at(now), newly_due(manifest, head.applied_at, now)
        if new and not _stands(head, wanted):
            return False
        if any(entry.state not in head.satisfied for entry in new[:-1]):
            return False  # it was missed, which is worth a line in the log
    if wanted == head.state and groups.may_step_back(manifest.ref, wanted):
        return False  # whether it must is for those to say for whom it does
    return wanted == head.state or wanted in head.satisfied


def _stands(head: Head, wanted: str) -> bool:
    """Whether being in this state answers a new request for it: not where it still stands for others too."""
    return wanted != head.state or head.satisfied == (head.state,)


def newly_due(manifest: Manifest, applied_at: str, now: datetime) -> list[Entry]:
    """The entries that have come due since the resource was last written, oldest first."""
    past = manifest.past(now)
    return past[bisect_right(past, applied_at[:SECONDS], key=lambda entry: entry.at[:SECONDS]) :]


SECONDS: Final = len("2027-06-01T09:00:00")
"""Characters of an instant's text down to the second: entries name no less, writes may name more."""
