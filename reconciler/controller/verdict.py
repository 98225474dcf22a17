"""The exit code of a plan or an application: the most urgent of what happened (DESIGN §5)."""

from typing import TYPE_CHECKING, Final

from reconciler.model.diagnostic import has_errors
from reconciler.model.plan import Code, Plan

if TYPE_CHECKING:
    from reconciler.model.outcome import Outcome

DONE: Final = 0
CHANGES: Final = 2
INVALID: Final = 3
ILLEGAL: Final = 4
DENIED: Final = 5
STALE: Final = 6
PARTIAL: Final = 8
DRIFT: Final = 9
HELD: Final = 10

_PRECEDENCE: Final = (130, 70, 64, INVALID, PARTIAL, 7, STALE, ILLEGAL, DENIED, HELD, DRIFT, CHANGES, 1, DONE)


def most_urgent(codes: set[int]) -> int:
    """The code that wins where several apply."""
    return next((code for code in _PRECEDENCE if code in codes), DONE)


def of_plan(plan: Plan, detailed: bool) -> int:
    """The exit code of `plan`. `detailed` tells changes (2) from nothing to do (0)."""
    codes = {_of_blocked(plan), _of_future(plan)} | ({INVALID} if has_errors(plan.diagnostics) else set())
    if detailed and (plan.has_changes or plan.waiting):
        codes.add(CHANGES)
    return most_urgent(codes)


def _of_blocked(plan: Plan) -> int:
    refusals = [refusal.code for blocked in plan.blocked for refusal in blocked.refusals]
    if any(not code.denied for code in refusals):
        return ILLEGAL
    if any(code is not Code.HELD for code in refusals):
        return DENIED
    return HELD if refusals else DONE


def _of_future(plan: Plan) -> int:
    if any(not one.denied for one in plan.conflicts):
        return ILLEGAL
    return DENIED if plan.conflicts else DONE


def of_outcome(plan: Plan, outcome: "Outcome") -> int:
    """The exit code of `apply`."""
    codes = {_of_blocked(plan), _of_future(plan)}
    if outcome.failed or outcome.left:
        codes.add(PARTIAL)
    if outcome.stale:
        codes.add(STALE)
    if outcome.denied:
        codes.add(DENIED)
    return most_urgent(codes)
