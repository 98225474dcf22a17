"""What a plan is asked about: everything that deciding needs, gathered beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.model.canonical import Document
from reconciler.model.manifest import Manifest
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
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
    max_changes_percent: int = 30
    acknowledged: frozenset[str] = frozenset()
    only: frozenset[Ref] = frozenset()


def triage(manifests: Mapping[Ref, Manifest], heads: Mapping[Ref, Head], now: datetime) -> Triage:
    """Which resources differ from what their manifests ask, by digest, state and flags alone."""
    judged = [ref for ref, manifest in manifests.items() if not _settled(manifest, heads.get(ref), now)]
    unmanaged = sorted(ref for ref in heads.keys() - manifests.keys() if heads[ref].state != "deleted")
    return Triage(tuple(sorted(judged)), len(manifests) - len(judged), tuple(unmanaged))


def _settled(manifest: Manifest, head: Head | None, now: datetime) -> bool:
    if head is None:
        # What never existed needs no deleting, but its manifest is worth a warning: judged.
        return False
    if manifest.digest != head.digest or manifest.flags != head.flags:
        return False
    wanted = manifest.state_at(now) if manifest.entries else manifest.state
    return wanted == head.state or wanted in head.satisfied
