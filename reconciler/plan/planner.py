"""From a question to a plan: every resource judged, then held against its neighbours, then put in order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.model.canonical import digest
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.plan import Blocked, Plan, ResourcePlan, Waiting
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.codec import digest_line
from reconciler.plan.guards import Interpreter
from reconciler.plan.judge import judge
from reconciler.plan.neighbours import Neighbours
from reconciler.plan.order import by_reference, in_sequence
from reconciler.plan.question import Question
from reconciler.plan.threshold import too_many


def make_plan(question: Question) -> Plan:
    """The plan for this question. Pure: equal questions give equal plans."""
    return _Planner(question).plan()


@dataclass(slots=True)
class _Planner:
    """One plan in the making."""

    question: Question
    planned: dict[Ref, ResourcePlan] = field(default_factory=dict)
    blocked: dict[Ref, Blocked] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    settled: int = 0

    def plan(self) -> Plan:
        question = self.question
        judged = [ref for ref in question.triage.judged if not question.only or ref in question.only]
        moves = self._moves(judged)
        interpreter = Interpreter(question)
        for ref in by_reference(judged, question):
            self._judge(ref, interpreter, moves.get(ref))
        self.blocked |= Neighbours(question, self.planned, self.blocked).block()
        self.blocked |= too_many(question, self._open())
        open_plans = self._open()
        moved_away = {old.ref for old in moves.values()}
        resources = in_sequence(open_plans, question)
        unmanaged = tuple(
            (ref, question.heads[ref].state)
            for ref in question.triage.unmanaged
            if ref not in moved_away and not question.only
        )
        self._suggest_moves(unmanaged)
        return Plan(
            made_at=question.now,
            serial=question.serial,
            commit=question.commit,
            resources=resources,
            blocked=tuple(self.blocked[ref] for ref in sorted(self.blocked)),
            waiting=tuple(sorted(self.waiting, key=lambda one: one.ref)),
            unmanaged=unmanaged,
            unchanged=self.settled + (len(question.only) - len(judged) if question.only else question.triage.unchanged),
            diagnostics=in_order(self.found),
            digest=digest([digest_line(one) for one in sorted(resources, key=lambda one: one.ref)]),
        )

    def _open(self) -> dict[Ref, ResourcePlan]:
        return {ref: one for ref, one in self.planned.items() if ref not in self.blocked}

    def _judge(self, ref: Ref, interpreter: Interpreter, moved: Resource | None) -> None:
        resource = moved or self.question.resources.get(ref)
        answer = judge(ref, interpreter, resource, moved is not None)
        state = resource.state if resource else ""
        match answer:
            case ResourcePlan():
                self.planned[ref] = answer
                state = answer.target
            case Blocked():
                self.blocked[ref] = answer
            case Waiting():
                self.waiting.append(answer)
            case None:
                self.settled += 1
        interpreter.outcome[ref] = state
        self._warn(ref, resource)

    def _warn(self, ref: Ref, resource: Resource | None) -> None:
        manifest = self.question.manifests[ref]
        if resource is not None:
            return
        if manifest.state_at(self.question.now) == DELETED:
            self.found.append(
                diagnose("deleted-unknown", f"{ref} is to be deleted, but the store does not know it", manifest.place,
                         help="remove the manifest", ref=str(ref))
            )
        due = manifest.due(self.question.now)
        if due is not None:
            self.found.append(
                diagnose("past-entries", f"{ref} is new, and its entry at {due.text} is past: {due.state} is asked for at once",
                         manifest.place, help="remove the entries that are over", ref=str(ref))
            )

    def _moves(self, judged: Iterable[Ref]) -> dict[Ref, Resource]:
        """The stored resources that continue under a new name."""
        moves: dict[Ref, Resource] = {}
        for ref in judged:
            manifest = self.question.manifests[ref]
            if not manifest.moved_from or ref in self.question.heads:
                continue
            old = Ref(ref.kind, manifest.moved_from, ref.version)
            if old in self.question.manifests:
                self.found.append(
                    diagnose("bad-move", f"{old} still has a manifest of its own", manifest.place,
                             help="remove movedFrom, or the old manifest", ref=str(ref))
                )
            elif old in self.question.resources:
                moves[ref] = self.question.resources[old]
        return moves

    def _suggest_moves(self, unmanaged: Iterable[tuple[Ref, str]]) -> None:
        gone = {(ref.kind, self.question.heads[ref].digest): ref for ref, _ in unmanaged}
        for ref, one in self.planned.items():
            if not one.origin and (ref.kind, one.digest) in gone:
                old = gone[ref.kind, one.digest]
                self.found.append(
                    diagnose("possible-move", f"{ref} is just what {old} was, whose manifest is gone", one.place,
                             help=f"if it was renamed, add `movedFrom: {old.name}` under metadata", ref=str(ref))
                )


def refs_to_load(question_triage: Iterable[Ref], question: Question) -> set[Ref]:
    """The resources whose documents rules may read: the judged ones and what they refer to."""
    wanted = set(question_triage)
    for ref in tuple(wanted):
        wanted.update(link.target for link in question.links.of.get(ref, ()))
    return wanted


def is_campaign(question: Question, ref: Ref) -> bool:
    """Whether a resource is a campaign rather than something that campaigns refer to."""
    return question.kinds[ref.kind].lifecycle.role is Role.CAMPAIGN
