"""A plan as Markdown, for a comment on a pull request: what is blocked first."""

from collections.abc import Iterator

from reconciler.model import canonical
from reconciler.model.change import ABSENT, Change
from reconciler.model.plan import Blocked, Held, Op, Plan, ResourcePlan, Verdict
from reconciler.model.timeline import Occurrence
from reconciler.views.occurrence_text import MARKS, cause, ids_text, moment, place, sides, told, way
from reconciler.views.plan_text import (
    MOST_AHEAD,
    MOST_LISTED,
    SYMBOLS,
    due_text,
    hold_text,
    kept_text,
    more_ahead,
    upcoming,
)


def render_markdown(plan: Plan) -> str:
    """The whole plan."""
    counts = [f"{count} {name}" for name, count in plan.summary().items() if count]
    ahead = len(plan.conflicts)
    if ahead:
        counts.append(f"{ahead} conflict{'s' if ahead != 1 else ''} ahead")
    lines = [f"### Muster plan: {', '.join(counts) or 'nothing to do'}", ""]
    for one_ahead in plan.conflicts[:MOST_LISTED]:
        lines += _conflict(one_ahead)
    for blocked in plan.blocked:
        lines += _blocked(blocked)
    if plan.due:
        lines += ["Timers that are due run first:", ""]
        lines += [f"- `{one.ref}` {way(one.origin, one.target)}: {_cell(due_text(one.steps[0]))}" for one in plan.due]
        lines.append("")
    if plan.resources:
        lines += ["| | resource | from | to | steps |", "|---|---|---|---|---|"]
        lines += [_row(one) for one in plan.resources[:MOST_LISTED]]
        if len(plan.resources) > MOST_LISTED:
            lines.append(f"\n… and {len(plan.resources) - MOST_LISTED} more")
        lines.append("")
    for one in plan.resources[:MOST_LISTED]:
        lines += _details(one)
    lines += [f"- `{one.ref}` waits: {_cell(one.message)}" for one in plan.waiting]
    lines += [f"- `{ref}` has no manifest and is left alone ({state})" for ref, state in plan.unmanaged]
    for held in plan.holds:
        lines += _held(held, plan)
    for strayed in plan.drift:
        fields = ", ".join(change.path for change in strayed.changes)
        lines.append(f"- `{strayed.ref}` drifts and is left ({_cell(strayed.left)}): {_cell(fields)}")
    lines += _ahead(plan)
    lines.append(f"\n<sub>digest `{plan.digest}`</sub>")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that cannot break out of a table cell, nor speak HTML or mention people."""
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("@", "&#64;"), ("`", "&#96;"), ("\n", " ")):
        text = text.replace(char, entity)
    return text


def _row(one: ResourcePlan) -> str:
    steps = ", ".join(step.name for step in one.steps)
    return f"| {SYMBOLS[one.action]} | {_cell(str(one.ref))} | {one.origin} | {one.target} | {steps} |"


def _blocked(one: Blocked) -> Iterator[str]:
    yield f"**{'Held' if one.held else 'Blocked'}: `{one.ref}`** ({one.origin or 'new'} → {one.target})\n"
    for refusal in one.refusals:
        ids = ids_text(refusal.requirement)
        where = f" at `{refusal.place}`" if refusal.place.file else ""
        source = f" ({_cell(str(refusal.source))})" if refusal.policy else ""
        yield f"- `{refusal.code}`{ids}{where}: {_cell(refusal.message)}{source}"
    for other in one.alternatives:
        yield f"- instead: {_cell(other.summary)}" + (f" (`{other.command}`)" if other.command else "")
    yield ""


def _held(one: Held, plan: Plan) -> Iterator[str]:
    then = kept_text(one)
    more = f"; its end lets through {_cell(then)}" if then else ""
    yield f"- `{one.ref}` ({one.state}) is {_cell(hold_text(one, plan))}{more}"
    yield from (f"  - its end would meet `{refusal.code}`: {_cell(refusal.message)}" for refusal in one.refusals)


def _conflict(one: Occurrence) -> Iterator[str]:
    what = f"`{one.ref}` ({way(one.origin, one.target)}) at {moment(one.at)}"
    yield f"**{one.verdict.value.capitalize()}: {what}**{ids_text(one.requirement)}\n"
    yield f"- {_cell(told(one))}"
    yield from (f"- {_cell(side)}" for side in sides(one))
    yield ""


def _ahead(plan: Plan) -> Iterator[str]:
    found, more = upcoming(plan)[:MOST_AHEAD], more_ahead(plan)
    if not found and not more:
        return
    yield f"\n<details><summary>Ahead until {plan.made_at + plan.horizon:%Y-%m-%d}</summary>\n"
    for one in found:
        why = f" ({_cell(told(one))})" if told(one) else ""
        where = f", {_cell(place(one.place))}" if one.place.file else ""
        what = f"`{one.ref}` {way(one.origin, one.target)}, {_cell(cause(one))}"
        yield f"- {moment(one.at)} {MARKS[one.verdict]} {what}{where}{why}"
    if more:
        yield f"- … {more}"
    yield "\n</details>\n"


def _details(one: ResourcePlan) -> Iterator[str]:
    lines = [
        f"- {_cell(change.path)}: {_code(change.before)} → {_code(change.after)}{_layer(change)}"
        for step in one.steps
        for change in step.changes
        if step.op is Op.EDIT or (step.op is Op.CREATE and change.layer.file)
    ]
    for step in one.steps:
        lines += [f"- **dangerous**: {_cell(step.danger)}"] if step.danger else []
        lines += [f"- effects of {step.event}: {', '.join(step.effects)}"] if step.effects else []
        waits = [guard for guard in step.guards if guard.verdict is Verdict.UNKNOWN]
        lines += [f"- waits for {guard.name}: {_cell(guard.message)}" for guard in waits]
    if lines:
        yield f"<details><summary>{_cell(str(one.ref))}</summary>\n"
        yield from lines
        yield "\n</details>\n"


def _layer(change: Change) -> str:
    return f" from {_cell(str(change.layer))}" if change.layer.file else ""


def _code(value: object) -> str:
    if value is ABSENT:
        return "nothing"
    text = canonical.encode(value).decode()
    return f"<code>{_cell(text if len(text) <= 120 else text[:117] + '…')}</code>"
