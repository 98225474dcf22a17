"""From a question to a plan: timers first, then every resource judged, then the future that this leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.instant import to_text
from reconciler.model.lifecycle import DELETED
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Alternative, Blocked, Code, Plan, Reason, Refusal, ResourcePlan
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.timeline import Occurrence
from reconciler.plan.advice import Adviser
from reconciler.plan.codec import digest_of
from reconciler.plan.decide import Decision
from reconciler.plan.future import Foreseen, foresee
from reconciler.plan.guards import Interpreter
from reconciler.plan.kept import drift_of, holds_of
from reconciler.plan.order import in_sequence
from reconciler.plan.present import Present, former, present
from reconciler.plan.question import Question
from reconciler.plan.references import Finding
from reconciler.plan.review import warnings
from reconciler.plan.risk import with_risks
from reconciler.plan.schedule import missed
from reconciler.plan.timers import Timers


def make_plan(question: Question) -> tuple[Plan, Question, tuple[Finding, ...]]:
    """The plan for this question, the question as it stands once the due timers have run, and what is worth saying.

    Pure: equal questions give equal plans.
    """
    planner = _Planner(question)
    plan = planner.plan()
    return with_risks(planner.question, plan), planner.question, tuple(planner.found)


@dataclass(slots=True)
class _Planner:
    """One plan in the making."""

    question: Question
    found: list[Finding] = field(default_factory=list)

    def plan(self) -> Plan:
        here = present(self.question)
        question, judged, moves, decision = here.question, here.judged, here.moves, here.decision
        self.question = question
        self._warn_of_all(judged, moves)
        self.found += warnings(question, decision.open)
        foresight = foresee(question, decision, moves)
        decision = self._without_conflicts(here, foresight)
        moved_away = {old.ref for old in moves.values()}
        resources = in_sequence(decision.open, question)
        unmanaged = tuple(
            (ref, question.heads[ref].state)
            for ref in question.triage.unmanaged
            if ref not in moved_away and not question.only
        )
        self._suggest_moves(unmanaged, decision.planned)
        settled = sum(
            ref not in decision.planned and ref not in decision.blocked and ref not in decision.waiting
            for ref in judged
        )
        return Plan(
            made_at=question.now,
            serial=question.serial,
            commit=question.commit,
            resources=resources,
            blocked=tuple(self._noted(decision.blocked[ref], decision) for ref in sorted(decision.blocked)),
            waiting=tuple(decision.waiting[ref] for ref in sorted(decision.waiting)),
            unmanaged=unmanaged,
            unchanged=settled + (len(question.only) - len(judged) if question.only else question.triage.unchanged),
            diagnostics=(),
            digest=digest_of(resources),
            due=here.due,
            timeline=foresight.occurrences,
            horizon=question.horizon,
            stands_until=foresight.stands_until,
            holds=holds_of(question, here),
            drift=drift_of(question),
        )

    def _noted(self, one: Blocked, decision: Decision) -> Blocked:
        """With the entries that have come due in vain, where it is its neighbours that stand in the way of them.

        What a hold keeps back has not been in vain: it is done when that ends.
        """
        plan, resource = decision.planned.get(one.ref), self.question.resources.get(one.ref)
        if one.missed or one.held or plan is None or resource is None or plan.reason is not Reason.SCHEDULE:
            return one
        return replace(one, missed=missed(self.question.manifests[one.ref], resource, self.question.now, last=True))

    def _without_conflicts(self, here: Present, foresight: Foreseen) -> Decision:
        """The decision without what would lead into a conflict later: every manifest that has a part in it and is changed."""
        later: dict[Ref, list[Refusal]] = {}
        ways: dict[Ref, Alternative] = {}
        plans = here.decision.open
        for one in foresight.occurrences:
            if not one.verdict.refuses:
                continue
            for ref in one.parties:
                plan = plans.get(ref)
                if plan is not None and plan.reason is not Reason.SCHEDULE:
                    later.setdefault(ref, []).append(refusal_of(one, ref))
                    if ref == one.ref:
                        ways.setdefault(ref, _another_time(one))
        if not later:
            return here.decision
        barred = {}
        for ref, refusals in later.items():
            way = (ways[ref],) if ref in ways else ()
            barred[ref] = Blocked(ref, plans[ref].origin, plans[ref].target, tuple(dict.fromkeys(refusals)), way)
        return here.deciding.without(barred)

    def _warn_of_all(self, judged: Iterable[Ref], moves: Mapping[Ref, Resource]) -> None:
        interpreter = Interpreter(self.question)
        timers, adviser = Timers(interpreter), Adviser(interpreter)
        for ref in judged:
            self._warn(ref, moves.get(ref) or self.question.resources.get(ref), timers)
            self.found += adviser.of(ref)

    def _warn(self, ref: Ref, resource: Resource | None, timers: Timers) -> None:
        manifest, old = self.question.manifests[ref], former(self.question, ref)
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
        self._warn_of_timers(manifest, timers)
        if resource is not None:
            self._warn_of_shadow(manifest, resource)
            return
        due = manifest.due(self.question.now)
        wanted = due.state if due else manifest.state
        if wanted == DELETED and not any(entry.instant > self.question.now for entry in manifest.entries):
            self.found.append(
                Finding(
                    "deleted-unknown",
                    ref,
                    f"{ref} is to be deleted, but the store does not know it",
                    "remove the manifest",
                )
            )
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

    def _warn_of_timers(self, manifest: Manifest, timers: Timers) -> None:
        question, ref = self.question, manifest.ref
        if not question.kinds[ref.kind].ticking:
            return
        asked = Resource(ref, manifest.state, "", question.documents[ref], (), (), 0, question.now, question.now)
        for edge, source, text in timers.unreadable(asked):
            root, _, path = source.partition(".")
            self.found.append(
                Finding(
                    "silent-timer",
                    ref,
                    f"the timer {edge.event} never fires: {text!r} ({source}) cannot be read",
                    "write a period such as `30d` or `3 months`, a time of day as `02:00`",
                    pointer="/" + path.replace(".", "/") if root == "self" else "",
                )
            )

    def _warn_of_shadow(self, manifest: Manifest, resource: Resource) -> None:
        due = manifest.due(self.question.now)
        if due is not None and resource.asked and resource.asked != manifest.state != due.state:
            self.found.append(
                Finding(
                    "shadowed-state",
                    manifest.ref,
                    f"`state: {manifest.state}` changes nothing: since {due.text} the schedule asks for {due.state}",
                    "add an entry with a later time, or remove the entries that are over",
                    pointer="/state",
                )
            )

    def _suggest_moves(self, unmanaged: Iterable[tuple[Ref, str]], planned: Mapping[Ref, ResourcePlan]) -> None:
        gone = {(ref.kind, self.question.heads[ref].digest): ref for ref, _ in unmanaged}
        for ref, one in planned.items():
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


def _another_time(one: Occurrence) -> Alternative:
    """Where to read when it would be legal."""
    return Alternative("time", "give the entry a time at which it is legal", f"muster when {one.ref} {one.target}")


def refusal_of(one: Occurrence, ref: Ref) -> Refusal:
    """The refusal of a manifest that has a part in a conflict to come."""
    with_whom = "" if one.ref == ref else f"{one.ref}: "
    path = f"/schedule/entries/{one.entry}/state" if one.ref == ref and one.entry >= 0 else "/state"
    entry = next((other.entry for other in one.against if other.ref == ref), -1)
    if one.ref != ref and entry >= 0:
        path = f"/schedule/entries/{entry}/state"
    code = Code.DENIED_LATER if one.denied else Code.LATER
    others = tuple(other.ref for other in one.against if other.ref != ref) if one.ref == ref else (one.ref,)
    return Refusal(code, f"{to_text(one.at)}: {with_whom}{one.message}", one.requirement, path, others=others)
