"""The judgement of one resource: the steps that legally lead to what its manifest asks, or what forbids them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.lifecycle.path import FORBIDDEN, NOWHERE, Edit, Path, Question, find_path
from reconciler.model.actor import Actor
from reconciler.model.change import ABSENT, Change
from reconciler.model.hold import STATE
from reconciler.model.lifecycle import CREATE, DELETED, Frozen, Lifecycle, Role, Transition
from reconciler.model.manifest import Entry, Manifest
from reconciler.model.plan import Blocked, Code, Op, Reason, Refusal, ResourcePlan, Step, Waiting
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan import schedule
from reconciler.plan.advance import verb_of
from reconciler.plan.diff import diff
from reconciler.plan.drift import fought, state_strays
from reconciler.plan.frozen import frozen_by, touches
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.holding import truce
from reconciler.plan.question import Question as PlanQuestion
from reconciler.plan.refusing import checklist_of, false_guards, flag_refusals
from reconciler.plan.ways_out import ways_out

NOTHING_TO_DO = None
"""The judgement of a resource that is as its manifest asks."""

Judgement = ResourcePlan | Blocked | Waiting | None


def judge(ref: Ref, interpreter: Interpreter, resource: Resource | None, moved: bool = False) -> Judgement:
    """What is to be done about `ref`. `resource` is its stored state, under its former name where `moved`."""
    return _case(ref, interpreter, resource, moved).judge()


def way(ref: Ref, interpreter: Interpreter, resource: Resource | None, moved: bool = False) -> tuple[Step, ...] | None:
    """The steps of the best path to what is asked for, whatever its guards say; None where no path is legal."""
    return _case(ref, interpreter, resource, moved).way()


def _case(ref: Ref, interpreter: Interpreter, resource: Resource | None, moved: bool) -> "_Judge":
    question = interpreter.question
    kind, manifest = question.kinds[ref.kind], question.manifests[ref]
    before = resource.document if resource else None
    after = question.documents[ref]
    asker = Asker(interpreter, ref, kind, before, after)
    changes = diff(before, after, kind.shape) if before is not None else ()
    law = kind.lifecycle
    origin = resource.state if resource else law.initial
    return _Judge(ref, law, manifest, resource, origin, changes, asker, question, moved)


@dataclass(slots=True)
class _Judge:
    """One judgement in the making."""

    ref: Ref
    law: Lifecycle
    manifest: Manifest
    resource: Resource | None
    origin: str
    """The state to start from: the stored one, or the initial one of a resource to be made."""
    changes: tuple[Change, ...]
    asker: Asker
    question: PlanQuestion
    moved: bool
    preempted: Ref | None = None
    """The resource for which this one steps back."""
    strays: bool = False
    """Whether an operator has taken it where its manifest does not want it."""

    def judge(self) -> Judgement:
        wanted = self._wanted()
        if self.resource is None and wanted == DELETED:
            return NOTHING_TO_DO
        target = self._target(wanted)
        refusals = self._forbidden()
        if refusals:
            return self._blocked(wanted, *refusals)
        path = self._path(target)
        flags = flag_refusals(self.law, self.manifest, self.resource, target if path else self.origin)
        if path is None:
            return self._blocked(wanted, *self._illegal(wanted, target), *flags)
        vain = schedule.never_starts(self.law, target, self.manifest, self.question.now) if target == wanted else None
        if vain or path.violations or flags:
            against = (*((vain,) if vain else ()), *self._denied(path), *flags)
            return replace(self._blocked(wanted, *against), checklist=checklist_of(self._steps(path, target)))
        steps = (*self._missed(), *self._steps(path, target))
        if not steps and self.resource:
            steps = schedule.asks(self.manifest, self.resource, self.question.now)
        return self._plan(steps, target) if steps else self._waiting(wanted, target)

    def way(self) -> tuple[Step, ...] | None:
        target = self._target(self._wanted())
        path = self._path(target)
        return None if path is None else tuple(self._steps(path, target))

    def _wanted(self) -> str:
        """What is asked for now: what the manifest says, unless another resource of its group goes first."""
        wanted = self.manifest.state_at(self.question.now)
        back = self.asker.interpreter.preempted(self.ref, wanted)
        if back is None:
            return self._unless_left(wanted)
        self.preempted = back.by
        return back.line.instead if self.origin == back.line.state else self.origin

    def _unless_left(self, wanted: str) -> str:
        """What is asked for; where an operator has taken it elsewhere, and that is left for now, its present state."""
        now, resource, drift = self.question.now, self.resource, self.question.drift
        if resource is None or (drift.chosen is None and not state_strays(self.manifest, resource, wanted, now)):
            return wanted
        if drift.leaves(resource, STATE, now):
            return resource.state
        self.strays = True
        return wanted

    def _target(self, wanted: str) -> str:
        """The state that the steps are to lead to."""
        if self.resource and (wanted in self.resource.satisfied or self._is_over()):
            return self.resource.state
        if wanted not in self.law.desirable:
            return wanted
        return self._timed(wanted) or wanted

    def _forbidden(self) -> list[Refusal]:
        """What forbids the wish itself, whatever path there may be."""
        if self.resource is None and self.ref in self.question.forgotten and self.law.role is Role.CAMPAIGN:
            return [Refusal(Code.REUSED, f"{self.ref} existed before; the names of campaigns are not used again")]
        if self.resource and self.changes and Code.PAST not in self.question.acknowledged:
            return schedule.late_entries(self.manifest, self.resource, self.question.now, self.question.timezone)
        return []

    def _is_over(self) -> bool:
        """Whether it has finished as it should: what its schedule asks for afterwards is shadowed, not illegal."""
        resource, due = self.resource, self.manifest.due(self.question.now)
        return (
            resource is not None
            and due is not None
            and self.law.states[resource.state].final
            and resource.satisfied != (resource.state,)
            and due.instant > resource.entered_at
        )

    def _timed(self, wanted: str) -> str | None:
        """The state in which a timer is to be awaited, where the wanted one belongs to a schedule entry's timer.

        No user path stands in for such a timer, else it would evade its deadline (DESIGN §5).
        """
        due = self.manifest.due(self.question.now)
        if due is None or due.state != wanted:
            return None
        for edge in self.law.transitions:
            if edge.by is Actor.TIMER and edge.trigger and edge.trigger.at == f"schedule.{wanted}":
                before = self.resource is None or self.law.states[self.origin].initial or self.origin == edge.origin
                return edge.origin if before else None
        return None

    def _waiting(self, wanted: str, target: str) -> Waiting | None:
        if wanted == target or (self.resource and (wanted in self.resource.satisfied or self._is_over())):
            return NOTHING_TO_DO
        edge = next(e for e in self.law.leaving(target) if e.target == wanted and e.by is Actor.TIMER)
        message = f"{edge.event} is due, and waits for what is not known yet"
        return Waiting(self.ref, target, wanted, edge.event, message)

    # The path, and what it costs.

    def _path(self, target: str) -> Path | None:
        if target not in self.law.states:
            return None
        if target == self.origin and not self.changes:
            path: Path | None = NOWHERE
        else:
            question = Question(self.origin, target, bool(self.changes), self._edit_price, self._price)
            path = find_path(self.law, question)
        if path is not None and self.resource is None:
            broken = self.asker.violations(self._rules_of_making(), self.origin, True)
            return Path(path.edges, path.violations + broken)
        return path

    def _edit_price(self, state: str) -> int:
        if any(True for _ in self._frozen(state)):
            return FORBIDDEN
        return self.asker.violations(self.law.states[state].rules, state, True)

    def _price(self, edge: Transition, applied: bool) -> int:
        violations = self.asker.violations(edge.guards, edge.origin, applied)
        if applied or not self.changes:
            return violations
        # Whoever goes ahead of the edit must be fit to go after it: else the old document would slip past a guard.
        return max(violations, self.asker.violations(edge.guards, edge.origin, True))

    def _frozen(self, state: str) -> Iterator[tuple[Change, Frozen]]:
        """The changes that `state` forbids, each with the line that does."""
        law = self.law.states[state]
        for change in self.changes:
            line = frozen_by(law, change)
            if line is not None:
                yield change, line

    # The steps of a legal path.

    def _steps(self, path: Path, target: str) -> Iterator[Step]:
        applied = not self.changes
        if self.moved:
            before = self.resource.ref.name if self.resource else ""
            yield Step(Op.MOVE, changes=(Change("/metadata/name", before, self.ref.name),))
        if self.resource is None:
            yield self._create()
        for edge in path.edges:
            if isinstance(edge, Edit):
                applied = True
                yield self._edit(edge.state)
            else:
                guards = self.asker.verdicts(edge.guards, edge.origin, applied)
                yield Step(
                    Op.TRANSITION,
                    event=edge.event,
                    origin=edge.origin,
                    target=edge.target,
                    effects=edge.effects,
                    guards=guards,
                    danger=edge.danger,
                    confirm=edge.confirm,
                    checklist=edge.checklist,
                )
        if self.manifest.flags != (self.resource.flags if self.resource else ()):
            yield Step(Op.FLAG, origin=target, target=target, flags=self.manifest.flags)

    def _missed(self, *, last: bool = False) -> tuple[Step, ...]:
        if self.resource is None or self._is_over():
            return ()
        return schedule.missed(self.manifest, self.resource, self.question.now, last=last)

    def _create(self) -> Step:
        parts = self.asker.new
        changes = tuple(Change(f"/{name}", ABSENT, parts[name]) for name in sorted(parts))
        guards = self.asker.verdicts(self._rules_of_making(), self.origin, True)
        return Step(Op.CREATE, event=CREATE, target=self.origin, changes=changes, guards=guards)

    def _rules_of_making(self) -> tuple[str, ...]:
        """What must hold for the resource to be made at all."""
        state = self.law.states[self.origin]
        return (*state.rules, *state.on_create)

    def _edit(self, state: str) -> Step:
        law = self.law.states[state]
        effects = [
            effect
            for edit in law.on_edit
            if any(touches(edit.path, change) for change in self.changes)
            for effect in edit.effects
        ]
        guards = self.asker.verdicts(law.rules, state, True)
        return Step(
            Op.EDIT,
            event="edit",
            origin=state,
            target=state,
            changes=self.changes,
            effects=tuple(dict.fromkeys(effects)),
            guards=guards,
        )

    def _plan(self, steps: tuple[Step, ...], target: str) -> ResourcePlan:
        due = self.manifest.due(self.question.now)
        moves = any(step.op is Op.TRANSITION for step in steps)
        reason = self._reason(moves or steps[0].op is Op.MISS, scheduled=due is not None)
        if reason is Reason.DRIFT and self.resource and not self.asker.interpreter.free:
            fight = fought(self.question.drift, self.ref, steps, self.question.now)
            if fight is not None:
                return truce(self.resource, fight, self.question.now)
        return ResourcePlan(
            ref=self.ref,
            action=verb_of(self.resource, target, moves),
            reason=reason,
            origin=self.resource.state if self.resource else "",
            target=target,
            place=self.manifest.place,
            steps=steps,
            digest=self.manifest.digest,
            revision=self.resource.revision if self.resource else 0,
            moved_from=self.resource.ref if self.moved and self.resource else None,
            cause=self._cause(due if moves else None),
            asked=self.manifest.state,
            base=self.manifest.base,
        )

    def _cause(self, due: Entry | None) -> str:
        if self.preempted is not None:
            return f"burst:{self.preempted}"
        if due is not None:
            return f"schedule:{self.manifest.place_of(due.index)}"
        return f"manifest:{self.manifest.place}"

    def _reason(self, moves: bool, *, scheduled: bool) -> Reason:
        if self.moved:
            return Reason.MOVED
        if self.resource is None:
            return Reason.NEW
        told = self.resource.asked != self.manifest.state
        if self._is_drift(moves):
            return Reason.DRIFT
        if self.changes:
            return Reason.SPEC
        if moves:
            back = bool(self.law.preempts) and not told
            return Reason.SCHEDULE if scheduled or back or self.preempted is not None else Reason.STATE
        if self.manifest.flags != self.resource.flags:
            return Reason.FLAG
        return Reason.STATE if told else Reason.SCHEDULE

    def _is_drift(self, moves: bool) -> bool:
        """Whether all that is to be done takes back what was done past the manifest."""
        if self.changes and self.ref not in self.question.drift.fields:
            return False
        return self.strays if moves else bool(self.changes)

    # What stands in the way.

    def _blocked(self, wanted: str, *refusals: Refusal) -> Blocked:
        origin = self.resource.state if self.resource else ""
        # What a schedule that was never applied asks for is noted when it gets in: a note made before would count as a
        # run, and entries that nobody could follow would then be in a past that was applied.
        missed = () if self.moved or self.changes else self._missed(last=True)
        blocked = Blocked(self.ref, origin, wanted, refusals, missed=missed)
        return replace(blocked, alternatives=ways_out(self.law, blocked, self.origin, self._works))

    def _works(self, state: str) -> bool:
        """Whether asking for `state` instead would be legal, guards and flags included; nothing is made to be over."""
        if self.resource is None and self.law.states[state].final:
            return False
        now = self.question.now
        if self.manifest.due(now) is not None or schedule.never_starts(self.law, state, self.manifest, now):
            return False  # where an entry is due, it has the last word, whatever `state` says
        path = self._path(state)
        return (
            path is not None
            and not path.violations
            and not flag_refusals(self.law, self.manifest, self.resource, state)
        )

    def _illegal(self, wanted: str, target: str) -> list[Refusal]:
        if wanted not in self.law.desirable:
            pair = self.law.refusal(self.origin, target)
            message = f"{wanted!r} can be observed, but not asked for"
            return [Refusal(Code.OBSERVED, message, pair.requirement if pair else ("X-04",), "/state")]
        if self.changes and self._reaches(target):
            return self._frozen_refusals(target)
        found = self._frozen_refusals(target) if self.changes and self.origin == target else []
        pair = self.law.refusal(self.origin, target)
        message = pair.message if pair else f"no legal path leads from {self.origin!r} to {target!r}"
        ids = pair.requirement if pair else ("X-11",)
        due = self.manifest.due(self.question.now)
        if due is None or due.state != wanted:
            return [*found, Refusal(Code.ILLEGAL, message, ids, "/state")]
        # A path that other entries would have prepared, had they been performed in their time.
        overtaken = [one for one in self.manifest.past(self.question.now)[:-1] if one.state != self.origin]
        code = Code.MISSED if overtaken and self.resource is not None else Code.ILLEGAL
        return [*found, Refusal(code, message, ids, f"/schedule/entries/{due.index}/state")]

    def _reaches(self, target: str) -> bool:
        """Whether the state alone, without the changes, could be reached."""
        question = Question(self.origin, target, False, self._edit_price, lambda _edge, _applied: 0)
        return find_path(self.law, question) is not None

    def _frozen_refusals(self, target: str) -> list[Refusal]:
        """The smallest set of frozen changes among the states that the way leads through."""
        question = Question(self.origin, target, False, self._edit_price, lambda _edge, _applied: 0)
        path = find_path(self.law, question)
        edges = path.edges if path else ()
        states = [self.origin, *(edge.target for edge in edges if isinstance(edge, Transition))]
        smallest = min((list(self._frozen(state)) for state in states), key=len)
        return [
            Refusal(
                Code.FROZEN,
                line.message or f"{change.path} may not change in state {self.origin!r}",
                line.requirement,
                change.path,
            )
            for change, line in smallest
        ]

    def _denied(self, path: Path) -> list[Refusal]:
        """Every false guard and broken rule on the path that has the fewest."""
        found: list[Refusal] = []
        applied = not self.changes
        if self.resource is None:
            found += false_guards(
                self.asker, self.asker.verdicts(self._rules_of_making(), self.origin, True), Code.RULE
            )
        for edge in path.edges:
            if isinstance(edge, Edit):
                applied = True
                rules = self.law.states[edge.state].rules
                found += false_guards(self.asker, self.asker.verdicts(rules, edge.state, True), Code.RULE)
            else:
                found += false_guards(self.asker, self.asker.verdicts(edge.guards, edge.origin, applied), Code.GUARD)
        return list(dict.fromkeys(found))
