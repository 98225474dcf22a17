"""From a question to a plan: every resource judged, then held against its neighbours, then put in order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.model.canonical import digest
from reconciler.model.lifecycle import DELETED
from reconciler.model.plan import Blocked, Plan, ResourcePlan, Waiting
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.codec import digest_line
from reconciler.plan.guards import Interpreter
from reconciler.plan.judge import judge
from reconciler.plan.neighbours import Neighbours
from reconciler.plan.order import by_reference, in_sequence
from reconciler.plan.question import Question
from reconciler.plan.references import Finding
from reconciler.plan.threshold import too_many


def make_plan(question: Question) -> tuple[Plan, tuple[Finding, ...]]:
    """The plan for this question, and what is worth saying of manifests. Pure: equal questions give equal plans."""
    planner = _Planner(question)
    return planner.plan(), tuple(planner.found)


@dataclass(slots=True)
class _Planner:
    """One plan in the making."""

    question: Question
    planned: dict[Ref, ResourcePlan] = field(default_factory=dict)
    blocked: dict[Ref, Blocked] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    settled: int = 0

    def plan(self) -> Plan:
        question = self.question
        judged = [ref for ref in question.triage.judged if not question.only or ref in question.only]
        moves = self._moves(judged)
        interpreter = Interpreter(question)
        for ref in by_reference(judged, question):
            self._judge(ref, interpreter, moves.get(ref))
        # The brake before the neighbours: a campaign that it keeps running goes on pinning what it uses.
        self.blocked |= too_many(question, self._open())
        self.blocked |= Neighbours(question, self.planned, self.blocked).block()
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
            diagnostics=(),
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
                Finding(
                    "deleted-unknown",
                    ref,
                    f"{ref} is to be deleted, but the store does not know it",
                    "remove the manifest",
                )
            )
        due = manifest.due(self.question.now)
        if due is not None:
            self.found.append(
                Finding(
                    "past-entries",
                    ref,
                    f"{ref} is new, and its entry at {due.text} is past: {due.state} is asked for at once",
                    "remove the entries that are over",
                    pointer=f"/schedule/entries/{due.index}/at",
                )
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
                    Finding(
                        "bad-move",
                        ref,
                        f"{old} still has a manifest of its own",
                        "remove movedFrom, or the old manifest",
                        pointer="/metadata/movedFrom",
                    )
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
                    Finding(
                        "possible-move",
                        ref,
                        f"{ref} is just what {old} was, whose manifest is gone",
                        f"if it was renamed, add `movedFrom: {old.name}` under metadata",
                    )
                )
