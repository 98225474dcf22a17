"""The ways out of a refusal: up to three alternatives, each of which works when taken."""

from collections.abc import Callable, Iterator

from reconciler.lifecycle.path import reachable
from reconciler.model.lifecycle import DELETED, Lifecycle
from reconciler.model.plan import Alternative, Blocked, Code
from reconciler.model.ref import Ref

MOST = 3
_COMMANDS = {
    "new-version": "create the next version as a draft and make the change there",
    "duplicate": "make a new campaign based on this one",
}
_FINAL_WORD = frozenset([Code.REUSED, Code.PINNED, Code.IN_USE, Code.PAST])
"""Refusals whose own message says all that can be done."""


def ways_out(law: Lifecycle, blocked: Blocked, origin: str, works: Callable[[str], bool]) -> tuple[Alternative, ...]:
    """What the author can do instead, from the state `origin`; `works(state)` says whether asking for it would be legal."""
    codes = {refusal.code for refusal in blocked.refusals}
    if codes & _FINAL_WORD:
        return ()
    illegal = any(not code.denied for code in codes)
    first = list(commands(law, blocked.ref, origin)) if illegal else []
    return (*first, *_states(law, origin, blocked.target, works))[:MOST]


def commands(law: Lifecycle, ref: Ref, origin: str) -> Iterator[Alternative]:
    """What can be done instead of changing a resource in `origin`, by the commands that its kind names."""
    for command in law.alternatives:
        line = f"muster {command} {ref}"
        if law.allows(origin, command):
            yield Alternative(command, _COMMANDS[command], line)
            continue
        # Not offered here: perhaps in a state that can be reached first, as cancelling leads to duplicating.
        near = sorted((steps, state) for state, steps in reachable(law, origin).items() if law.allows(state, command))
        if near:
            state = near[0][1]
            yield Alternative(command, f"ask for `state: {state}`, then {_COMMANDS[command]}", line, state)


def _states(law: Lifecycle, origin: str, wanted: str, works: Callable[[str], bool]) -> Iterator[Alternative]:
    """The states that can be reached, nearest to the wanted one first; outward ones only where it is already there.

    Deleting is never advised: it is no way to what the author wanted.
    """
    order = {name: place for place, name in enumerate(law.states)}
    steps = reachable(law, origin)
    near = sorted(steps, key=lambda state: (abs(order[state] - order.get(wanted, 0)), steps[state], order[state]))
    for state in near:
        elsewhere = state != origin
        if (
            state == wanted
            or state not in law.desirable
            or (elsewhere and (law.states[state].outward or state == DELETED))
        ):
            continue
        if works(state):
            what = f"leave it in `state: {state}`" if state == origin else f"ask for `state: {state}`"
            yield Alternative("state", what, state=state)
