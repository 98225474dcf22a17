"""What may not change in a state."""

from reconciler.lifecycle.shape import matches
from reconciler.model.change import Change, tokens
from reconciler.model.lifecycle import Frozen, State


def frozen_by(state: State, change: Change) -> Frozen | None:
    """The line of a state that forbids this change, if any.

    A frozen pointer forbids whatever lies at or below it, and the appearing or vanishing of anything above it. A
    frozenKeys pointer forbids that members directly below it, or itself, appear or vanish.
    """
    path = tokens(change.path)
    for line in state.frozen:
        if touches(line.path, change):
            return line
    if change.adds_or_removes:
        for line in state.frozen_keys:
            pattern = tokens(line.path)
            member = len(path) == len(pattern) + 1 and matches(pattern, path)
            if member or (len(path) <= len(pattern) and _covers(path, pattern)):
                return line
    return None


def touches(pointer: str, change: Change) -> bool:
    """Whether a change lies at or below `pointer`, or replaces something that holds it."""
    pattern, path = tokens(pointer), tokens(change.path)
    return matches(pattern, path) or (len(path) < len(pattern) and _covers(path, pattern))


def _covers(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return all(want in ("*", have) for want, have in zip(pattern, path, strict=False))
