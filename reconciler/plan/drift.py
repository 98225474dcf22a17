"""Drift: what an operator, or another checkout, has made differ from a manifest that has not changed. Pure.

The state has strayed where an operator's transition took it from what its manifest still asks for. A field has strayed
where the manifest was applied as it is, commit and all, and something else since. What is left as it is, because the
project only warns or somebody has acknowledged it, is taken for what is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from reconciler.lifecycle.shape import Shape
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.change import ABSENT, Change, tokens
from reconciler.model.hold import STATE, acknowledged
from reconciler.model.instant import to_text
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Op, Step
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

WINDOW: Final = timedelta(hours=1)
CORRECTIONS: Final = 3
"""So many corrections of one path within the window, and the next would be a fight: a hold is opened instead."""

TRUCE: Final = timedelta(hours=24)
"""How long that hold lasts."""


class Policy(StrEnum):
    """What becomes of drift."""

    CORRECT = "correct"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Fight:
    """A path that was corrected again and again; to correct it once more before `until` would be a fight."""

    path: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """What is known of drift when a plan is made."""

    fields: Mapping[Ref, tuple[Change, ...]] = field(default_factory=dict)
    """The fields that have strayed, each with the stored value and the manifest's."""
    policy: Mapping[str, Policy] = field(default_factory=dict)
    """By kind; under the empty name for all others."""
    fights: Mapping[Ref, tuple[Fight, ...]] = field(default_factory=dict)
    asked: Mapping[Ref, tuple[Manifest, Document]] = field(default_factory=dict)
    """What the files say of those whose drift is left: in their place stands what is stored."""

    chosen: frozenset[str] | None = None
    """The paths that somebody has asked to be corrected now, and no others; None: all that are not left."""

    def corrects(self, kind: str) -> bool:
        """Whether drift of this kind is corrected."""
        return self.policy.get(kind, self.policy.get("", Policy.CORRECT)) is Policy.CORRECT

    def leaves(self, resource: Resource, path: str, now: datetime) -> str:
        """Why drift at `path` is left as it is now; empty where it is corrected."""
        if self.chosen is not None:
            return "" if path in self.chosen else "nobody asks for it now"
        hold = acknowledged(resource.holds, now, path)
        if hold is not None:
            return f"acknowledged by {hold.owner} until {hold.until[:16].replace('T', ' ')}Z: {hold.reason}"
        return "" if self.corrects(resource.ref.kind) else "the project only warns of drift"


def fought(drift: Drift, ref: Ref, steps: Iterable[Step], now: datetime) -> Fight | None:
    """The fight that these corrections would go on with."""
    steps = list(steps)
    paths = {STATE} if any(step.op is Op.TRANSITION for step in steps) else set()
    paths |= {change.path for step in steps for change in step.changes}
    return next((one for one in drift.fights.get(ref, ()) if one.path in paths and now < one.until), None)


def state_strays(manifest: Manifest, resource: Resource, wanted: str, now: datetime) -> bool:
    """Whether an operator has taken it away from what its manifest asked for then, and asks for still.

    What a manifest has come to ask since, or an entry that came due since, is no drift.
    """
    if not resource.operated or wanted in resource.satisfied or resource.asked not in ("", manifest.state):
        return False
    since, until = (
        to_text(at.replace(microsecond=0)) for at in (resource.applied_at, now)
    )  # entries name whole seconds
    return not manifest.has_entry_between(since, until)


def state_change(resource: Resource, wanted: str) -> Change:
    """The state, as a field that would be corrected."""
    return Change(STATE, resource.state, wanted)


def as_left(manifest: Manifest, document: Document, left: Iterable[Change], shape: Shape) -> tuple[Manifest, Document]:
    """What is asked where these changes are left out: the manifest's document with the stored values in their places."""
    found = canonical.decode(canonical.encode(document))
    for change in left:
        _put(found, tokens(change.path), change.before, shape)
    if canonical.encode(found) == canonical.encode(document):
        return manifest, document
    return replace(manifest, digest=canonical.digest(found)), found


def _put(here: Any, path: tuple[str, ...], value: Any, shape: Shape | None) -> None:
    """Give the value at `path`, whose list items are named as `diff` names them, in place."""
    shape = (shape or Shape(open=True)).choose(here)
    name, *rest = path
    if isinstance(here, dict):
        if rest and name not in here:
            here[name] = {}
        if rest:
            _put(here[name], tuple(rest), value, shape.members.get(name, shape.values))
        elif value is ABSENT:
            here.pop(name, None)
        else:
            here[name] = value
        return
    at = next((number for number, item in enumerate(here) if _is_called(item, number, name, shape)), len(here))
    if rest:
        _put(here[at], tuple(rest), value, shape.item)
    elif value is ABSENT:
        del here[at : at + 1]
    else:
        here[at : at + 1] = [value]


def _is_called(item: Any, number: int, name: str, shape: Shape) -> bool:
    if shape.key and isinstance(item, dict):
        return str(item.get(shape.key)) == name
    return str(item) == name if shape.is_set else str(number) == name
