"""What must hold among several resources, asked again inside a step: by then another of them may have lost its comparison."""

from dataclasses import dataclass, field

from reconciler.model.plan import GuardVerdict, ResourcePlan, Step, Verdict
from reconciler.model.ports import Seat, Write
from reconciler.model.record import replace
from reconciler.model.ref import Ref, first_few
from reconciler.plan.advance import BRINGS, state_after
from reconciler.plan.groups import Key
from reconciler.plan.guards import Interpreter
from reconciler.plan.prospect import Prospect
from reconciler.plan.refusing import behind


@dataclass(slots=True)
class Beside:
    """The members of the groups of a plan, as far as it is carried out. Implements `groups.Standing`."""

    interpreter: Interpreter
    renewed: set[Ref] = field(default_factory=set)
    """The resources whose manifests this run has brought in."""
    _doubtful: set[Key] = field(default_factory=set)
    """The groups of which a member has not come where it was planned to: of all others the plan was right."""
    _came: dict[str, str] = field(default_factory=dict)
    """By the group, which step of this run let somebody in last."""
    _left: dict[str, list[str]] = field(default_factory=dict)
    """By the group, which steps of this run have begun to let somebody in, and failed. Who is judged after them is judged
    as if they had not: they may still be finished."""
    _taking: tuple[Ref, str, bool] | None = None
    """The resource whose step is asked about, the state that this leads to, and whether it brings the manifest in."""

    def state_of(self, ref: Ref) -> str:
        """See `groups.Standing`."""
        if self._taking and self._taking[0] == ref:
            return self._taking[1]
        if ref in self.interpreter.outcome:
            return self.interpreter.outcome[ref]
        head = self.interpreter.question.head_of(ref)
        return head.state if head else ""

    def is_renewed(self, ref: Ref) -> bool:
        """See `groups.Standing`."""
        if self._taking and self._taking[0] == ref and self._taking[2]:
            return True
        return ref in self.renewed or Prospect(self.interpreter.question, {}).is_renewed(ref)

    def takes_room(self, one: ResourcePlan, step: Step) -> bool:
        """Whether by this step a resource counts among others that did not before, or not as that."""
        before, after = self._counting(one, step)
        return before < after or self._moves(one, step)

    def makes_room(self, one: ResourcePlan, step: Step) -> bool:
        """Whether by this step a resource does not count any more among others, or not as what it was."""
        before, after = self._counting(one, step)
        return before > after or self._moves(one, step)

    def seated(self, one: ResourcePlan, step: Step, write: Write) -> Write:
        """The write of a step with the groups into which it lets its resource.

        To be asked once everything before it is committed that is not committed with it.
        """
        question = self.interpreter.question
        if question.groups.is_empty:
            return write
        keys = question.groups.entered(one.ref, (step.origin, write.state), step.op in BRINGS)
        seats = tuple(Seat(key, question.serial, self._known(key)) for key in keys)
        return replace(write, seats=seats) if seats else write

    def came(self, write: Write) -> None:
        """This write is committed: whoever comes after it in this run was judged with it."""
        self._came.update((seat.key, write.entry) for seat in write.seats)

    def left(self, step: Step, write: Write) -> None:
        """This write is begun, and stays so. Where it brings a manifest in, who is judged next does not see it yet."""
        for seat in write.seats if step.op not in BRINGS else ():
            self._left.setdefault(seat.key, []).append(write.entry)

    def _known(self, key: str) -> tuple[str, ...]:
        last = self._came.get(key)
        return (*self._left.get(key, ()), *((last,) if last else ()))

    def _counting(self, one: ResourcePlan, step: Step) -> tuple[bool, bool]:
        states = self.interpreter.question.kinds[one.ref.kind].grouping
        return step.origin in states, state_after(step, step.origin) in states

    def _moves(self, one: ResourcePlan, step: Step) -> bool:
        return step.op in BRINGS and self.interpreter.question.groups.is_reseated(one.ref)

    def fell_short(self, ref: Ref) -> None:
        """This resource stays where it is."""
        self.renewed.discard(ref)
        self._doubtful.update(self.interpreter.question.groups.keys(ref))

    def broken(self, one: ResourcePlan, step: Step) -> GuardVerdict | None:
        """The constraint that this step would break as things stand; None where everything holds."""
        question = self.interpreter.question
        if not self._doubtful or self._doubtful.isdisjoint(question.groups.keys(one.ref)):
            return None
        brings = step.op in BRINGS
        self._taking = (one.ref, state_after(step, step.origin), brings)
        target = state_after(step, step.origin)
        back = question.groups.preempted(one.ref, target, self) if target != step.origin else None
        if back is not None:
            return GuardVerdict("goes-first", Verdict.FALSE, behind(back).message, back.line.requirement)
        for constraint, members in question.groups.broken([one.ref], self, question.now):
            enters = step.origin not in constraint.states
            if one.ref in members and (enters or (brings and question.groups.is_reseated(one.ref, constraint))):
                others = first_few([mate for mate in members if mate != one.ref])
                message = f"{constraint.message} (with {others})"
                return GuardVerdict(constraint.name, Verdict.FALSE, message, constraint.requirement)
        return None
