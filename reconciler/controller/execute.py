"""Do: the steps of a plan, one transaction each, guards asked again, nothing half-done.

Steps that neither ask nor effect anything share a commit, each with its own comparison and event. A step with effects
that a runtime performs goes begin, perform, advance; what a crash leaves between these is for `settle`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.controller.steps import Cursor, Origin, write_of
from reconciler.model.errors import Permanent, Transient
from reconciler.model.plan import GuardVerdict, Op, Plan, ResourcePlan, Step, Verdict
from reconciler.model.ports import Clock, Intent, Runtime, Store, Write
from reconciler.model.ref import Ref
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.question import Question

BATCH: Final = 5_000
"""Steps that share a commit at most."""


@dataclass(slots=True)
class Outcome:
    """What became of a plan."""

    steps: int = 0
    done: list[Ref] = field(default_factory=list)
    waiting: dict[Ref, tuple[GuardVerdict, ...]] = field(default_factory=dict)
    """Resources that stopped at a step with an unknown guard."""
    denied: dict[Ref, tuple[GuardVerdict, ...]] = field(default_factory=dict)
    """Resources whose guard was true when planned and is false now."""
    stale: list[Ref] = field(default_factory=list)
    failed: dict[Ref, str] = field(default_factory=dict)


@dataclass(slots=True)
class Executor:
    """Carries out one plan. `progress` is told of every step that is done."""

    question: Question
    store: Store
    clock: Clock
    runtimes: Mapping[str, Runtime]
    actor: str
    progress: Callable[[int], None] = lambda _steps: None
    outcome: Outcome = field(default_factory=Outcome)
    _interpreter: Interpreter = field(init=False)
    _batch: list[Write] = field(default_factory=list)
    _pending: set[Ref] = field(default_factory=set)
    """The resources with steps in the batch."""
    _origin: Origin = field(init=False)
    _stopped: set[Ref] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._interpreter = Interpreter(self.question)
        self._origin = Origin(self.actor, "", "")

    def run(self, plan: Plan) -> Outcome:
        """Every step of every resource, in order, as far as it goes."""
        self._origin = Origin(self.actor, plan.digest, plan.commit)
        cursors: dict[Ref, Cursor] = {}
        for one in plan.resources:
            cursors[one.ref] = self._start(one)
            for step in one.steps:
                if one.ref in self._stopped or not self._step(one, step, cursors):
                    break
        self._flush()
        self.outcome.done = [
            one.ref for one in plan.resources
            if one.ref not in self._stopped and one.ref not in self.outcome.waiting and one.ref not in self.outcome.denied
        ]
        return self.outcome

    def _start(self, one: ResourcePlan) -> Cursor:
        ref = one.moved_from or one.ref
        stored = self.question.resources.get(ref)
        if stored is None:
            return Cursor(one.ref, 0, "", (), (), one.place.file, "")
        return Cursor(ref, one.revision, stored.state, stored.satisfied, stored.flags, stored.file, stored.commit)

    def _step(self, one: ResourcePlan, step: Step, cursors: dict[Ref, Cursor]) -> bool:
        """Whether the resource goes on to its next step."""
        if not self._may(one, step):
            return False
        cursor = cursors[one.ref]
        document = self.question.documents[one.ref]
        write = write_of(one, step, cursor, document, origin=self._origin, at=self.clock.now())
        cursors[one.ref] = cursor.after(write)
        self._interpreter.outcome[one.ref] = write.state
        runtime = self.runtimes.get(one.ref.kind)
        if step.effects and runtime is not None:
            return self._perform(one, step, write, runtime)
        self._batch.append(write)
        self._pending.add(one.ref)
        if len(self._batch) >= BATCH or step.effects:
            self._flush()
        return one.ref not in self._stopped

    def _may(self, one: ResourcePlan, step: Step) -> bool:
        """Ask the step's guards again, with what is known now; a new resource needs what it refers to."""
        targets = [link.target for link in self.question.links.of.get(one.ref, ())]
        if not self._pending.isdisjoint(targets):
            self._flush()
        missing = [ref for ref in targets if not self._interpreter.state_of(ref)] if step.op is Op.CREATE else []
        if missing:
            self.outcome.denied[one.ref] = (_absent(missing[0]),)
            return False
        if not step.guards:
            return True
        verdicts = self._ask(one, step)
        if all(guard.verdict is Verdict.TRUE for guard in verdicts):
            return True
        false = tuple(guard for guard in verdicts if guard.verdict is Verdict.FALSE)
        if false:
            self.outcome.denied[one.ref] = false
        else:
            self.outcome.waiting[one.ref] = tuple(guard for guard in verdicts if guard.verdict is Verdict.UNKNOWN)
        return False

    def _ask(self, one: ResourcePlan, step: Step) -> Sequence[GuardVerdict]:
        question, kind = self.question, self.question.kinds[one.ref.kind]
        document = question.documents[one.ref]
        runtime = self.runtimes.get(one.ref.kind)
        if runtime is not None:
            facts = {**question.facts, one.ref: runtime.observe(one.ref, document)}
            question = replace(question, facts=facts)
        self._interpreter.question = replace(question, now=self.clock.now())
        stored = question.resources.get(one.ref)
        asker = Asker(self._interpreter, one.ref, kind, stored.document if stored else None, document)
        names = tuple(guard.name for guard in step.guards)
        applied = stored is None or stored.digest == one.digest or self._is_applied(one, step)
        return asker.verdicts(names, step.origin or step.target, applied)

    def _is_applied(self, one: ResourcePlan, step: Step) -> bool:
        """Whether the new document is in force when this step is asked: its edit asks for itself or came before."""
        return any(earlier.op is Op.EDIT for earlier in one.steps[: one.steps.index(step) + 1])

    def _flush(self) -> None:
        """Commit what is pending; resources that lost their comparison are stale and stop."""
        batch, self._batch = self._batch, []
        self._pending.clear()
        if not batch:
            return
        lost = self.store.commit(batch)
        for ref in lost:
            self._stale(ref)
        done = len(batch) - len(lost)
        self.outcome.steps += done
        self.progress(done)

    def _stale(self, ref: Ref) -> None:
        self._stopped.add(ref)
        head = self.question.heads.get(ref)
        self._interpreter.outcome[ref] = head.state if head else ""
        if ref not in self.outcome.stale:
            self.outcome.stale.append(ref)

    def _perform(self, one: ResourcePlan, step: Step, write: Write, runtime: Runtime) -> bool:
        """Begin, perform, advance."""
        self._flush()
        key = intent_key(write, step)
        intent = Intent(key, write.ref, write.revision, step.effects, write, write.at)
        if one.ref in self._stopped:
            return False
        if not self.store.begin(intent):
            self._stale(one.ref)
            return False
        try:
            for effect in step.effects:
                runtime.perform(effect, one.ref, effect_key(key, effect))
        except (Permanent, Transient) as error:
            self._stopped.add(one.ref)
            self.outcome.failed[one.ref] = str(error)
            return False
        if not self.store.advance(key, write):
            self._stale(one.ref)
            return False
        self.outcome.steps += 1
        self.progress(1)
        return True


def _absent(ref: Ref) -> GuardVerdict:
    return GuardVerdict("references-exist", Verdict.FALSE, f"{ref} was not created, and this builds on it")


def intent_key(write: Write, step: Step) -> str:
    """The key of a step's effects: the same for the same step of the same revision, whoever takes it."""
    text = f"{write.ref}\0{write.revision}\0{step.op}\0{step.event}\0{step.target}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def effect_key(key: str, effect: str) -> str:
    """The key by which a runtime knows one effect of a step."""
    return f"{key}/{effect}"
