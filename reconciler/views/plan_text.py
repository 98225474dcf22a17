"""A plan as text that a person reads with pleasure."""

from collections.abc import Iterable, Iterator

from reconciler.model import canonical
from reconciler.model.change import ABSENT, Change
from reconciler.model.instant import from_text
from reconciler.model.plan import (
    Alternative,
    Blocked,
    Held,
    Op,
    Plan,
    Reason,
    ResourcePlan,
    Step,
    Strayed,
    Verb,
    Verdict,
)
from reconciler.model.risk import Risk
from reconciler.model.timeline import Foresight, Occurrence
from reconciler.views.boxes import box_lines
from reconciler.views.occurrence_text import cause, conflict_lines, ids_text, marked, moment, pointed, told, way
from reconciler.views.style import Style, safe

SYMBOLS = {Verb.CREATE: "+", Verb.UPDATE: "~", Verb.TRANSITION: "→", Verb.DELETE: "-"}
MOST_LISTED = 1_000
"""Resources listed in full; of more, the rest is counted. JSON has them all."""

MOST_CHANGES = 20

MOST_AHEAD = 10
"""Things to come that a plan shows; `muster timeline` shows all."""


def render_plan(plan: Plan, color: bool) -> str:
    """The whole plan: what is blocked comes last, where the eye rests, above the summary."""
    style = Style(color)
    lines: list[str] = []
    for one in plan.due:
        lines += _due(one, style)
    for one in plan.resources[:MOST_LISTED]:
        lines += _resource(one, style)
    if len(plan.resources) > MOST_LISTED:
        lines.append(style.dim(f"  … and {len(plan.resources) - MOST_LISTED:,} more (--format json lists all)"))
    lines += _waiting(plan, style)
    lines += _unmanaged(plan, style)
    for held in plan.holds:
        lines += _held(held, style)
    for strayed in plan.drift:
        lines += _strayed(strayed, style)
    lines += _ahead(plan, style)
    for blocked in plan.blocked:
        lines += _blocked(blocked, style)
    lines += _conflicts(plan, style)
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
    over = sum(one.reason is Reason.HOLD for one in plan.due)
    if over:
        parts.append(style.change(f"{over:,} hold{'s' if over != 1 else ''} over"))
    ahead = len(plan.conflicts)
    if ahead:
        parts.append(style.bad(f"{ahead:,} conflict{'s' if ahead != 1 else ''} ahead"))
    if not parts:
        return f"Nothing to do: {counts['unchanged']:,} resources are as their manifests ask."
    return style.bold("Plan: ") + ", ".join([*parts, f"{counts['unchanged']:,} unchanged"]) + "."


def upcoming(plan: Plan) -> list[Occurrence]:
    """What is to come and is worth knowing beforehand."""
    return [one for one in plan.timeline if not one.verdict.refuses and one.verdict is not Foresight.SHADOWED]


def _due(one: ResourcePlan, style: Style) -> Iterator[str]:
    """A timer that has come due, and runs before anything else."""
    step = one.steps[0]
    yield f"{style.change('⏲')} {style.bold(str(one.ref))}  {way(one.origin, one.target)}  {style.dim(str(one.place))}"
    yield f"    {due_text(step)}"
    if step.effects:
        yield f"    {style.dim(f'{step.event} makes the runtime')} {', '.join(step.effects)}"
    yield from risk_lines(step.risks, style)


def risk_lines(risks: Iterable[Risk], style: Style) -> Iterator[str]:
    """What would be lost."""
    for one in risks:
        yield f"    {style.bad('at risk')}{ids_text(one.requirement)}: {safe(one.message)}"


def due_text(step: Step) -> str:
    """Which timer, since when, and why it takes the other way if it does; or that a hold is over."""
    if step.op is Op.RELEASE:
        return f"a hold is over, since {moment(from_text(step.due))}"
    why = f": {safe(step.reason)}" if step.reason else ""
    return f"timer {step.event}, due since {moment(from_text(step.due))}{why}"


def _ahead(plan: Plan, style: Style) -> Iterator[str]:
    """What comes next, in short."""
    found, more = upcoming(plan), more_ahead(plan)
    if not found and not more:
        return
    yield style.bold(f"Ahead until {plan.made_at + plan.horizon:%Y-%m-%d}:")
    for one in found[:MOST_AHEAD]:
        why = f"  {style.dim(safe(told(one)))}" if told(one) else ""
        line = f"{one.ref}  {way(one.origin, one.target)}  {style.dim(cause(one))}{why}"
        yield f"    {style.dim(moment(one.at))}  {marked(one.verdict, style)} {line}"
    if more:
        yield style.dim(f"    … {more} (`muster timeline` shows all)")


def _conflicts(plan: Plan, style: Style) -> Iterator[str]:
    found = plan.conflicts
    for one in found[:MOST_LISTED]:
        yield from conflict_lines(one, style)
    if len(found) > MOST_LISTED:
        yield style.bad(f"  … and {len(found) - MOST_LISTED:,} more conflicts (--format json lists all)")


def more_ahead(plan: Plan) -> str:
    """What a plan counts instead of showing it: `and 7 more, 2 shadowed`; empty where there is no more."""
    rest = len(upcoming(plan)) - MOST_AHEAD
    shadowed = sum(one.verdict is Foresight.SHADOWED for one in plan.timeline)
    parts = [f"and {rest:,} more"] if rest > 0 else []
    parts += [f"{shadowed:,} shadowed"] if shadowed else []
    return ", ".join(parts)


def _resource(one: ResourcePlan, style: Style) -> Iterator[str]:
    mark = {Verb.CREATE: style.good, Verb.DELETE: style.bad}.get(one.action, style.change)
    shown = way(one.origin, one.target) if one.origin else one.target
    yield f"{mark(SYMBOLS[one.action])} {style.bold(str(one.ref))}  {shown}  {style.dim(str(one.place))}"
    if one.reason is Reason.DRIFT:
        yield f"    {style.warn('drift')}: the manifest has not changed; somebody else has changed this"
    if one.moved_from:
        yield f"    renamed from {one.moved_from}, history kept"
    if len(one.steps) > 1 or one.steps[0].op is Op.TRANSITION:
        yield "    " + style.dim("steps: ") + ", ".join(step.name for step in one.steps)
    for step in one.steps:
        yield from _step(step, style)


def _step(step: Step, style: Style) -> Iterator[str]:
    if step.op in (Op.EDIT, Op.CREATE):
        told = [change for change in step.changes if step.op is Op.EDIT or change.layer.file]
        for change in told[:MOST_CHANGES]:
            yield f"    {change_text(change, style)}"
        if len(told) > MOST_CHANGES:
            yield style.dim(f"    … and {len(told) - MOST_CHANGES} more changes")
    elif step.op is Op.HOLD:
        yield f"    {style.warn('opens a hold')}: {safe(step.reason)}"
    elif step.op is Op.FLAG:
        yield f"    flags {', '.join(step.flags) or 'none'}"
    if step.effects:
        yield f"    {style.dim(f'{step.event} makes the runtime')} {', '.join(step.effects)}"
    if step.danger:
        yield f"    {style.bad('dangerous')}: {step.danger}"
    yield from risk_lines(step.risks, style)
    if step.checklist:
        yield f"    {style.dim(f'the checklist of {step.event}')}"
        yield from (f"      {line}" for line in box_lines(step.guards, style))
    for guard in step.guards:
        if guard.verdict is Verdict.UNKNOWN:
            ids = ids_text(guard.requirement)
            why = f"{guard.name}{ids} is not known, not observed so far"
            yield f"    {style.warn('waits')} before {step.event}: {why}"
        if guard.found:
            yield f"    {style.good(guard.name)}{ids_text(guard.requirement)}: {safe(guard.found)}"


def change_text(change: Change, style: Style) -> str:
    """One change: its path, what was and will be, and the line of the environment that says so, if one does."""
    before, after = _value(change.before), _value(change.after)
    layer = style.dim(f"  from {change.layer}") if change.layer.file else ""
    if change.before is ABSENT:
        return f"{change.path}  {style.good('+ ' + after)}{layer}"
    if change.after is ABSENT:
        return f"{change.path}  {style.bad('- ' + before)}{layer}"
    return f"{change.path}  {before} → {style.change(after)}{layer}"


def _value(value: object) -> str:
    if value is ABSENT:
        return ""
    text = safe(canonical.encode(value).decode())
    return text if len(text) <= 60 else text[:57] + "…"


def _waiting(plan: Plan, style: Style) -> Iterator[str]:
    for one in plan.waiting:
        yield f"{style.warn('…')} {style.bold(str(one.ref))}  {one.origin} → {one.target}  {one.message}"


def _unmanaged(plan: Plan, style: Style) -> Iterator[str]:
    for ref, state in plan.unmanaged:
        yield f"{style.warn('?')} {style.bold(str(ref))}  {state}  no manifest; left alone"


def _held(one: Held, style: Style) -> Iterator[str]:
    """A hold, and what its end would let through."""
    yield f"{style.warn('‖')} {style.bold(str(one.ref))}  {one.state}  {style.warn(safe(hold_text(one)))}"
    then = kept_text(one)
    if then:
        yield f"    {style.dim('its end lets through')} {safe(then)}"
    for refusal in one.refusals:
        yield f"    {style.bad('its end would meet')} {refusal.code}{ids_text(refusal.requirement)}: {safe(refusal.message)}"


def hold_text(one: Held) -> str:
    """Who holds it, since when, until when and why; of an acknowledgement also what."""
    from reconciler.plan.holding import held_words  # where there is a hold: a plan that has none starts without

    words = held_words(one.hold)
    return f"{', '.join(one.hold.paths)} {words.replace('held', 'acknowledged', 1)}" if one.hold.paths else words


def kept_text(one: Held) -> str:
    """The way that a hold keeps back; empty where nothing is asked of it."""
    if one.kept is None:
        return ""
    return f"{way(one.kept.origin, one.kept.target)} ({', '.join(step.name for step in one.kept.steps)})"


def _strayed(one: Strayed, style: Style) -> Iterator[str]:
    """Drift that is left as it is."""
    yield f"{style.warn('≠')} {style.bold(str(one.ref))}  drift, left: {safe(one.left)}  {style.dim(str(one.place))}"
    yield from (f"    {change_text(change, style)}" for change in one.changes[:MOST_CHANGES])


def _blocked(one: Blocked, style: Style) -> Iterator[str]:
    word = style.warn("held") if one.held else style.bad("blocked")
    yield f"{style.bad('!')} {style.bold(str(one.ref))}  {way(one.origin, one.target)}  {word}"
    for refusal in one.refusals:
        yield f"    {style.bad(refusal.code)}{ids_text(refusal.requirement)} {pointed(refusal.path, refusal.place)}"
        yield f"      {safe(refusal.message)}" + (style.dim(f"  {refusal.source}") if refusal.policy else "")
    if one.checklist:
        yield f"    {style.dim('the checklist')}"
        yield from (f"      {line}" for line in box_lines(one.checklist, style))
    for way_out in one.alternatives:
        yield f"    {style.good('instead')}: {alternative_text(way_out)}"


def alternative_text(way: Alternative) -> str:
    """A way out, and the command that takes it."""
    return f"{way.summary}  `{way.command}`" if way.command else way.summary
