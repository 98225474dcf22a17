"""Expectations of a case: what it says held against what the store, the log and the plan say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.controller.gather import Wishes
from reconciler.controller.reconcile import Reconciler
from reconciler.controller.verdict import CHANGES, INVALID, of_plan
from reconciler.model import canonical
from reconciler.model.case import as_written
from reconciler.model.change import escape
from reconciler.model.errors import Invalid
from reconciler.model.event import Event
from reconciler.model.hold import holding
from reconciler.model.horizon import ahead
from reconciler.model.instant import from_text, parse_instant
from reconciler.model.plan import Plan, Refusal
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.timeline import DEFAULT_HORIZON, Occurrence
from reconciler.plan.prospect import Prospect
from reconciler.source.case_schema import REST

NOTHING: Final = "nothing"
"""Where the store has no such resource, or a list is empty."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is not as expected; `pointer` leads to it from the expectation."""

    what: str
    expected: str
    got: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Stand:
    """How things stand when something is expected. `base` is the last event of what was given."""

    reconciler: Reconciler
    store: Store
    zone: str
    base: int
    effects: tuple[tuple[Ref, str], ...]

    @property
    def now(self) -> datetime:
        """The present."""
        return self.reconciler.clock.now()

    def events(self, ref: Ref | None = None) -> list[Event]:
        """The log since everything was given."""
        return [event for event in self.store.events(ref) if event.serial > self.base]

    def same_time(self, wanted: str, got: str) -> bool:
        """Whether a time of the case is the instant that the log or plan has."""
        return bool(got) and parse_instant(wanted, self.zone) == from_text(got)

    def shown(self, at: str) -> str:
        """An instant as the case would write it."""
        return as_written(from_text(at), self.zone) if at else ""


Expectation = Callable[[Any, Stand], Iterator[Unmet]]


# States.


def _states(wanted: Mapping[str, Any], stand: Stand) -> Iterator[Unmet]:
    refs = {Ref.parse(text): text for text in wanted}
    found = stand.store.load(refs)
    for ref, text in refs.items():
        want = wanted[text] if isinstance(wanted[text], dict) else {"state": wanted[text]}
        resource = found.get(ref)
        got: dict[str, Any] = {
            "state": resource.state if resource else None,
            "satisfied": sorted(resource.satisfied) if resource else [],
            "flags": sorted(resource.flags) if resource else [],
            "held": _holder(resource, stand.now),
        }
        if "desired" in want:
            got["desired"] = _desired(ref, stand)
        pointer = f"/{escape(text)}"
        for name, value in want.items():
            if (sorted(value) if isinstance(value, list) else value) != got[name]:
                more = f"/{name}" if isinstance(wanted[text], dict) else ""
                what = f"{ref}" if name == "state" else f"{name} of {ref}"
                yield Unmet(what, _flow(value), _flow(got[name]), pointer + more)


def _holder(resource: Resource | None, now: datetime) -> str | None:
    found = holding(resource.holds, now) if resource else None
    return found.owner if found else None


def _desired(ref: Ref, stand: Stand) -> str | None:
    """What is asked for now: by the manifest, or by a burst for which it steps back."""
    question, _ = stand.reconciler.gatherer.question(stand.now)
    manifest = question.manifests.get(ref)
    if manifest is None:
        return None
    wanted = manifest.state_at(stand.now)
    back = question.groups.preempted(ref, wanted, Prospect(question, {}))
    return back.line.instead if back else wanted


# The log.


def _events(wanted: Mapping[str, list[Any]], stand: Stand) -> Iterator[Unmet]:
    for text, lines in wanted.items():
        ref = Ref.parse(text)
        got = [_line(event, stand) for event in stand.events(ref)]
        yield from _sequence(f"events of {ref}", lines, got, _Lines(stand), f"/{escape(text)}")


def _log(wanted: list[Any], stand: Stand) -> Iterator[Unmet]:
    yield from _sequence("the log", wanted, [_line(event, stand) for event in stand.events()], _Lines(stand))


def _line(event: Event, stand: Stand) -> dict[str, Any]:
    """An event in the words of a case."""
    body = event.body
    line = {
        "at": stand.shown(body["at"]),
        "ref": str(event.ref),
        "event": body.get("event") or body["op"],
        "from": body.get("from", ""),
        "to": body.get("to", ""),
        "by": str(body["actor"]).partition(":")[0],
        "due": stand.shown(body.get("due", "")),
        "reason": body.get("reason", ""),
        "missed": body.get("missed", ""),
    }
    return {name: value for name, value in line.items() if value}


@dataclass(frozen=True, slots=True)
class _Lines:
    """Compares what a case says of a line with the line."""

    stand: Stand

    def same(self, wanted: Any, got: Mapping[str, Any]) -> bool:
        """Whether this is the event, or the line with all these parts."""
        if isinstance(wanted, str):
            return bool(wanted == got["event"])
        return all(self._is(name, value, got.get(name, "")) for name, value in wanted.items())

    def _is(self, name: str, wanted: Any, got: Any) -> bool:
        match name:
            case "at" | "due":
                return self.stand.same_time(wanted, got)
            case "ref":
                return _same_ref(wanted, got)
            case "says" | "reason":
                return wanted in got
            case "against":
                return all(any(_same_side(one, side) for side in got) for one in wanted)
            case "place":
                return _same_place(wanted, got)
        return bool(wanted == got)


def _same_ref(wanted: str, got: str) -> bool:
    try:
        return str(Ref.parse(wanted)) == got
    except ValueError:
        return False


def _same_place(wanted: str, got: str) -> bool:
    """Whether a place begins so, at a word's end: `a.yaml:7` for a.yaml:7:5."""
    return f"{got}:".startswith(f"{wanted}:")


def _same_side(wanted: str, got: Mapping[str, str]) -> bool:
    return _same_ref(wanted, got["ref"]) or _same_place(wanted, got["place"])


def _sequence(
    what: str, wanted: Sequence[Any], got: list[dict[str, Any]], lines: _Lines, pointer: str = ""
) -> Iterator[Unmet]:
    """Whether these are the lines, in this order, with any others where the case says `…`."""
    if _fits(wanted, got, lines):
        return
    named = dict.fromkeys(name for one in wanted if isinstance(one, dict) for name in one)
    whole = {"at", "ref", "event", "to"} & set(got[0]) if got and named else set()
    names = {*named, *whole}
    shown = [{name: value for name, value in one.items() if name in names} if named else one["event"] for one in got]
    yield Unmet(what, _lines(wanted), _lines(shown), pointer)


def _fits(wanted: Sequence[Any], got: Sequence[Mapping[str, Any]], lines: _Lines) -> bool:
    """A match with gaps: `reach` are the numbers of lines that what was read so far may stand for."""
    reach = {0}
    for one in wanted:
        if isinstance(one, str) and one in REST:
            reach = set(range(min(reach), len(got) + 1))
        else:
            reach = {at + 1 for at in reach if at < len(got) and lines.same(one, got[at])}
        if not reach:
            return False
    return len(got) in reach


# The plan.


def _plan(wanted: Mapping[str, Any], stand: Stand) -> Iterator[Unmet]:
    try:
        plan = _made(wanted, stand)
    except Invalid as error:
        rest = [name for name in wanted if name != "exit"]
        if wanted.get("exit") != INVALID or rest:
            codes = ", ".join(sorted({one.code for one in error.diagnostics}))
            yield Unmet("the plan", _flow(dict(wanted)), f"exit {INVALID}: {codes}")
        return
    for name, value in wanted.items():
        if name in _PARTS:
            yield from _PARTS[name](value, plan, stand)


def _made(wanted: Mapping[str, Any], stand: Stand) -> Plan:
    at = parse_instant(wanted["at"], stand.zone) if "at" in wanted else None
    horizon = ahead(wanted["horizon"], at or stand.now) if "horizon" in wanted else DEFAULT_HORIZON
    return stand.reconciler.plan(Wishes(horizon=horizon), at)[0]


def _exit(wanted: int, plan: Plan, _stand: Stand) -> Iterator[Unmet]:
    got = of_plan(plan, detailed=wanted == CHANGES)
    if got != wanted:
        refusals = [f"{one.ref}: {refusal.code}: {refusal.message}" for one in plan.blocked for refusal in one.refusals]
        conflicts = [f"{one.ref}: {one.message}" for one in plan.conflicts]
        yield Unmet("exit of the plan", str(wanted), "\n".join([str(got), *refusals, *conflicts]), "/exit")


def _steps(wanted: Mapping[str, list[str]], plan: Plan, _stand: Stand) -> Iterator[Unmet]:
    for text, events in wanted.items():
        ref = Ref.parse(text)
        of = [one for one in (*plan.due, *plan.resources) if one.ref == ref]
        got = [step.name for one in of for step in one.steps]
        if got != events:
            blocked = [_flow(_refusal(refusal)) for one in plan.blocked if one.ref == ref for refusal in one.refusals]
            shown = "\n".join([_flow(got), *blocked])
            yield Unmet(f"planned steps of {ref}", _flow(events), shown, f"/steps/{escape(text)}")


def _blocked(wanted: Mapping[str, Any], plan: Plan, _stand: Stand) -> Iterator[Unmet]:
    left = {one.ref: list(one.refusals) for one in plan.blocked}
    for text, how in wanted.items():
        ref = Ref.parse(text)
        refusals = left.pop(ref, [])
        forms = how if isinstance(how, list) else [how]
        if not (refusals and all(any(_refuses(form, one) for one in refusals) for form in forms)):
            yield Unmet(
                f"refusals of {ref}", _lines(forms), _lines(map(_refusal, refusals)), f"/blocked/{escape(text)}"
            )
    for ref, refusals in left.items():
        yield Unmet(f"refusals of {ref}", NOTHING, _lines(map(_refusal, refusals)), "/blocked")


def _refuses(wanted: Any, one: Refusal) -> bool:
    form = {"code": wanted} if isinstance(wanted, str) else wanted
    return (
        form.get("code", one.code) == one.code
        and form.get("says", "") in one.message
        and ("place" not in form or _same_place(form["place"], str(one.place)))
    )


def _refusal(one: Refusal) -> dict[str, str]:
    return {"code": one.code.value, "place": str(one.place), "says": one.message}


def _waiting(wanted: Mapping[str, str], plan: Plan, _stand: Stand) -> Iterator[Unmet]:
    want = {str(Ref.parse(text)): event for text, event in wanted.items()}
    got = {str(one.ref): one.event for one in plan.waiting}
    if want != got:
        yield Unmet("what waits", _flow(want), _flow(got), "/waiting")


def _unmanaged(wanted: list[str], plan: Plan, _stand: Stand) -> Iterator[Unmet]:
    got = sorted(str(ref) for ref, _ in plan.unmanaged)
    if not (len(got) == len(wanted) and all(any(_same_ref(one, ref) for ref in got) for one in wanted)):
        yield Unmet("what is unmanaged", _flow(wanted), _flow(got), "/unmanaged")


def _held(wanted: list[str], plan: Plan, _stand: Stand) -> Iterator[Unmet]:
    got = sorted({str(one.ref) for one in plan.holds})
    if got != sorted(str(Ref.parse(text)) for text in wanted):
        yield Unmet("what is held", _flow(wanted), _flow(got), "/held")


def _timeline(wanted: list[Any], plan: Plan, stand: Stand) -> Iterator[Unmet]:
    got = [_occurrence(one, stand) for one in plan.timeline]
    yield from _sequence("the timeline of the plan", wanted, got, _Lines(stand), "/timeline")


def _occurrence(one: Occurrence, stand: Stand) -> dict[str, Any]:
    return {
        "at": as_written(one.at, stand.zone),
        "ref": str(one.ref),
        "event": one.event,
        "to": one.target,
        "verdict": one.verdict.value,
        "source": one.source.value,
        "says": one.message,
        "place": str(one.place),
        "against": [{"ref": str(other.ref), "place": str(other.place)} for other in one.against],
    }


_PARTS: Final[Mapping[str, Callable[[Any, Plan, Stand], Iterator[Unmet]]]] = {
    "exit": _exit,
    "steps": _steps,
    "blocked": _blocked,
    "waiting": _waiting,
    "unmanaged": _unmanaged,
    "held": _held,
    "timeline": _timeline,
}


# The rest.


def _diagnostics(wanted: list[str], stand: Stand) -> Iterator[Unmet]:
    try:
        plan, _ = stand.reconciler.plan()
        found = plan.diagnostics
    except Invalid as error:
        found = error.diagnostics
    if sorted(one.code for one in found) != sorted(wanted):
        got = [f"{one.code}  {one.place}: {one.detail}" for one in found]
        yield Unmet("the diagnostics", _flow(sorted(wanted)), "\n".join(got) or NOTHING)


def _effects(wanted: Mapping[str, list[str]], stand: Stand) -> Iterator[Unmet]:
    for text, effects in wanted.items():
        ref = Ref.parse(text)
        got = [{"event": effect} for other, effect in stand.effects if other == ref]
        yield from _sequence(f"effects of {ref}", effects, got, _Lines(stand), f"/{escape(text)}")


EXPECTATIONS: Final[Mapping[str, Expectation]] = {
    "expect": _states,
    "expect events": _events,
    "expect log": _log,
    "expect plan": _plan,
    "expect diagnostics": _diagnostics,
    "expect effects": _effects,
}
"""Every key of a case that expects something."""


# Words.


def _flow(value: Any) -> str:
    """A value as a case would write it, on one line."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_flow(one)}' for name, one in value.items())}}}"
    return canonical.encode(value).decode()


def _lines(values: Any) -> str:
    """A list on one line where it is one of words, else an item a line."""
    items = list(values)
    if all(isinstance(one, str) for one in items):
        return f"[{', '.join(items)}]"
    return "\n".join(map(_flow, items)) or NOTHING
