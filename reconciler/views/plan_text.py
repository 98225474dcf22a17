"""A plan as text that a person reads with pleasure."""

from collections.abc import Iterator

from reconciler.model import canonical
from reconciler.model.change import ABSENT, Change
from reconciler.model.plan import Alternative, Blocked, Op, Plan, Refusal, ResourcePlan, Step, Verb, Verdict
from reconciler.model.requirement import Requirement
from reconciler.views.style import Style, safe

SYMBOLS = {Verb.CREATE: "+", Verb.UPDATE: "~", Verb.TRANSITION: "→", Verb.DELETE: "-"}
MOST_LISTED = 1_000
"""Resources listed in full; of more, the rest is counted. JSON has them all."""

MOST_CHANGES = 20


def render_plan(plan: Plan, color: bool) -> str:
    """The whole plan: what is blocked comes last, where the eye rests, above the summary."""
    style = Style(color)
    lines: list[str] = []
    for one in plan.resources[:MOST_LISTED]:
        lines += _resource(one, style)
    if len(plan.resources) > MOST_LISTED:
        lines.append(style.dim(f"  … and {len(plan.resources) - MOST_LISTED:,} more (--format json lists all)"))
    lines += _waiting(plan, style)
    lines += _unmanaged(plan, style)
    for blocked in plan.blocked:
        lines += _blocked(blocked, style)
    if lines:
        lines.append("")
    lines.append(summary_line(plan, style))
    if plan.has_changes:
        lines.append(style.dim(f"digest {plan.digest}"))
    return "\n".join(lines) + "\n"


def summary_line(plan: Plan, style: Style) -> str:
    """`Plan: 1 to create, 2 to move, 40 unchanged.`"""
    words = {
        "create": ("to create", style.good),
        "update": ("to edit", style.change),
        "transition": ("to move", style.change),
        "delete": ("to delete", style.bad),
        "blocked": ("blocked", style.bad),
        "waiting": ("waiting", style.warn),
        "unmanaged": ("unmanaged", style.warn),
    }
    counts = plan.summary()
    parts = [mark(f"{counts[name]:,} {word}") for name, (word, mark) in words.items() if counts[name]]
    if not parts:
        return f"Nothing to do: {counts['unchanged']:,} resources are as their manifests ask."
    return style.bold("Plan: ") + ", ".join([*parts, f"{counts['unchanged']:,} unchanged"]) + "."


def _resource(one: ResourcePlan, style: Style) -> Iterator[str]:
    mark = {Verb.CREATE: style.good, Verb.DELETE: style.bad}.get(one.action, style.change)
    way = _way(one)
    yield f"{mark(SYMBOLS[one.action])} {style.bold(str(one.ref))}  {way}  {style.dim(str(one.place))}"
    if one.moved_from:
        yield f"    renamed from {one.moved_from}, history kept"
    if len(one.steps) > 1 or one.steps[0].op is Op.TRANSITION:
        yield "    " + style.dim("steps: ") + ", ".join(step.event or step.op.value for step in one.steps)
    for step in one.steps:
        yield from _step(step, style)


def _way(one: ResourcePlan) -> str:
    return " → ".join(dict.fromkeys([one.origin, one.target])) if one.origin else one.target


def _step(step: Step, style: Style) -> Iterator[str]:
    if step.op is Op.EDIT:
        for change in step.changes[:MOST_CHANGES]:
            yield f"    {change_text(change, style)}"
        if len(step.changes) > MOST_CHANGES:
            yield style.dim(f"    … and {len(step.changes) - MOST_CHANGES} more changes")
    elif step.op is Op.FLAG:
        yield f"    flags {', '.join(step.flags) or 'none'}"
    if step.effects:
        yield f"    {style.dim(f'{step.event} makes the runtime')} {', '.join(step.effects)}"
    if step.danger:
        yield f"    {style.bad('dangerous')}: {step.danger}"
    for guard in step.guards:
        if guard.verdict is Verdict.UNKNOWN:
            ids = ids_text(guard.requirement)
            why = f"{guard.name}{ids} is not known, no runtime observes it yet"
            yield f"    {style.warn('waits')} before {step.event}: {why}"


def change_text(change: Change, style: Style) -> str:
    """One change: its path, and what was and will be."""
    before, after = _value(change.before), _value(change.after)
    if change.before is ABSENT:
        return f"{change.path}  {style.good('+ ' + after)}"
    if change.after is ABSENT:
        return f"{change.path}  {style.bad('- ' + before)}"
    return f"{change.path}  {before} → {style.change(after)}"


def _value(value: object) -> str:
    if value is ABSENT:
        return ""
    text = safe(canonical.encode(value).decode())
    return text if len(text) <= 60 else text[:57] + "…"


def ids_text(ids: Requirement) -> str:
    """Requirement ids in brackets, or nothing."""
    return f" [{', '.join(ids)}]" if ids else ""


def _waiting(plan: Plan, style: Style) -> Iterator[str]:
    for one in plan.waiting:
        yield f"{style.warn('…')} {style.bold(str(one.ref))}  {one.origin} → {one.target}  {one.message}"


def _unmanaged(plan: Plan, style: Style) -> Iterator[str]:
    for ref, state in plan.unmanaged:
        yield f"{style.warn('?')} {style.bold(str(ref))}  {state}  no manifest; left alone"


def _blocked(one: Blocked, style: Style) -> Iterator[str]:
    way = f"{one.origin or 'nothing'} → {one.target}" if one.origin != one.target else one.target
    yield f"{style.bad('!')} {style.bold(str(one.ref))}  {way}  {style.bad('blocked')}"
    for refusal in one.refusals:
        yield f"    {style.bad(refusal.code)}{ids_text(refusal.requirement)} {_where(refusal)}"
        yield f"      {safe(refusal.message)}"
    for way_out in one.alternatives:
        yield f"    {style.good('instead')}: {_alternative(way_out)}"


def _where(refusal: Refusal) -> str:
    return " ".join(part for part in (refusal.path, str(refusal.place)) if part)


def _alternative(way: Alternative) -> str:
    return f"{way.summary}  `{way.command}`" if way.command else way.summary
