"""Supposing that one manifest asked for another state: what a plan would say then, at any instant. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model import record
from reconciler.model.manifest import Manifest
from reconciler.model.plan import ASK, Blocked, GuardVerdict, Refusal, Step, Verdict
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.timeline import Occurrence
from reconciler.plan.decide import Decision, decide
from reconciler.plan.future import foresee
from reconciler.plan.groups import Groups
from reconciler.plan.guards import Interpreter
from reconciler.plan.question import Question, settled
from reconciler.plan.refusing import behind
from reconciler.plan.timers import awaits


@dataclass(frozen=True, slots=True)
class Reply:
    """What a plan would say of the supposed manifest at one instant. Without refusals it is legal; `steps` lead there."""

    refusals: tuple[Refusal, ...] = ()
    steps: tuple[Step, ...] = ()
    decision: Decision = field(default_factory=Decision)
    blocked: Blocked | None = None

    @property
    def unknown(self) -> tuple[GuardVerdict, ...]:
        """The guards on the way that nobody can answer now."""
        asked = (guard for step in self.steps for guard in step.guards if guard.verdict is Verdict.UNKNOWN)
        return tuple(dict.fromkeys(asked))


@dataclass(slots=True)
class Supposition:
    """That the manifest of `ref` asked for `state`, whatever its schedule says, while everything else stays as it is."""

    ref: Ref
    state: str
    original: Manifest
    manifests: dict[Ref, Manifest]
    groups: Groups
    interpreter: Interpreter

    @classmethod
    def of(cls, question: Question, ref: Ref, state: str) -> "Supposition":
        """Suppose it in the world of `question`, whose `documents` hold that of `ref`."""
        original, manifests = question.manifests[ref], dict(question.manifests)
        manifests[ref] = record.replace(original, state=state, entries=())
        # In its supposed state it may belong to groups that it has nothing to do with as it is.
        grouped = {**question.groups.documents, ref: question.documents[ref]}
        groups = Groups(question.kinds, grouped, question.groups.stored)
        return cls(ref, state, original, manifests, groups, Interpreter(question))

    def at(self, question: Question) -> Question:
        """The question with the supposed manifest in place of the real one.

        Its schedule is gone, so that the state is asked for at this instant and from then on. But a state that waits
        for an entry to come, as `scheduled` does, would make no sense without it.
        """
        law = question.kinds[self.ref.kind].lifecycle
        waits = self.state in law.states and awaits(law, self.state) is not None
        ahead = tuple(entry for entry in self.original.entries if entry.instant > question.now) if waits else ()
        self.manifests[self.ref] = record.replace(self.original, state=self.state, entries=ahead)
        return replace(question, manifests=self.manifests, groups=self.groups)

    def reply(
        self, question: Question, judged: Iterable[Ref] = (), moves: Mapping[Ref, Resource] | None = None
    ) -> Reply:
        """What a plan would say at the instant of `question`, of this together with `judged`."""
        here = self.at(question)
        self.interpreter.question = here
        self.interpreter.outcome.clear()
        decision = decide(self.interpreter, self._judged(here, judged), moves)
        back = self.interpreter.preempted(self.ref, self.state)
        if back is not None:
            return Reply((behind(back),))
        blocked, planned = decision.blocked.get(self.ref), decision.planned.get(self.ref)
        if blocked is not None:
            return Reply(tuple(dict.fromkeys(blocked.refusals)), (), decision, blocked)
        # A step that only notes what is asked for does not lead anywhere: it is there already.
        steps = tuple(step for step in planned.steps if step.event != ASK) if planned else ()
        return Reply((), steps, decision)

    def conflicts(self, question: Question, reply: Reply, moves: Mapping[Ref, Resource]) -> tuple[Occurrence, ...]:
        """What would come of it later, to the horizon of `question`, that makes a plan refuse it now."""
        if not reply.steps:
            return ()
        return tuple(
            one
            for one in foresee(self.at(question), reply.decision, moves).occurrences
            if one.verdict.refuses and self.ref in one.parties
        )

    def _judged(self, here: Question, others: Iterable[Ref]) -> dict[Ref, None]:
        """What is to be judged together: also those who step back for it, as a plan would have them do."""
        manifests, heads = self.manifests, here.heads
        following = (
            ref
            for ref in self.groups.followers([self.ref])
            if ref in manifests and not settled(manifests[ref], heads.get(ref), here.now, self.groups)
        )
        return dict.fromkeys([*others, self.ref, *following])
