"""What a plan says of one resource, as a page shows it."""

from dataclasses import dataclass
from typing import Final

from reconciler.dashboard.render import href
from reconciler.model import canonical
from reconciler.model.change import ABSENT, Change
from reconciler.model.diagnostic import Place
from reconciler.model.plan import (
    Alternative,
    Blocked,
    GuardVerdict,
    Held,
    Op,
    Reason,
    Refusal,
    ResourcePlan,
    Step,
    Strayed,
    Verb,
    Verdict,
    Waiting,
)
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement
from reconciler.model.risk import Risk
from reconciler.views.boxes import BOXES
from reconciler.views.occurrence_text import way
from reconciler.views.plan_text import due_text, hold_text, kept_text

MOST_CHANGES: Final = 30
"""Fields of one step that are shown; of more the rest is counted."""
_LONGEST: Final = 200
_WORDS: Final = {
    Verb.CREATE: ("to create", "good"),
    Verb.UPDATE: ("to edit", "calm"),
    Verb.TRANSITION: ("to move", "calm"),
    Verb.DELETE: ("to delete", "bad"),
}


@dataclass(frozen=True, slots=True)
class Who:
    """The resource that a row is about, with its page."""

    ref: Ref
    href: str
    way: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A field that changes. What is not there is empty, and `is_new` or `is_gone`."""

    path: str
    before: str
    after: str
    is_new: bool
    is_gone: bool
    layer: str = ""


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A guard of a checklist."""

    box: str
    name: str
    requirement: Requirement
    message: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: what it is called, what it makes the runtime do, what it would lose, and the fields that it changes."""

    name: str
    said: str
    effects: tuple[str, ...]
    danger: str
    risks: tuple[Risk, ...]
    changes: tuple[ChangeRow, ...]
    more: int
    waits: tuple[BoxRow, ...]
    boxes: tuple[BoxRow, ...]


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A resource that would be changed. `tone` colours `word`."""

    who: Who
    word: str
    tone: str
    reason: str
    cause: str
    moved_from: str
    steps: tuple[StepRow, ...]
    conditional: bool


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One rule that stands in the way, and where."""

    code: str
    requirement: Requirement
    message: str
    path: str
    place: str
    policy: str
    source: str
    others: tuple[tuple[Ref, str], ...]
    until: object


@dataclass(frozen=True, slots=True)
class BlockedRow:
    """A resource that is left alone, why, and what would work instead."""

    who: Who
    is_held: bool
    refusals: tuple[RefusalRow, ...]
    alternatives: tuple[Alternative, ...]
    boxes: tuple[BoxRow, ...]


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A resource whose next move belongs to a timer or to the runtime."""

    who: Who
    event: str
    message: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A hold, and what its end would let through, or meet."""

    who: Who
    words: str
    until: str
    lets: str
    meets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StrayedRow:
    """Drift that is left as it is."""

    who: Who
    left: str
    changes: tuple[ChangeRow, ...]


def who(ref: Ref, origin: str, target: str, place: Place = Place()) -> Who:
    """Whom a row is about, from which state to which."""
    return Who(ref, href(ref), way(origin, target), str(place) if place.file else "")


def changed(one: ResourcePlan) -> ChangedRow:
    """A change in full."""
    word, tone = _WORDS[one.action]
    shown = who(one.ref, one.origin, one.target, one.place)
    if not one.origin:
        shown = Who(one.ref, shown.href, one.target, shown.place)
    return ChangedRow(
        shown,
        word,
        tone,
        _reason(one),
        one.cause,
        str(one.moved_from) if one.moved_from else "",
        tuple(_step(step) for step in one.steps),
        one.conditional,
    )


def due(one: ResourcePlan) -> ChangedRow:
    """A timer that has come due, or a hold that is over."""
    return ChangedRow(
        who(one.ref, one.origin, one.target, one.place),
        "is due",
        "warn",
        due_text(one.steps[0]),
        "",
        "",
        tuple(_step(step) for step in one.steps),
        False,
    )


def _reason(one: ResourcePlan) -> str:
    if one.reason is Reason.DRIFT:
        return "drift: the manifest has not changed; somebody else has changed this"
    return one.reason.value.replace("-", " ")


def _step(step: Step) -> StepRow:
    told = [one for one in step.changes if step.op is not Op.CREATE or one.layer.file]
    said = ""
    if step.op is Op.HOLD:
        said = f"opens a hold: {step.reason}"
    elif step.op is Op.FLAG:
        said = f"flags: {', '.join(step.flags) or 'none'}"
    waits = (one for one in step.guards if one.verdict is Verdict.UNKNOWN)
    return StepRow(
        step.name,
        said,
        step.effects,
        step.danger,
        step.risks,
        tuple(map(change, told[:MOST_CHANGES])),
        max(0, len(told) - MOST_CHANGES),
        tuple(map(_box, waits)),
        tuple(map(_box, step.guards)) if step.checklist else (),
    )


def change(one: Change) -> ChangeRow:
    """A field with what was and will be."""
    before, after = _value(one.before), _value(one.after)
    layer = str(one.layer) if one.layer.file else ""
    return ChangeRow(one.path, before, after, one.before is ABSENT, one.after is ABSENT, layer)


def _value(value: object) -> str:
    if value is ABSENT:
        return ""
    text = canonical.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _box(one: GuardVerdict) -> BoxRow:
    return BoxRow(BOXES[one.verdict], one.name, one.requirement, one.found or one.message)


def blocked(one: Blocked) -> BlockedRow:
    """What stands in the way, and the ways out."""
    return BlockedRow(
        who(one.ref, one.origin, one.target),
        one.held,
        tuple(map(_refusal, one.refusals)),
        one.alternatives,
        tuple(map(_box, one.checklist)),
    )


def _refusal(one: Refusal) -> RefusalRow:
    return RefusalRow(
        one.code.value,
        one.requirement,
        one.message,
        one.path,
        str(one.place) if one.place.file else "",
        one.policy,
        str(one.source) if one.source.file else "",
        tuple((ref, href(ref)) for ref in one.others),
        one.until,
    )


def waiting(one: Waiting) -> WaitingRow:
    """What somebody else moves."""
    return WaitingRow(who(one.ref, one.origin, one.target), one.event, one.message)


def held(one: Held) -> HeldRow:
    """A hold that is in force."""
    meets = tuple(f"{refusal.code}: {refusal.message}" for refusal in one.refusals)
    return HeldRow(who(one.ref, one.state, one.state), hold_text(one), one.hold.until, kept_text(one), meets)


def strayed(one: Strayed) -> StrayedRow:
    """What differs and is not corrected."""
    at = str(one.place) if one.place.file else ""
    return StrayedRow(Who(one.ref, href(one.ref), "", at), one.left, tuple(map(change, one.changes[:MOST_CHANGES])))
