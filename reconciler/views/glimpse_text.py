"""A resource at another time, as text."""

from collections.abc import Iterator
from datetime import datetime

from reconciler.model.instant import to_text
from reconciler.model.portrait import Glimpse
from reconciler.model.resource import Resource
from reconciler.model.timeline import Foresight
from reconciler.views.occurrence_text import cause, ids_text, marked, moment, place, told, way
from reconciler.views.resource_text import document_lines, event_lines, hold_lines
from reconciler.views.style import Style, safe


def render_glimpse(one: Glimpse, last: int, color: bool) -> str:
    """What it was or will be, the most important first; of the past with its `last` events."""
    style = Style(color)
    lines = [*_head(one, style), *(_past(one, last, style) if one.is_past else _future(one, style))]
    if one.resource is not None:
        lines += [style.bold("Document:"), *document_lines(one.resource.document)]
    return "\n".join(lines) + "\n"


def _head(one: Glimpse, style: Style) -> Iterator[str]:
    flags = f"  {', '.join(one.resource.flags)}" if one.resource and one.resource.flags else ""
    how = "as the log has it" if one.is_past else "as it will be, if nobody does anything more"
    yield f"{style.bold(str(one.ref))}{flags}  {_time(one.at)}  {style.dim(how)}"
    if one.resource is None:
        yield _missing(one, style)
    else:
        yield from _state(one.resource, one, style)


def _missing(one: Glimpse, style: Style) -> str:
    nothing = style.warn("it does not exist then")
    if not one.is_past:
        return f"State:     {nothing}"
    if one.last is not None:
        body = one.last.body
        return f"State:     {nothing}: {body.get('actor', 'somebody')} had it forgotten at {body['at']}"
    if one.first is not None:
        body = one.first.body
        return f"State:     {nothing}: {body.get('actor', 'somebody')} made it at {body['at']}"
    return f"State:     {nothing}: it has not been applied yet"


def _state(resource: Resource, one: Glimpse, style: Style) -> Iterator[str]:
    state = one.law.states.get(resource.state) if one.law else None
    yield f"State:     {style.change(resource.state)}  {style.dim(state.summary if state else '')}".rstrip()
    yield f"Since:     {_time(resource.entered_at)}"
    if resource.ref != one.ref:
        yield f"Called:    {resource.ref}"
    if resource.satisfied != (resource.state,):
        yield f"Satisfies: {', '.join(resource.satisfied)}"
    for line in hold_lines(resource, one.at):
        yield f"Held:      {style.warn(line)}"
    if one.is_past and resource.asked:
        yield f"Asked:     state {resource.asked}"


def _past(one: Glimpse, last: int, style: Style) -> Iterator[str]:
    if one.last is not None:
        body = one.last.body
        touched = (_time(one.last.body["at"]), body.get("actor", ""), body.get("event", body["op"]), body.get("cause"))
        yield "Touched:   " + "  ".join(safe(part) for part in touched if part)
    if last and one.events:
        yield style.bold("Events until then:")
        yield from ("  " + line for line in event_lines(one.events[-last:], style))


def _future(one: Glimpse, style: Style) -> Iterator[str]:
    if one.desired:
        yield f"Desired:   {one.desired}"
    elif one.resource is not None:
        yield f"Desired:   {style.warn('unmanaged')}: it has no manifest; only its timers go on"
    if one.verdict is not None:
        what = {
            Foresight.LEGAL: "what leads there is legal",
            Foresight.CONDITIONAL: "it hangs on what is not known now",
            Foresight.SHADOWED: "a hold keeps it as it is",
        }.get(one.verdict, "what is asked for is refused, so it stays as it is")
        yield f"Verdict:   {marked(one.verdict, style)} {one.verdict}: {what}"
    for refusal in one.refusals:
        yield f"    {style.bad(refusal.code)}{ids_text(refusal.requirement)} {place(refusal.place)}"
        yield f"      {safe(refusal.message)}"
    if one.planned or one.occurrences:
        yield style.bold("Until then:")
    if one.planned:
        yield f"  now  {', '.join(step.name for step in one.planned)}, as planned"
    for each in one.occurrences:
        event = f" ({each.event})" if each.event else ""
        words = "  ".join(part for part in (cause(each), told(each)) if part)
        line = f"{moment(each.at)}  {way(each.origin, each.target)}{event}  {words}"
        yield f"  {marked(each.verdict, style)} {line}  {style.dim(place(each.place))}"


def _time(at: datetime | str) -> str:
    return at if isinstance(at, str) else to_text(at)
