"""Past, now and future as a list that a person reads: a day, and under it what happened or will."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from reconciler.model.axis import Axis
from reconciler.model.event import Event
from reconciler.model.instant import from_text
from reconciler.model.plan import Op
from reconciler.model.ref import Ref
from reconciler.model.timeline import Occurrence
from reconciler.views.occurrence_text import cause, clock, ids_text, local, marked, moment, sides, told, way
from reconciler.views.style import Style, safe

MOST_LINES: Final = 200
"""Lines of past, and of future, that are shown where nobody asks for more."""

_ALIKE: Final = 12
"""Resources that do the same at one instant are told of one by one up to this number."""

_RULE: Final = "─" * 12


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing on the list: when, which resource, and its lines, the first beside the time."""

    at: datetime
    ref: Ref
    lines: tuple[str, ...]


def render_timeline(axis: Axis, color: bool, most: int = MOST_LINES) -> str:
    """The whole axis; of past and future `most` lines each (0: all), those nearest to now."""
    style = Style(color)
    past, future = list(_past(axis.past, most)), [_ahead(one, style) for one in axis.future]
    width = max((len(_local(axis, one)) for one in (*past, *future)), default=0)
    zones = "; the time beside it is that of the schedule's zone" if width else ""
    lines = [style.dim(f"{axis.since:%Y-%m-%d} to {axis.until:%Y-%m-%d}, in UTC{zones}"), ""]
    shown = _cut(past[::-1], most)[::-1]
    if len(shown) < len(past):
        lines.append(style.dim(f"… {len(past) - len(shown):,} earlier (--limit 0 shows all, --format json too)"))
    lines += [style.dim(line) for line in _days(axis, shown, width, Style(False))]
    if not past:
        lines.append(style.dim("nothing is logged"))
    lines += ["", *_now(axis, style), ""]
    seen = _cut(future, most)
    lines += _days(axis, seen, width, style)
    lines += _rest(axis, len(seen), style)
    return "\n".join(lines) + "\n"


def _cut(items: Sequence[_Item], most: int) -> Sequence[_Item]:
    """The first of them, as many as fit into `most` lines."""
    room = most
    for number, item in enumerate(items):
        room -= len(item.lines)
        if most and room < 0:
            return items[:number]
    return items


def _rest(axis: Axis, shown: int, style: Style) -> Iterator[str]:
    """What is left out, and whether a conflict is among it."""
    if not axis.future:
        yield style.dim(f"nothing is to come until {axis.until:%Y-%m-%d}")
    more = axis.future[shown:]
    if more:
        yield style.dim(
            f"… and {len(more):,} more until {axis.until:%Y-%m-%d} (--limit 0 shows all, --format json too)"
        )
    conflicts = sum(one.verdict.refuses for one in more)
    if conflicts:
        yield style.bad(f"… among them {conflicts:,} conflict{'s' if conflicts != 1 else ''}")


def _days(axis: Axis, items: Iterable[_Item], width: int, style: Style) -> Iterator[str]:
    for day, group in groupby(items, lambda item: item.at.date()):
        yield style.bold(f"{day:%a %Y-%m-%d}")
        for item in group:
            beside = f"  {_local(axis, item):<{width}}" if width else ""
            first, *more = item.lines
            yield f"  {clock(item.at):<8}{style.dim(beside)}  {first}"
            yield from (f"  {'':<8}{'':<{len(beside)}}  {line}" for line in more)


def _local(axis: Axis, item: _Item) -> str:
    return local(item.at, axis.zones.get(item.ref, ""))


def _now(axis: Axis, style: Style) -> Iterator[str]:
    yield style.bold(f"{_RULE} now: {axis.now:%a} {moment(axis.now)} {_RULE}")
    parts = [f"{axis.pending:,} to change"] if axis.pending else []
    parts += [f"{axis.blocked:,} blocked"] if axis.blocked else []
    applied = "; the future takes it that this plan is applied" if axis.pending else ""
    if parts:
        yield style.warn(f"{', '.join(parts)} (see `muster plan`){applied}")


# What was.


def _past(events: Iterable[Event], most: int) -> Iterator[_Item]:
    """The log, instant by instant; what very many resources did alike is told together, unless all is asked for."""
    for at, group in groupby(events, lambda event: str(event.body["at"])):
        steps: dict[Ref, list[dict[str, Any]]] = {}
        for event in group:
            steps.setdefault(event.ref, []).append(event.body)
        alike: dict[str, list[Ref]] = {}
        for ref, bodies in steps.items():
            missed = [f"! {ref}  {_missed(body)}" for body in bodies if body["op"] == Op.MISS]
            if missed:
                yield _Item(from_text(at), ref, tuple(missed))
            taken = [body for body in bodies if body["op"] != Op.MISS]
            if taken:
                alike.setdefault(_taken(taken), []).append(ref)
        for words, refs in alike.items():
            if most and len(refs) > _ALIKE:
                kinds = Counter(ref.kind for ref in refs)
                which = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
                yield _Item(from_text(at), refs[0], (f"· {len(refs):,} resources  {words}", f"    {which}"))
            else:
                yield from (_Item(from_text(at), ref, (f"· {ref}  {words}",)) for ref in refs)


def _taken(steps: Sequence[dict[str, Any]]) -> str:
    events = ", ".join(str(body.get("event", body["op"])) for body in steps)
    states = way(str(steps[0].get("from", "")), str(steps[-1]["to"])) if "to" in steps[-1] else ""
    last = steps[-1]
    commit = f"commit {last['commit'][:12]}" if last.get("commit") else ""
    due = f"due {moment(from_text(last['due']))}" if last.get("due") else ""
    why = str(last.get("cause", ""))
    asked = why if why.startswith(("schedule:", "burst:")) else ""
    parts = (states, events, str(last.get("actor", "")), asked, due, str(last.get("reason", "")), commit)
    return safe("  ".join(part for part in parts if part))


def _missed(body: dict[str, Any]) -> str:
    due = f", due {moment(from_text(body['due']))}" if body.get("due") else ""
    why = f": {body['reason']}" if body.get("reason") else ""
    return safe(f"{body.get('from', '')}  missed {body.get('missed', '')}{due}{why}")


# What will be.


def _ahead(one: Occurrence, style: Style) -> _Item:
    what = f"{style.bold(str(one.ref))}  {way(one.origin, one.target)}  {_how(one)}"
    lines = [f"{marked(one.verdict, style)} {what}"]
    if one.verdict.refuses:
        lines[0] += f"  {style.bad(one.verdict)}{ids_text(one.requirement)}"
        lines += [f"    {style.bad(safe(told(one)))}", *(f"    {safe(line)}" for line in sides(one))]
    elif told(one):
        lines.append(style.dim(f"    {safe(told(one))}"))
    if one.effects and not one.verdict.refuses:
        lines.append(style.dim(f"    makes the runtime {', '.join(one.effects)}"))
    return _Item(one.at, one.ref, tuple(lines))


def _how(one: Occurrence) -> str:
    events = one.event.replace(",", ", ")
    return cause(one) if not events or cause(one).endswith(f" {events}") else f"{events}, {cause(one)}"
