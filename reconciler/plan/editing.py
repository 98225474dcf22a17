"""Which parts of a document may be edited in a state, before anybody says to what. Pure."""

from reconciler.lifecycle.path import FORBIDDEN, Question, find_path
from reconciler.model.change import Change
from reconciler.model.lifecycle import Frozen, Lifecycle
from reconciler.plan.frozen import frozen_by


def fixed_by(law: Lifecycle, state: str, pointer: str) -> Frozen | None:
    """The line that keeps the value at `pointer` as it is; None where it may be another.

    It may where a legal way leads to a state that does not forbid it, and back: a scheduled mailing is edited as a draft
    (E-09). What guards say hangs on the value, and is the plan's.
    """
    change = Change(pointer, "", "-")

    def price(there: str) -> int:
        return FORBIDDEN if frozen_by(law.states[there], change) else 0

    if find_path(law, Question(state, state, True, price, lambda _edge, _applied: 0)) is not None:
        return None
    return frozen_by(law.states[state], change)
