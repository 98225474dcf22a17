"""The judgement of one resource: the steps that legally lead to what its manifest asks, or what forbids them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reconciler.lifecycle.path import FORBIDDEN, NOWHERE, Edit, Path, Question, find_path
from reconciler.lifecycle.shape import matches
from reconciler.model.change import ABSENT, Change, tokens
from reconciler.model.lifecycle import CREATE, DELETED, Actor, Frozen, Lifecycle, Role, State, Transition
from reconciler.model.manifest import Manifest
from reconciler.model.plan import (
    Blocked,
    Code,
    GuardVerdict,
    Op,
    Reason,
    Refusal,
    ResourcePlan,
    Step,
    Verb,
    Verdict,
    Waiting,
)
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.diff import diff
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.question import Question as PlanQuestion
from reconciler.plan.ways_out import ways_out

NOTHING_TO_DO = None
"""The judgement of a resource that is as its manifest asks."""

Judgement = ResourcePlan | Blocked | Waiting | None


def judge(ref: Ref, interpreter: Interpreter, resource: Resource | None, moved: bool = False) -> Judgement:
    """What is to be done about `ref`. `resource` is its stored state, under its former name where `moved`."""
    question = interpreter.question
    kind, manifest = question.kinds[ref.kind], question.manifests[ref]
    before = resource.document if resource else None
    after = question.documents[ref]
    asker = Asker(interpreter, ref, kind, before, after)
    changes = diff(before, after, kind.shape) if before is not None else ()
    law = kind.lifecycle
    origin = resource.state if resource else law.initial
    return _Judge(ref, law, manifest, resource, origin, changes, asker, question, moved).judge()


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
    refusals: list[Refusal] = field(default_factory=list)

    def judge(self) -> Judgement:
        wanted = self.manifest.state_at(self.question.now)
        if self.resource is None:
            if wanted == DELETED:
                return NOTHING_TO_DO
            if self.ref in self.question.forgotten and self.law.role is Role.CAMPAIGN:
                return self._blocked(
                    wanted,
                    Refusal(Code.REUSED, f"{self.ref} existed before; the names of campaigns are not used again"),
                )
        if self.resource and wanted in self.resource.satisfied:
            target = self.resource.state
        elif wanted not in self.law.desirable:
            target = wanted
        else:
            target = self._timed(wanted) or wanted
        path = self._path(target)
        flags = self._flag_refusals(target if path else self.origin)
        if path is None:
            return self._blocked(wanted, *self._illegal(wanted, target), *flags)
        if path.violations or flags:
            return self._blocked(wanted, *self._denied(path), *flags)
        steps = tuple(self._steps(path, target))
        return self._plan(steps, target) if steps else self._waiting(wanted, target)

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
        if wanted == target or (self.resource and wanted in self.resource.satisfied):
            return NOTHING_TO_DO
        edge = next(e for e in self.law.leaving(target) if e.target == wanted and e.by is Actor.TIMER)
        message = f"{edge.event} belongs to a timer; timers do not fire yet in this version"
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
            broken = self.asker.violations(self.law.states[self.origin].rules, self.origin, True)
            return Path(path.edges, path.violations + broken)
        return path

    def _edit_price(self, state: str) -> int:
        if any(True for _ in self._frozen(state)):
            return FORBIDDEN
        return self.asker.violations(self.law.states[state].rules, state, True)

    def _price(self, edge: Transition, applied: bool) -> int:
        return self.asker.violations(edge.guards, edge.origin, applied)

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
            yield Step(
                Op.MOVE,
                changes=(Change("/metadata/name", self.resource.ref.name if self.resource else "", self.ref.name),),
            )
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
                )
        if self.manifest.flags != (self.resource.flags if self.resource else ()):
            yield Step(Op.FLAG, origin=target, target=target, flags=self.manifest.flags)

    def _create(self) -> Step:
        parts = self.asker.new
        changes = tuple(Change(f"/{name}", ABSENT, parts[name]) for name in sorted(parts))
        guards = self.asker.verdicts(self.law.states[self.origin].rules, self.origin, True)
        return Step(Op.CREATE, event=CREATE, target=self.origin, changes=changes, guards=guards)

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
        return ResourcePlan(
            ref=self.ref,
            action=_verb(self.resource, target, moves),
            reason=self._reason(moves, scheduled=due is not None),
            origin=self.resource.state if self.resource else "",
            target=target,
            place=self.manifest.place,
            steps=steps,
            digest=self.manifest.digest,
            revision=self.resource.revision if self.resource else 0,
            moved_from=self.resource.ref if self.moved and self.resource else None,
            cause=f"schedule:{self.manifest.place.file}#{due.index}"
            if due and moves
            else f"manifest:{self.manifest.place}",
        )

    def _reason(self, moves: bool, *, scheduled: bool) -> Reason:
        if self.moved:
            return Reason.MOVED
        if self.resource is None:
            return Reason.NEW
        if self.changes:
            return Reason.SPEC
        if moves:
            return Reason.SCHEDULE if scheduled else Reason.STATE
        return Reason.FLAG

    # What stands in the way.

    def _blocked(self, wanted: str, *refusals: Refusal) -> Blocked:
        blocked = Blocked(self.ref, self.resource.state if self.resource else "", wanted, refusals)
        return replace(blocked, alternatives=ways_out(self.law, blocked, self.origin, self._works))

    def _works(self, state: str) -> bool:
        """Whether asking for `state` instead would be legal, guards and flags included; nothing is made to be over."""
        if self.resource is None and self.law.states[state].final:
            return False
        path = self._path(state)
        return path is not None and not path.violations and not self._flag_refusals(state)

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
        return [*found, Refusal(Code.ILLEGAL, message, pair.requirement if pair else ("X-11",), "/state")]

    def _reaches(self, target: str) -> bool:
        """Whether the state alone, without the changes, could be reached."""
        question = Question(self.origin, target, False, self._edit_price, lambda _edge, _applied: 0)
        return find_path(self.law, question) is not None

    def _frozen_refusals(self, target: str) -> list[Refusal]:
        """The smallest set of frozen changes among the states that the way leads through."""
        question = Question(self.origin, target, False, self._edit_price, lambda _edge, _applied: 0)
        path = find_path(self.law, question)
        states = (
            [self.origin, *(edge.target for edge in path.edges if isinstance(edge, Transition))]
            if path
            else [self.origin]
        )
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
            rules = self.law.states[self.origin].rules
            found += self._false(self.asker.verdicts(rules, self.origin, True), Code.RULE)
        for edge in path.edges:
            if isinstance(edge, Edit):
                applied = True
                found += self._false(
                    self.asker.verdicts(self.law.states[edge.state].rules, edge.state, True), Code.RULE
                )
            else:
                found += self._false(self.asker.verdicts(edge.guards, edge.origin, applied), Code.GUARD)
        return list(dict.fromkeys(found))

    def _false(self, verdicts: tuple[GuardVerdict, ...], code: Code) -> list[Refusal]:
        return [
            Refusal(code, one.message, one.requirement, self.law.guards[one.name].path)
            for one in verdicts
            if one.verdict is Verdict.FALSE
        ]

    def _flag_refusals(self, target: str) -> list[Refusal]:
        on = set(self.manifest.flags) - set(self.resource.flags if self.resource else ())
        found = []
        for flag in (self.law.flags[name] for name in self.manifest.flags if name in on):
            if target not in flag.states:
                allowed = " or ".join(flag.states)
                message = f"{flag.name} is for {allowed}, not for {target!r}"
                found.append(Refusal(Code.FLAG, message, flag.requirement, f"/{flag.name}"))
        return found


def _verb(resource: Resource | None, target: str, moves: bool) -> Verb:
    if resource is None:
        return Verb.CREATE
    if target == DELETED and moves:
        return Verb.DELETE
    return Verb.TRANSITION if moves else Verb.UPDATE


def frozen_by(state: State, change: Change) -> Frozen | None:
    """The line of a state that forbids this change, if any.

    A frozen pointer forbids whatever lies at or below it, and the appearing or vanishing of anything above it. A
    frozenKeys pointer forbids that members directly below it, or itself, appear or vanish.
    """
    path = tokens(change.path)
    for line in state.frozen:
        if touches(line.path, change):
            return line
    if change.adds_or_removes:
        for line in state.frozen_keys:
            pattern = tokens(line.path)
            member = len(path) == len(pattern) + 1 and matches(pattern, path)
            if member or (len(path) <= len(pattern) and _covers(path, pattern)):
                return line
    return None


def touches(pointer: str, change: Change) -> bool:
    """Whether a change lies at or below `pointer`, or replaces something that holds it."""
    pattern, path = tokens(pointer), tokens(change.path)
    return matches(pattern, path) or (len(path) < len(pattern) and _covers(path, pattern))


def _covers(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return all(want in ("*", have) for want, have in zip(pattern, path, strict=False))
