"""What became of a plan, as text and JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.outcome import Outcome
from reconciler.model.plan import GuardVerdict, Plan
from reconciler.views.style import Style


def render_outcome(plan: Plan, outcome: Outcome, color: bool) -> str:
    """What was done, and whatever was not, with the reason."""
    lines = list(outcome_lines(plan, outcome, color))
    return "\n".join(lines) + ("\n" if lines else "")


def outcome_lines(plan: Plan, outcome: Outcome, color: bool = False) -> Iterator[str]:
    """One line for each resource that did not end as planned, and one that counts."""
    style = Style(color)
    yield from _lines(outcome, style)
    done = len(outcome.done)
    steps = f"{outcome.steps:,} step{'s' if outcome.steps != 1 else ''}"
    counts = f"{steps} on {done:,} resource{'s' if done != 1 else ''}" if done else steps
    rest = [
        f"{len(some):,} {word}"
        for word, some in (
            ("waiting", outcome.waiting),
            ("denied", outcome.denied),
            ("stale", outcome.stale),
            ("failed", outcome.failed),
            ("missed", outcome.missed),
            ("left", outcome.left),
            ("blocked", plan.blocked),
        )
        if some
    ]
    if outcome.steps or rest:
        yield style.bold("Applied: ") + ", ".join([counts, *rest]) + "."


def _lines(outcome: Outcome, style: Style) -> Iterator[str]:
    for ref, guards in sorted(outcome.waiting.items()):
        names = ", ".join(guard.name for guard in guards)
        yield f"{style.warn('waiting')} {ref}: {names} not known, not observed so far"
    for ref, guards in sorted(outcome.denied.items()):
        yield f"{style.bad('denied')} {ref}: {_guards(guards)}"
    for ref in sorted(outcome.stale):
        yield f"{style.bad('stale')} {ref}: it is not as the plan saw it, or a step of it is unfinished; plan again"
    for ref, message in sorted(outcome.failed.items()):
        yield f"{style.bad('failed')} {ref}: {message}; the next run settles it"


def _guards(guards: Sequence[GuardVerdict]) -> str:
    return "; ".join(f"{guard.name}: {guard.message}" for guard in guards)


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plan JSON's `applied`."""
    return {
        "steps": outcome.steps,
        "done": [str(ref) for ref in outcome.done],
        "waiting": {str(ref): [guard.name for guard in guards] for ref, guards in outcome.waiting.items()},
        "denied": {str(ref): [guard.name for guard in guards] for ref, guards in outcome.denied.items()},
        "stale": [str(ref) for ref in sorted(outcome.stale)],
        "failed": {str(ref): message for ref, message in outcome.failed.items()},
        "missed": [str(ref) for ref in sorted(outcome.missed)],
        **({"left": [str(ref) for ref in sorted(outcome.left)]} if outcome.left else {}),
    }
