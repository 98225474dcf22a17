"""What neighbours forbid: targets pinned by their users, targets still in use, users of what is blocked.

Each of these may bring about another, so they are asked again until nothing more is blocked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.lifecycle import DELETED, Lifecycle, Reference, Role
from reconciler.model.plan import ASK, Blocked, Code, Op, Refusal, ResourcePlan, Step, Verb
from reconciler.model.ref import Ref, first_few
from reconciler.plan.advance import stops
from reconciler.plan.question import Question
from reconciler.plan.references import Link, stored_links


@dataclass(slots=True)
class Neighbours:
    """The plans so far, and what is blocked among them."""

    question: Question
    planned: Mapping[Ref, ResourcePlan]
    already: Mapping[Ref, Blocked]
    found: dict[Ref, Blocked] = field(default_factory=dict)
    _absent: dict[Ref, list[tuple[Ref, Link]]] | None = None

    def block(self) -> dict[Ref, Blocked]:
        """Every plan that a neighbour forbids."""
        waves = 0
        while waves <= len(self.planned):
            new = {ref: one for ref, one in self._wave() if one is not None}
            if not new:
                break
            self.found |= new
            waves += 1
        return self.found

    def _wave(self) -> Iterator[tuple[Ref, Blocked | None]]:
        supporting = [ref for ref in self.planned if self._law(ref).role is not Role.CAMPAIGN]
        for ref in supporting:
            if ref not in self.found:
                yield ref, self._pinned(ref) or self._in_use(ref)
        for ref in self._users_of_lost():
            if ref not in self.found:
                yield ref, self._dependent(ref)

    def _law(self, ref: Ref) -> Lifecycle:
        return self.question.kinds[ref.kind].lifecycle

    def _is_blocked(self, ref: Ref) -> bool:
        return ref in self.found or ref in self.already

    def state_after(self, ref: Ref) -> str:
        """The state of a resource once the plan is done; empty where it does not exist."""
        if ref in self.planned and not self._is_blocked(ref):
            return self.planned[ref].target
        head = self.question.heads.get(ref)
        return head.state if head else ""

    def _state_before(self, ref: Ref) -> str:
        """Where a resource is before its steps of this plan; references come first, so what it refers to is edited then."""
        if ref in self.planned:
            return self.planned[ref].origin
        head = self.question.heads.get(ref)
        return head.state if head else ""

    # Pins.

    def _pinned(self, ref: Ref) -> Blocked | None:
        one = self.planned[ref]
        edits = [step for step in one.steps if step.op is Op.EDIT and step.event != ASK]
        if not edits:
            return None
        pins = list(self._pins(ref, frozenset()))
        return self._blocked(one, tuple(_pin(edits[0], *pin) for pin in pins)) if pins else None

    def _pins(self, ref: Ref, seen: frozenset[Ref]) -> Iterator[tuple[Ref, str, Reference]]:
        """The users that pin `ref`, with their state and the reference that does."""
        for user, link in self._users(ref):
            reference = self._law(user).references[link.reference]
            state = self.state_after(user)
            if state in reference.freezes:
                if self._state_before(user) in reference.freezes:  # else it comes to that after the edit
                    yield user, state, reference
            elif reference.inherits_freeze and user not in seen and state not in ("", DELETED):
                yield from self._pins(user, seen | {ref})

    def _users(self, ref: Ref) -> list[tuple[Ref, Link]]:
        return self.question.links.users(ref) + self._unmanaged_users().get(ref, [])

    def _unmanaged_users(self) -> dict[Ref, list[tuple[Ref, Link]]]:
        """Who refers to what among resources whose manifests are gone: their work goes on, so they pin too."""
        if self._absent is None:
            self._absent = {}
            for ref in self.question.triage.unmanaged:
                resource = self.question.resources.get(ref)
                if resource is None or ref.kind not in self.question.kinds:
                    continue
                for link in stored_links(self.question.kinds[ref.kind], resource.document):
                    self._absent.setdefault(link.target, []).append((ref, link))
        return self._absent

    # Deletions.

    def _in_use(self, ref: Ref) -> Blocked | None:
        one = self.planned[ref]
        if one.action is not Verb.DELETE:
            return None
        users = [user for user, _ in self._users(ref) if self._uses(user)]
        if not users:
            return None
        words = f"{ref} is still used by {first_few(users)}"
        refusal = Refusal(Code.IN_USE, words, path="/state", others=tuple(users))
        return self._blocked(one, (refusal,))

    def _uses(self, user: Ref) -> bool:
        state = self.state_after(user)
        return bool(state) and state != DELETED and not self._law(user).states[state].final

    # Dependencies.

    def _users_of_lost(self) -> list[Ref]:
        """The planned resources that may refer to something that will not be there; found from the shorter side."""
        if len(self.planned) < len(self.question.heads):
            return [ref for ref in self.planned if ref in self.question.links.of]
        leaving = (ref for ref, one in self.planned.items() if one.action is Verb.DELETE)
        gone = (ref for ref, head in self.question.heads.items() if head.state == DELETED)
        absent = (ref for ref in self.question.manifests if ref not in self.question.heads and ref not in self.planned)
        lost = dict.fromkeys((*self.already, *self.found, *leaving, *gone, *absent))
        users = dict.fromkeys(user for ref in lost for user, _ in self.question.links.users(ref))
        return [user for user in users if user in self.planned]

    def _dependent(self, ref: Ref) -> Blocked | None:
        one = self.planned[ref]
        if not self._needs_targets(one):
            return None
        for link in self.question.links.of[ref]:
            lost = self._lost(link.target)
            if lost:
                message = f"{link.target} is {lost}, and {ref} builds on it"
                return self._blocked(one, (Refusal(Code.DEPENDENCY, message, others=(link.target,)),))
        return None

    def _lost(self, target: Ref) -> str:
        """Why nothing can build on `target`; empty where it will be there."""
        if self._is_blocked(target):
            return "blocked"
        if self._law(target).is_gone(self.state_after(target)):
            return "deleted"
        # Declared deleted and never made: a step that creates its user would find nothing there.
        return "" if self.state_after(target) or target not in self.question.manifests else "not there"

    def _needs_targets(self, one: ResourcePlan) -> bool:
        law = self._law(one.ref)
        if stops(law, one.action, one.steps):
            return False  # it ends what was built, whatever becomes of that
        states = law.states
        entered = [step.target for step in one.steps if step.op is Op.TRANSITION]
        return one.action is Verb.CREATE or any(states[state].outward for state in entered if state != one.origin)

    def _blocked(self, one: ResourcePlan, refusals: tuple[Refusal, ...]) -> Blocked:
        return Blocked(one.ref, one.origin, one.target, refusals)


def _pin(edit: Step, user: Ref, state: str, reference: Reference) -> Refusal:
    change, ids = edit.changes[0], reference.requirement
    if len(ids) == len(reference.freezes):
        ids = (ids[reference.freezes.index(state)],)
    message = reference.message or f"{user} is {state} and uses this"
    words = f"{message} ({user} is {state})" if reference.message else message
    return Refusal(Code.PINNED, words, ids, change.path, others=(user,))
