"""Tell what a branch changes from what its base owes already: two plans against one store, held side by side.

Both are made for one instant, so whatever they say alike has nothing to do with the branch.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from reconciler.model import canonical
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Blocked, Code, Plan, Refusal, ResourcePlan, Waiting
from reconciler.model.ref import Ref
from reconciler.model.timeline import Occurrence
from reconciler.plan.codec import digest_line, digest_of

T = TypeVar("T")


def split(plan: Plan, base: Plan, edited: Collection[Ref]) -> tuple[Plan, Plan]:
    """What of `plan` is the branch's, and what of it `base` says just so. `edited`: whose documents differ in the two.

    Timers that are due run whatever is merged, so they are no branch's.
    """
    resources = _halves(plan.resources, base.resources, effect)
    blocked = _halves(plan.blocked, base.blocked, refused, lambda one: one.ref in edited)
    waiting = _halves(plan.waiting, base.waiting, _waits, lambda one: one.ref in edited)
    unmanaged = _halves(plan.unmanaged, base.unmanaged, lambda one: one)
    diagnostics = _halves(plan.diagnostics, base.diagnostics, _said)
    timeline = _halves(plan.timeline, base.timeline, happening)
    branch, owed = (
        replace(
            plan,
            resources=resources[half],
            blocked=blocked[half],
            waiting=waiting[half],
            unmanaged=unmanaged[half],
            diagnostics=diagnostics[half],
            timeline=timeline[half],
            digest=digest_of(resources[half]),
        )
        for half in (0, 1)
    )
    return replace(branch, due=()), replace(owed, unchanged=0)


def mended(plan: Plan, base: Plan) -> tuple[Ref, ...]:
    """What `base` would change, or is refused or in conflict, and about which `plan` has nothing to say any more."""
    return tuple(sorted(_spoken_of(base) - _spoken_of(plan)))


def effect(one: ResourcePlan) -> bytes:
    """What is done to a resource, as far as the digest of a plan covers it."""
    return canonical.encode(digest_line(one))


def refused(one: Blocked) -> Hashable:
    """Why a resource is left alone: equal for two plans that refuse it alike."""
    return one.ref, one.origin, one.target, frozenset(_rule(refusal) for refusal in one.refusals)


def happening(one: Occurrence) -> Hashable:
    """What will happen, or must not, wherever in the files it comes from."""
    others = tuple(other.ref for other in one.against)
    return one.at, one.ref, one.event, one.origin, one.target, one.source, one.verdict, one.message, others


def _rule(refusal: Refusal) -> Hashable:
    # The brake counts what the whole plan stops; whose doing that is does not hang on the number.
    message = "" if refusal.code is Code.THRESHOLD else refusal.message
    return refusal.code, refusal.path, message


def _waits(one: Waiting) -> Hashable:
    return one.ref, one.origin, one.target, one.event


def _said(one: Diagnostic) -> Hashable:
    return one.code, one.ref, one.place.file, one.detail  # not the line: what stands above it may have grown


def _spoken_of(plan: Plan) -> set[Ref]:
    """The resources about which a plan has something to do or to refuse."""
    conflicts = (ref for one in plan.conflicts for ref in one.parties)
    return {*(one.ref for one in plan.resources), *(one.ref for one in plan.blocked), *conflicts}


def _halves(
    found: Iterable[T],
    base: Iterable[T],
    key: Callable[[T], Hashable],
    is_touched: Callable[[T], bool] = lambda _one: False,
) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """What is new and what `base` has too, by `key`; what the branch has touched is its own, whatever it looks like."""
    known = {key(one) for one in base}
    new: list[T] = []
    old: list[T] = []
    for one in found:
        (old if key(one) in known and not is_touched(one) else new).append(one)
    return tuple(new), tuple(old)
