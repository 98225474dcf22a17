"""Do: the steps of a plan, one transaction each, guards asked again, nothing half-done.

Steps with nothing to perform share a commit, each with its own comparison and event. A step with effects that a runtime
performs goes begin, perform, advance; what a crash leaves between these is for `settle`.
"""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.controller.beside import Beside
from reconciler.controller.effects import intent_key, perform, performed_any
from reconciler.controller.lease import LEASE, LeaseClock, let_go_on_failure
from reconciler.controller.observe import observed, with_settings
from reconciler.controller.steps import Cursor, Origin, write_of
from reconciler.controller.tally import Tally
from reconciler.engine.owner import new_owner
from reconciler.model.actor import Actor
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent, Transient
from reconciler.model.manifest import Manifest
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, GuardVerdict, Op, Plan, Reason, ResourcePlan, Step, Verb, Verdict
from reconciler.model.ports import Clock, Intent, Lease, Runtime, Store, Write
from reconciler.model.record import replace as replace_record
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.advance import BRINGS
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.policy import Move, Reviewer
from reconciler.plan.question import Question
from reconciler.plan.timers import Timers, step_of

BATCH: Final = 5_000
"""Steps that share a commit at most."""

_TURNING: Final = frozenset({"facts", "refs", "now", "today"})
"""What a guard may read that can differ from when the plan was made. The rest is fixed by the plan and the revision."""


@dataclass(slots=True)
class Executor:
    """Carries out one plan. `progress` is told of every step that is done; `owner` holds the intents of this run.

    `stopping` is asked before every step: once it says so, what is done is committed and the rest is left.
    """

    question: Question
    store: Store
    clock: Clock
    runtimes: Mapping[str, Runtime]
    actor: str
    progress: Callable[[int], None] = lambda _steps: None
    owner: str = field(default_factory=new_owner)
    lease: timedelta = LEASE
    stopping: Callable[[], bool] = lambda: False
    _tally: Tally = field(default_factory=Tally)
    _facts: MutableMapping[Ref, Mapping[str, object]] = field(init=False)
    """What is known of each resource, the latest observation in place of the one that the plan was made with."""
    _interpreter: Interpreter = field(init=False)
    _beside: Beside = field(init=False)
    _origin: Origin = field(init=False)
    _batch: list[tuple[Ref, Write]] = field(default_factory=list)
    """Writes to commit together, each with the resource whose plan it belongs to: before a move their refs differ."""
    _pending: set[Ref] = field(default_factory=set)
    """The resources with steps in the batch."""
    _impossible: dict[Ref, str] = field(default_factory=dict)
    """Why effects will never be brought about, where none was and their intent is closed."""
    _room_made: bool = False
    """Whether by one of these a resource leaves to others what they share."""

    def __post_init__(self) -> None:
        self._facts = ChainMap({}, self.question.facts)  # type: ignore[arg-type]  # the second one is only read
        self._interpreter = Interpreter(replace(self.question, facts=self._facts))
        self._beside = Beside(self._interpreter)
        self._origin = Origin(self.actor, "", self.question.now, self.question.authorship_of)

    def run(self, plan: Plan) -> Outcome:
        """The due timers, then every step of every resource, in order, as far as it goes; then what was missed."""
        self._origin = replace(self._origin, plan=plan.digest, acknowledged=tuple(sorted(self.question.acknowledged)))
        with self._whoever_does_it():
            for one in plan.due:
                self._carry_out(one)
        for one in plan.resources:
            if not self._tally.has_ended(one.ref):
                self._carry_out(one)
            elif one.ref in self._tally.diverted:
                self._tally.stale[one.ref] = (
                    one.revision
                )  # what the clock asked for was done by another run: more was planned
        with self._whoever_does_it():
            for blocked in plan.blocked:
                if blocked.missed and not self._tally.has_ended(blocked.ref):
                    self._note_missed(blocked)
        return self._tally.outcome(plan)

    @contextmanager
    def _whoever_does_it(self) -> Iterator[None]:
        """What only the clock asks for, timers and the notes of what was missed: done by another process, it is done.

        Not where somebody else came into its group, and the resource itself is as it was.
        """
        self._flush()
        stale = dict(self._tally.stale)
        yield
        self._flush()
        lost = {ref: compared for ref, compared in self._tally.stale.items() if ref not in stale}
        untouched = self._untouched(lost)
        self._tally.diverted |= {ref: None for ref in lost if ref not in untouched}
        self._tally.stale = stale | untouched

    def _untouched(self, lost: Mapping[Ref, int]) -> dict[Ref, int]:
        """Of those that lost, whoever may be in groups and still has the revision that was compared."""
        grouped = [ref for ref in lost if self.question.kinds[ref.kind].grouping]
        now = self.store.load(grouped) if grouped else {}
        return {ref: lost[ref] for ref in grouped if ref in now and now[ref].revision == lost[ref]}

    def _carry_out(self, one: ResourcePlan) -> None:
        document = self._document(one)
        cursor = self._start(one)
        for planned in one.steps:
            if self.stopping():
                self._tally.left[one.ref] = None
                return
            self._await_targets(one, planned)
            if one.ref in self._tally.stale:
                return  # an earlier step of its own was among those that were awaited, and lost
            if not self._batch:
                self._tell_time(max(self.clock.now(), self.question.now))
            step = self._as_of_now(one, planned, cursor)
            if not self._may(one, step):
                self._beside.fell_short(one.ref)
                self._note_failure(one, cursor)
                return
            write = write_of(one, step, cursor, document, self._origin)
            self._interpreter.outcome[one.ref] = write.state
            if not self._take(one, step, write):
                self._give_up(one, step, cursor, document)
                return
            cursor = cursor.after(write)
            if step.op in BRINGS:
                self._beside.renewed.add(one.ref)
            if step is not planned:
                # A timer took its other way: what was planned to follow does not fit any more.
                self._tally.diverted[one.ref] = None
                return

    def _give_up(self, one: ResourcePlan, step: Step, cursor: Cursor, document: Document) -> None:
        """A timer whose effects cannot be brought about, ever, takes its other way: to wait would only make it late."""
        why = self._impossible.pop(one.ref, "")
        stored = self.question.resources.get(cursor.ref)
        if not why or stored is None:
            return
        resource = replace_record(stored, ref=one.ref, state=step.origin, satisfied=cursor.satisfied)
        firing = Timers(self._interpreter).instead(step, resource, why)
        if firing is None:
            return
        otherwise = step_of(firing, resource)
        write = write_of(one, otherwise, cursor, document, self._origin)
        self._interpreter.outcome[one.ref] = write.state
        del self._tally.failed[one.ref]
        if self._take(one, otherwise, write):
            self._tally.diverted[one.ref] = None

    def _document(self, one: ResourcePlan) -> Document:
        """The desired document; of what has no manifest, and only a timer moves, the stored one."""
        found = self.question.documents.get(one.ref)
        return found if found is not None else self.question.resources[one.ref].document

    def _start(self, one: ResourcePlan) -> Cursor:
        ref = one.moved_from or one.ref
        stored = self.question.resources.get(ref)
        if stored is None:
            return Cursor(one.ref, 0, "", (), (), one.file, "")
        return Cursor(ref, one.revision, one.origin, stored.satisfied, stored.flags, stored.file, stored.commit)

    def _as_of_now(self, one: ResourcePlan, step: Step, cursor: Cursor) -> Step:
        """The step as it is to be taken now: a timer that has become late or invalid since takes its other way."""
        if step.by is not Actor.TIMER or step.reason or step.op is not Op.TRANSITION:
            return step
        applied = any(earlier.op in BRINGS for earlier in one.steps[: one.steps.index(step)])
        stored = self.question.resources.get(cursor.ref)
        if stored is None or applied:
            stored = Resource(
                one.ref, step.origin, one.digest, self._document(one), (), (), 0, self._origin.at, self._origin.at
            )
        resource = replace_record(stored, ref=one.ref, state=step.origin, satisfied=cursor.satisfied)
        self._observe(one.ref, resource.document)
        again = Timers(self._interpreter).again(step, resource)
        return step_of(again, resource) if again else step

    def _note_missed(self, blocked: Blocked) -> None:
        """Log the entries that a blocked resource could not follow, each once."""
        resource, manifest = self.question.resources[blocked.ref], self.question.manifests[blocked.ref]
        plan = ResourcePlan(
            ref=blocked.ref,
            action=Verb.UPDATE,
            reason=Reason.SCHEDULE,
            origin=resource.state,
            target=resource.state,
            place=manifest.place,
            steps=tuple(replace_record(step, reason=_why_missed(manifest, step, blocked)) for step in blocked.missed),
            digest=resource.digest,
            revision=resource.revision,
            cause=f"schedule:{manifest.place_of(_last_entry(manifest, blocked.missed))}",
            base=manifest.base,
        )
        self._tally.missed[blocked.ref] = None
        self._carry_out(plan)

    def _note_failure(self, one: ResourcePlan, cursor: Cursor) -> None:
        """Log that a schedule entry has come to nothing, in a transaction of its own."""
        if one.reason is not Reason.SCHEDULE or one.ref not in self._tally.denied or not cursor.revision:
            return
        due = self.question.manifests[one.ref].due(self.question.now)
        why = "; ".join(guard.message for guard in self._tally.denied[one.ref])
        satisfied = cursor.satisfied or (cursor.state,)
        step = Step(
            Op.MISS, "missed", cursor.state, one.target, due=due.at if due else "", reason=why, satisfied=satisfied
        )
        self._flush()
        write = write_of(one, step, cursor, self._document(one), self._origin)
        if not self.store.commit([write]):
            self._done(1)
            self._tally.missed[one.ref] = None

    def _tell_time(self, now: datetime) -> None:
        """The steps of one transaction share its time, and guards are asked as of it."""
        if now != self._origin.at:
            self._origin = replace(self._origin, at=now)
            self._interpreter.question = replace(self._interpreter.question, now=now)

    def _take(self, one: ResourcePlan, step: Step, write: Write) -> bool:
        """Take the step, now or with the batch. Whether the resource goes on to its next one."""
        runtime = self.runtimes.get(one.ref.kind) if step.effects else None
        if runtime is not None:
            return self._perform(one, step, write, runtime)
        self._batch.append((one.ref, self._beside.seated(one, step, write)))
        self._pending.add(one.ref)
        self._room_made = self._room_made or self._beside.makes_room(one, step)
        if len(self._batch) >= BATCH:
            self._flush()
        return one.ref not in self._tally.stale

    def _await_targets(self, one: ResourcePlan, step: Step) -> None:
        """Commit what this step hangs on, where that is pending: it may lose."""
        if not self._pending:
            return
        targets = (link.target for link in self.question.links.of.get(one.ref, ()))
        if any(ref in self._pending for ref in targets) or (self._room_made and self._beside.takes_room(one, step)):
            self._flush()

    def _may(self, one: ResourcePlan, step: Step) -> bool:
        """Ask the step's guards again, with what is known now; a new resource needs what it refers to."""
        if step.op is Op.CREATE:
            for link in self.question.links.of.get(one.ref, ()):
                if not self._interpreter.state_of(link.target):
                    self._tally.denied[one.ref] = (_absent(link.target),)
                    return False
        broken = self._beside.broken(one, step)
        if broken:
            self._tally.denied[one.ref] = (broken,)
            return False
        # A timer's guards were asked just now: what it does hangs on them.
        verdicts = step.guards if step.by is Actor.TIMER else (*self._ask(one, step), *self._review(one))
        for verdict, ended in ((Verdict.FALSE, self._tally.denied), (Verdict.UNKNOWN, self._tally.waiting)):
            found = tuple(guard for guard in verdicts if guard.verdict is verdict)
            if found:
                ended[one.ref] = found
                return False
        return True

    def _ask(self, one: ResourcePlan, step: Step) -> Iterator[GuardVerdict]:
        """The step's guards as they are now: those that may have turned are asked again."""
        ref, document = one.ref, self._document(one)
        kind, turning = self.question.kinds[ref.kind], []
        for guard in step.guards:
            if guard.name not in kind.lifecycle.guards:
                continue  # a policy, which is asked beside
            if _TURNING.isdisjoint(self._interpreter.rule(kind, guard.name).variables):
                yield guard
            else:
                turning.append(guard.name)
        if not turning:
            return
        self._observe(ref, document)
        stored = self.question.resources.get(ref)
        asker = Asker(self._interpreter, ref, kind, stored.document if stored else None, document)
        applied = stored is None or stored.digest == one.digest or _is_applied(one, step)
        yield from asker.verdicts(tuple(turning), step.origin or step.target, applied)

    def _review(self, one: ResourcePlan) -> Iterator[GuardVerdict]:
        """What the policies have against it now: a freeze may have begun since the plan was made."""
        if not self.question.policies.is_empty:
            reviewer = Reviewer(self._interpreter)
            if reviewer.asks_facts(one.ref):
                self._observe(one.ref, self._document(one))
            yield from (objection.guard for objection in reviewer.objections(Move.of(one)))

    def _observe(self, ref: Ref, document: Document) -> None:
        runtime = self.runtimes.get(ref.kind)
        if runtime is not None:
            self._facts[ref] = observed(runtime, ref, document, with_settings(self._beside_of, self.question.settings))

    def _beside_of(self, ref: Ref) -> Document | None:
        """The document that holds together with what this plan brings about."""
        known = self.question.documents.get(ref)
        if known is not None:
            return known
        stored = self.store.load([ref]).get(ref)
        return stored.document if stored else None

    def _flush(self) -> None:
        """Commit what is pending; resources that lost their comparison are stale and stop."""
        batch, self._batch = self._batch, []
        self._pending.clear()
        self._room_made = False
        if not batch:
            return
        lost = set(self.store.commit([write for _, write in batch]))
        done = 0
        for ref, write in batch:
            if write.ref in lost:
                self._stale(ref, write.revision)
            else:
                self._beside.came(write)
                done += 1
        self._done(done)

    def _done(self, steps: int) -> None:
        self._tally.steps += steps
        self.progress(steps)

    def _stale(self, ref: Ref, compared: int) -> bool:
        """This resource, or its group, is not what the plan saw: it stops. False, always."""
        self._tally.stale.setdefault(ref, compared)
        self._beside.fell_short(ref)
        head = self.question.heads.get(ref)
        self._interpreter.outcome[ref] = head.state if head else ""
        return False

    def _perform(self, one: ResourcePlan, step: Step, write: Write, runtime: Runtime) -> bool:
        """Begin, perform, advance."""
        self._flush()
        if one.ref in self._tally.stale:
            return False
        write = self._beside.seated(one, step, write)
        now = self.clock.now()
        lease = Lease(self.owner, self.store.time(now) + self.lease)
        intent = Intent(intent_key(write, step), write.ref, write.revision, step.effects, write, now, lease)
        if not self.store.begin(intent):
            return self._stale(one.ref, write.revision)
        try:
            with let_go_on_failure(self.store, intent):
                perform(intent, runtime, self.store, LeaseClock(self.store, self.clock), self.lease)
        except (Permanent, Transient) as error:
            self._tally.failed[one.ref] = str(error)
            self._beside.left(step, write)
            if isinstance(error, Transient):
                self._tally.delays[one.ref] = error.delay
            elif step.by is Actor.TIMER and self._abandons(intent, runtime):
                self._impossible[one.ref] = str(error)
            self._beside.fell_short(one.ref)
            return False
        if not self.store.advance(intent):
            return self._stale(one.ref, write.revision)
        self._beside.came(write)
        self._done(1)
        return True

    def _abandons(self, intent: Intent, runtime: Runtime) -> bool:
        """Close an intent of which nothing was performed, and nobody has it in hands: while it is open nothing else is done."""
        return not performed_any(intent, runtime) and self.store.abandon(replace(intent, lease=None))


def _absent(ref: Ref) -> GuardVerdict:
    return GuardVerdict("references-exist", Verdict.FALSE, f"{ref} was not created, and this builds on it")


def _is_applied(one: ResourcePlan, step: Step) -> bool:
    """Whether the new document is in force when this step is asked: its edit asks for itself or came before."""
    return any(earlier.op is Op.EDIT for earlier in one.steps[: one.steps.index(step) + 1])


def _why_missed(manifest: Manifest, step: Step, blocked: Blocked) -> str:
    """The refusal, for the last entry that came due; those before it were overtaken, whatever is refused now."""
    later = next((entry for entry in reversed(manifest.entries) if entry.at == blocked.missed[-1].due), None)
    if step is blocked.missed[-1] or later is None:
        return blocked.refusals[0].message
    return f"overtaken by the entry at {later.text}, for {later.state}"


def _last_entry(manifest: Manifest, missed: Sequence[Step]) -> int:
    """The index of the entry that the last of these steps is about."""
    return next((entry.index for entry in manifest.entries if entry.at == missed[-1].due), -1)
