"""What is told of one instant: each schedule entry, timer and consequence with its verdict, and whom it stands against."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.model.manifest import Entry
from reconciler.model.plan import Blocked, Op, ResourcePlan, Verdict
from reconciler.model.ref import Ref
from reconciler.model.timeline import Against, Foresight, Occurrence, Source
from reconciler.plan.decide import Decision
from reconciler.plan.judge import judge
from reconciler.plan.timers import Firing
from reconciler.plan.world import World


@dataclass(slots=True)
class Teller:
    """Tells of a world at its present instant."""

    world: World

    def of_timer(self, firing: Firing, one: ResourcePlan) -> Occurrence:
        """A timer that has just run; why it failed, where it took its other way."""
        false = [guard for guard in firing.guards if guard.verdict is Verdict.FALSE]
        why = "; ".join([firing.reason, *(guard.message for guard in false)]) if firing.reason else ""
        return Occurrence(
            at=self.world.question.now,
            ref=one.ref,
            event=firing.edge.event,
            origin=one.origin,
            target=one.target,
            source=Source.TIMER,
            verdict=Foresight.ILLEGAL if firing.reason else self.world.likely(one.ref),
            entry=firing.entry,
            message=why,
            requirement=false[0].requirement if false else firing.edge.requirement,
            denied=bool(firing.reason),
            effects=firing.edge.effects,
            against=self._blamed(one.ref) if firing.reason else (),
        )

    def of_release(self, one: ResourcePlan) -> Occurrence:
        """The end of a hold."""
        return Occurrence(
            at=self.world.question.now,
            ref=one.ref,
            event=_events(one),
            origin=one.origin,
            target=one.target,
            source=Source.HOLD,
            verdict=Foresight.LEGAL,
        )

    def _is_news(self, ref: Ref, blocked: Blocked, told: set[tuple[Ref, int]]) -> bool:
        """Whether the end of a hold has brought this refusal about: not one that stood all along, or follows from a timer."""
        before = self.world.stuck.get(ref)
        if ref not in self.world.freed or blocked.held or any(ref == other for other, _ in told):
            return False
        return before is None or before.held

    def _of_end(self, ref: Ref, blocked: Blocked) -> Occurrence:
        """What the end of a hold would let through, and must not."""
        del self.world.freed[ref]
        others = dict.fromkeys(other for refusal in blocked.refusals for other in refusal.others)
        return Occurrence(
            at=self.world.question.now,
            ref=ref,
            event="",
            origin=blocked.origin,
            target=blocked.target,
            source=Source.HOLD,
            verdict=Foresight.ILLEGAL,
            message="; ".join(dict.fromkeys(refusal.message for refusal in blocked.refusals)),
            requirement=blocked.refusals[0].requirement,
            denied=all(refusal.code.denied for refusal in blocked.refusals),
            against=tuple(self.world.against(other) for other in others) or (self.world.against(ref),),
        )

    def _blamed(self, ref: Ref) -> tuple[Against, ...]:
        """What has made a timer fail: of what the resource builds on, that which changed on the way here."""
        links = self.world.question.links.of.get(ref, ())
        changed = dict.fromkeys(link.target for link in links if link.target in self.world.last)
        return tuple(self.world.against(target) for target in changed) or (self.world.against(ref),)

    def of_decision(
        self, decision: Decision, entries: Mapping[Ref, list[Entry]], told: set[tuple[Ref, int]]
    ) -> Iterator[Occurrence]:
        """Every entry that comes due, but for those that a timer told of; then what it brings about elsewhere."""
        carried_out = decision.open
        for ref in sorted({*entries, *decision.planned, *decision.blocked, *decision.waiting}):
            due = [entry for entry in entries.get(ref, ()) if (ref, entry.index) not in told]
            racing = [entry for entry in due[:-1] if entry.state != due[-1].state]
            yield from (self._race(ref, entry, due[-1]) for entry in racing)
            if racing and not _acts(carried_out.get(ref)):
                continue  # that the last of them is refused, or comes to nothing, says nothing
            if due:
                yield self._of_entry(ref, due[-1], decision)
            elif ref in carried_out and ref not in entries:
                yield self._of_others(ref, carried_out[ref])
            elif ref in decision.blocked and self._is_news(ref, decision.blocked[ref], told):
                yield self._of_end(ref, decision.blocked[ref])

    def _race(self, ref: Ref, entry: Entry, other: Entry) -> Occurrence:
        state = self.world.state_of(ref)
        message = f"another entry asks for {other.state} at the same instant; give each a time of its own"
        against = (Against(ref, other.index),)
        return self._entry(ref, entry, state, Foresight.RACE, message=message, against=against)

    def _of_entry(self, ref: Ref, entry: Entry, decision: Decision) -> Occurrence:
        state = self.world.state_of(ref)
        if ref in decision.blocked and decision.blocked[ref].held:
            words = decision.blocked[ref].refusals[0].message
            return self._entry(ref, entry, state, Foresight.SHADOWED, message=words)
        if ref in decision.blocked:
            return self._refused(ref, entry, state, decision)
        one = decision.planned.get(ref)
        if one is not None and _acts(one):
            return self._legal(ref, entry, one)
        if ref in decision.waiting:
            message = decision.waiting[ref].message
            return self._entry(ref, entry, state, Foresight.CONDITIONAL, message=message)
        back = self.world.interpreter.preempted(ref, entry.state)
        if back is not None:
            message = f"{back.by} is {back.line.state} then, and this steps back for it"
            return self._entry(
                ref, entry, state, Foresight.SHADOWED, message=message, against=(self.world.against(back.by),)
            )
        message = (
            f"it is {state} already"
            if state == entry.state
            else f"it is {state} by then, which answers for {entry.state}"
        )
        return self._entry(ref, entry, state, Foresight.SHADOWED, message=message)

    def _legal(self, ref: Ref, entry: Entry, one: ResourcePlan) -> Occurrence:
        verdict = Foresight.CONDITIONAL if one.conditional else self.world.likely(ref)
        open_guards = [
            f"{guard.name} is not known"
            for step in one.steps
            for guard in step.guards
            if guard.verdict is Verdict.UNKNOWN
        ]
        return replace(
            self._entry(ref, entry, one.origin, verdict, message="; ".join(dict.fromkeys(open_guards))),
            event=_events(one),
            target=one.target,
            effects=tuple(effect for step in one.steps for effect in step.effects),
        )

    def _refused(self, ref: Ref, entry: Entry, state: str, decision: Decision) -> Occurrence:
        blocked = decision.blocked[ref]
        first = blocked.refusals[0]
        if self._is_race(ref, blocked, decision):
            message = f"a moment earlier it would be legal; at the same instant: {first.message}"
            same = tuple(self.world.against(other) for other in first.others)
            return self._entry(
                ref, entry, state, Foresight.RACE, message=message, requirement=first.requirement, against=same
            )
        others = dict.fromkeys(other for refusal in blocked.refusals for other in refusal.others)
        against = tuple(self.world.against(other) for other in others) or (self.world.against(ref),)
        never = ref in self.world.always and ref in self.world.stuck
        words = "; ".join(dict.fromkeys(refusal.message for refusal in blocked.refusals))
        return self._entry(
            ref,
            entry,
            state,
            Foresight.NEVER if never else Foresight.ILLEGAL,
            message=f"it is blocked from the start: {words}" if never else words,
            requirement=first.requirement,
            denied=all(refusal.code.denied for refusal in blocked.refusals),
            against=() if never else against,
        )

    def _is_race(self, ref: Ref, blocked: Blocked, decision: Decision) -> bool:
        """Whether it is refused only because of what others do at the very same instant."""
        others = {other for refusal in blocked.refusals for other in refusal.others}
        carried_out = decision.open
        swapped = {other: carried_out[other].origin for other in others if other in carried_out}
        if not swapped:
            return False
        outcome = self.world.interpreter.outcome
        self.world.interpreter.outcome = {**outcome, **swapped}
        answer = judge(ref, self.world.interpreter, self.world.resources.get(ref))
        self.world.interpreter.outcome = outcome
        # What neighbours forbid is no answer of the judge: then it hangs on more than the order.
        return isinstance(answer, ResourcePlan) and ref not in decision.planned

    def _of_others(self, ref: Ref, one: ResourcePlan) -> Occurrence:
        """A change that no entry of its own has brought about."""
        stuck = self.world.stuck.get(ref)
        source = Source.BURST if stuck is None else Source.HOLD if stuck.held else Source.RELEASE
        if ref in self.world.freed:
            source = Source.HOLD
        return Occurrence(
            at=self.world.question.now,
            ref=ref,
            event=_events(one),
            origin=one.origin,
            target=one.target,
            source=source,
            verdict=Foresight.CONDITIONAL if one.conditional else self.world.likely(ref),
            effects=tuple(effect for step in one.steps for effect in step.effects),
            message=one.cause if one.cause.startswith("burst:") else "",
        )

    def _entry(self, ref: Ref, entry: Entry, state: str, verdict: Foresight, **more: object) -> Occurrence:
        found = Occurrence(
            at=self.world.question.now,
            ref=ref,
            event="",
            origin=state,
            target=entry.state,
            source=Source.SCHEDULE,
            verdict=verdict,
            entry=entry.index,
        )
        return replace(found, **more)  # type: ignore[arg-type]


def _acts(one: ResourcePlan | None) -> bool:
    """Whether a plan does more than note what was missed."""
    return one is not None and any(step.op is not Op.MISS for step in one.steps)


def _events(one: ResourcePlan) -> str:
    return ",".join(step.name for step in one.steps if step.op is not Op.MISS)
