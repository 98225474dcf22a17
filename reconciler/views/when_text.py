"""When a state may be asked for, as text."""

from collections.abc import Iterator
from datetime import datetime

from reconciler.model.instant import to_text
from reconciler.plan.ask import Answer, Obstacle, When
from reconciler.views.occurrence_text import cause, ids_text, place, pointed, way
from reconciler.views.style import Style, safe


def render_when(one: When, color: bool) -> str:
    """The answer first, then what leads to it, then what stands in the way until then."""
    style = Style(color)
    lines = [f"{style.bold(str(one.ref))} → {one.state}: {_answer(one, style)}", *_reasons(one, style)]
    fallen = [obstacle for obstacle in one.obstacles if obstacle.until is not None]
    standing = [obstacle for obstacle in one.obstacles if obstacle.until is None]
    lines += _obstacles("In the way until then:" if not standing else "In the way for a while:", fallen, one, style)
    lines += _obstacles("In the way to the end:", standing, one, style)
    return "\n".join(lines) + "\n"


def _answer(one: When, style: Style) -> str:
    if one.answer is Answer.NEVER or one.at is None:
        return style.bad("never") + f" within {one.horizon.days} days, to {_time(one.asked_at + one.horizon)}"
    unsure = style.warn(", if what is not known turns out well") if one.conditional else ""
    if one.answer is Answer.NOW:
        return style.good("legal now") + unsure
    if one.at == one.asked_at:
        return style.good("legal once what is planned now is applied") + unsure
    return style.good(f"legal from {_time(one.at)}") + f", in {_distance(one.at, one.asked_at)}" + unsure


def _time(at: datetime) -> str:
    return to_text(at.replace(microsecond=0))


def _distance(at: datetime, now: datetime) -> str:
    seconds = int((at - now).total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = seconds // size
            return f"{count:,} {unit}{'s' if count > 1 else ''}"
    return "a moment"


def _reasons(one: When, style: Style) -> Iterator[str]:
    if one.answer is Answer.NEVER:
        return
    for occurrence in one.because:
        what = f"{occurrence.ref}  {way(occurrence.origin, occurrence.target)} ({occurrence.event})"
        yield f"    because of {what}, {cause(occurrence)}  {style.dim(place(occurrence.place))}"
    if one.answer is Answer.LATER and not one.because and one.at != one.asked_at:
        yield "    because of the date"
    yield f"    the way: {_way(one)}"
    for guard in one.unknown:
        yield f"    {style.warn('not known')}: {guard.name}{ids_text(guard.requirement)}, else: {safe(guard.message)}"
    for ref in one.doubtful:
        yield f"    {style.warn('not certain')}: {ref}, which itself waits for what is not known"


def _way(one: When) -> str:
    if one.steps:
        return ", ".join(step.name for step in one.steps)
    if not one.origin:
        return "none, it was never made"
    return "none, it is there already" if one.origin == one.state else f"none, it is {one.origin}, which answers for it"


def _obstacles(title: str, some: list[Obstacle], one: When, style: Style) -> Iterator[str]:
    if some:
        yield style.bold(title)
    for obstacle in some:
        refusal = obstacle.refusal
        where = pointed(refusal.path, refusal.place)
        yield f"  {style.bad(refusal.code)}{ids_text(refusal.requirement)} {where}"
        yield f"      {safe(refusal.message)}"
        since = "now" if obstacle.since == one.asked_at else _time(obstacle.since)
        until = f" until {_until(obstacle.until, one)}" if obstacle.until is not None else ", still at the end"
        yield style.dim(f"      from {since}{until}")


def _until(at: datetime, one: When) -> str:
    return "what is planned now is applied" if at == one.asked_at else _time(at)
