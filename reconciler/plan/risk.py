"""What the effects of a plan would lose, and of what is to come: the guards that its kind names as risks, asked of facts (X-10).

A risk refuses nothing. What is not known is no risk: a plan says what it knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.said import facts_said, said
from reconciler.model import record
from reconciler.model.lifecycle import Guard
from reconciler.model.plan import Plan, ResourcePlan, Step, Verdict
from reconciler.model.ref import Ref
from reconciler.model.risk import Risk
from reconciler.model.timeline import Occurrence
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.question import Question


def with_risks(question: Question, plan: Plan) -> Plan:
    """The plan, with what each step and each thing to come would lose as things are now."""
    assessor = Assessor(Interpreter(question))
    if not assessor.risky:
        return plan
    return replace(
        plan,
        due=tuple(assessor.of_resource(one) for one in plan.due),
        resources=tuple(assessor.of_resource(one) for one in plan.resources),
        timeline=tuple(assessor.of_occurrence(one) for one in plan.timeline),
    )


@dataclass(frozen=True, slots=True)
class Assessor:
    """Says what effects would lose, by what the interpreter's question knows."""

    interpreter: Interpreter

    @property
    def risky(self) -> Mapping[str, Kind]:
        """The kinds that have something to lose, by name."""
        kinds = self.interpreter.question.kinds
        return {name: kind for name, kind in kinds.items() if any(one.risks for one in kind.lifecycle.effects.values())}

    def of_resource(self, one: ResourcePlan) -> ResourcePlan:
        """The resource's plan, its steps with what they would lose."""
        if not any(self._guards(one.ref, step.effects) for step in one.steps):
            return one
        return record.replace(one, steps=tuple(self._of_step(one.ref, step) for step in one.steps))

    def of_occurrence(self, one: Occurrence) -> Occurrence:
        """Something to come, with what it would lose if it came now; nothing where it will not come."""
        found = () if one.verdict.refuses else self.of(one.ref, one.origin, one.effects)
        return replace(one, risks=found) if found else one

    def of(self, ref: Ref, state: str, effects: Iterable[str]) -> tuple[Risk, ...]:
        """What these effects would lose of a resource that leaves `state`."""
        guards = self._guards(ref, effects)
        return tuple(self._risks(ref, state, guards)) if guards else ()

    def _of_step(self, ref: Ref, step: Step) -> Step:
        found = self.of(ref, step.origin, step.effects)
        return record.replace(step, risks=found) if found else step

    def _guards(self, ref: Ref, effects: Iterable[str]) -> list[tuple[str, Guard]]:
        kind = self.interpreter.question.kinds.get(ref.kind)
        if kind is None:
            return []
        known, guards = kind.lifecycle.effects, kind.lifecycle.guards
        return [(name, guards[risk]) for name in effects if name in known for risk in known[name].risks]

    def _risks(self, ref: Ref, state: str, guards: list[tuple[str, Guard]]) -> Iterator[Risk]:
        question, document = self.interpreter.question, self.interpreter.document_of(ref)
        asker = Asker(self.interpreter, ref, question.kinds[ref.kind], None, document)
        for effect, guard in guards:
            if asker.verdict(guard.name, state) is Verdict.FALSE:
                names = self.interpreter.rule(question.kinds[ref.kind], guard.name).facts | facts_said(guard.message)
                facts = {name: value for name, value in question.facts.get(ref, {}).items() if name in names}
                yield Risk(effect, said(guard.message, facts), guard.requirement, tuple(sorted(facts.items())))
