"""A campaigns repository of its own, with the real engine and store, a clock to advance, and facts to give.

world.write("email.yaml", "apiVersion: muster/v1 …")      a manifest, relative to campaigns.d
world.stored("EmailCampaign/spring", "running")           put what stands on disk into a state, through the store
world.runtime("EmailCampaign", {"estimatedRecipients": 3})
plan = world.plan()                                       the real plan; world.apply() carries it out
code, out, err = world.cli("plan", "--format", "json")    the real command line, at the world's time
world.clock.advance(days=3)
"""

import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

from reconciler import commands
from reconciler.app import App
from reconciler.controller.execute import Executor, Outcome
from reconciler.controller.gather import Wishes
from reconciler.controller.operate import Hand, Surroundings
from reconciler.controller.reconcile import Reconciler
from reconciler.controller.steps import fold
from reconciler.model.canonical import Document
from reconciler.model.errors import Invalid
from reconciler.model.event import Event
from reconciler.model.hold import Hold, hold_until
from reconciler.model.instant import from_text, to_text
from reconciler.model.plan import Blocked, Plan, ResourcePlan, Waiting
from reconciler.model.ports import Beat, Lookup, Store, Write
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.operate import legal, operated
from reconciler.source.definitions import load_kinds
from reconciler.source.kinds import Kinds
from tests.postgres import Server

START = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
"""A Monday: when every world begins."""


@dataclass(slots=True)
class FixedClock:
    """Stands still until it is advanced. Implements `ports.Clock`."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> datetime:
        """`advance(days=3, hours=1)`; the new time."""
        self.moment += timedelta(**duration)
        return self.moment

    def set(self, text: str) -> datetime:
        """`set("2027-03-01T08:00:00Z")`."""
        self.moment = from_text(text).astimezone(UTC)
        return self.moment


@dataclass(slots=True)
class FakeRuntime:
    """Knows the facts that it was given, and performs by remembering. Implements `ports.Runtime`."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    done: dict[str, tuple[str, Ref]] = field(default_factory=dict)
    """By key: what was performed, once each."""

    def observe(self, ref: Ref, document: Document, _beside: Lookup) -> Mapping[str, Any]:
        return self.facts

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        self.done.setdefault(key, (effect, ref))

    def performed(self, key: str) -> bool:
        return key in self.done


class Answer(NamedTuple):
    """What a command line said."""

    code: int
    out: str
    err: str


@cache
def built_in_kinds() -> Kinds:
    kinds, found = load_kinds((), Path("/"))
    assert not found, found
    return kinds


class _App(App):
    """The real wiring; the built-in definitions are read once for all worlds."""

    def kinds(self) -> Kinds:
        return App.kinds(self) if self.project.kinds else built_in_kinds()


class World:
    """One campaigns repository. `root` holds campaigns.d, and .muster once something was stored in SQLite.

    With a `server` its store is there, in `database`.
    """

    def __init__(self, root: Path, server: Server | None = None, database: str = "") -> None:
        self.root = root
        self.server, self.database = server, database
        self.manifests = root / "campaigns.d"
        self.clock = FixedClock()
        self.runtimes: dict[str, FakeRuntime] = {}
        self.manifests.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str | None:
        """The store's, where it is not the default one."""
        return self.server.url(self.database) if self.server else None

    def copy(self, root: Path) -> "World":
        """The same project once more, its store too; without runtimes."""
        shutil.copytree(self.root, root)
        return World(root, self.server, self.server.database(self.database) if self.server else "")

    def remove(self) -> None:
        """Take a copy away."""
        shutil.rmtree(self.root)
        if self.server:
            self.server.drop(self.database)

    def write(self, path: str, text: str) -> Path:
        """A file under campaigns.d, its indentation taken off. `../muster.yaml` is the project's settings."""
        file = self.manifests / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
        return file

    def runtime(self, kind: str, facts: Mapping[str, Any] | None = None) -> FakeRuntime:
        """Attach a runtime of `kind` that observes these facts of every campaign."""
        self.runtimes[kind] = FakeRuntime(facts or {})
        return self.runtimes[kind]

    def stored(
        self, ref: str, state: str, satisfied: Sequence[str] = (), flags: Sequence[str] = (), *, entered: str = ""
    ) -> Ref:
        """Put `ref`, as its manifest on disk has it now, into a state: created, or moved on from where it is."""
        with self.opened() as reconciler:
            at = from_text(entered) if entered else None
            write = _given(reconciler, Ref.parse(ref), state, satisfied=satisfied, flags=flags, at=at)
            assert not reconciler.store.commit([write]), f"{ref} could not be stored"
        return write.ref

    def stored_all(self, states: Mapping[str, str] | None = None) -> None:
        """Every manifest on disk stored: in the given state, else in the initial one of its kind; "" leaves it out."""
        given = {Ref.parse(ref): state for ref, state in (states or {}).items()}
        with self.opened() as reconciler:
            kinds, refs = reconciler.gatherer.kinds.table, sorted(reconciler.gatherer.library.catalog.manifests)
            wanted = [(ref, given.get(ref, kinds[ref.kind].lifecycle.initial)) for ref in refs]
            writes = [_given(reconciler, ref, state) for ref, state in wanted if state]
            assert not reconciler.store.commit(writes), "not all could be stored"

    def hold(self, ref: str, until: str, *, reason: str = "somebody looks into it", paths: Sequence[str] = ()) -> Hold:
        """Hold `ref`, or acknowledge its drift at `paths`, until a time; dana does."""
        hold = hold_until(reason, "dana", self.clock.now(), from_text(until), tuple(paths))
        with self.store() as store:
            Hand(store, self.clock, "user:dana").hold([Ref.parse(ref)], hold, extend=True)
        return hold

    def brake(
        self,
        ref: str,
        event: str,
        until: str,
        reason: str = "somebody stops it",
        *,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Blocked | Outcome | None:
        """Take a transition as `muster transition` does; what stands in its way, or None where it is not legal now.

        `meanwhile` happens once it is judged, before it is taken.
        """
        app, name = self.app(), Ref.parse(ref)
        with closing(app.store()) as store:
            around = Surroundings(store, app.kinds().table, self.runtimes)
            question = around.question(name, self.clock.now())
            law = question.kinds[name.kind].lifecycle
            edge = next((one for one in legal(law, question.resources[name].state) if one.event == event), None)
            if edge is None:
                return None
            hold = hold_until(reason, "dana", self.clock.now(), from_text(until))
            one = operated(question, name, edge, hold)
            if isinstance(one, Blocked):
                return one
            meanwhile()
            plan = Plan(question.now, 0, "", (one,), (), (), (), 0, (), "")
            return Executor(question, store, self.clock, self.runtimes, "user:dana").run(plan)

    def resource(self, ref: str) -> Resource | None:
        """What the store holds of `ref`."""
        name = Ref.parse(ref)
        with self.store() as store:
            return store.load([name]).get(name)

    def state(self, ref: str) -> str:
        """The stored state; empty where there is none."""
        found = self.resource(ref)
        return found.state if found else ""

    def events(self, ref: str | None = None) -> list[Event]:
        with self.store() as store:
            return list(store.events(Ref.parse(ref) if ref else None))

    def folded(self, ref: str) -> Mapping[str, Any]:
        """What the log alone says about `ref`."""
        return fold([event.body for event in self.events(ref)])

    def app(self) -> App:
        """This project, wired to the world's clock and runtimes."""
        app = _App.open(self.root, store=self.url, clock=self.clock)
        app.given = self.runtimes
        return app

    @contextmanager
    def opened(self) -> Iterator[Reconciler]:
        """A reconciler wired to this world, its store closed afterwards."""
        reconciler = self.app().reconciler()
        try:
            yield reconciler
        finally:
            reconciler.store.close()

    def store(self) -> AbstractContextManager[Store]:
        """The store, to be looked at in a `with`."""
        return closing(self.app().store())

    def plan(self, *, only: Iterable[str] = (), ack: Iterable[str] = (), at: str = "") -> Plan:
        """The plan for what is on disk, in the store and observed now. Raises Invalid as the command would exit 3."""
        with self.opened() as reconciler:
            return reconciler.plan(_wishes(only, ack), from_text(at) if at else None)[0]

    def apply(self, *, only: Iterable[str] = (), ack: Iterable[str] = ()) -> Outcome:
        """Settle, plan and carry out, as `muster apply --yes`."""
        with self.opened() as reconciler:
            reconciler.settle()
            return reconciler.apply(reconciler.plan(_wishes(only, ack))[0])

    def invalid(self) -> Invalid:
        """The error that planning ends with; its `diagnostics` say why."""
        try:
            self.plan()
        except Invalid as error:
            return error
        raise AssertionError("the manifests are valid")

    def cli(self, *arguments: str) -> Answer:
        """Run `muster -C root …` in this process, no terminal attached."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            store = ("--store", self.url) if self.url else ()
            code = commands.run(["-C", str(self.root), *store, *arguments])
        return Answer(code, out.getvalue(), err.getvalue())


def _given(
    reconciler: Reconciler,
    ref: Ref,
    state: str,
    *,
    satisfied: Sequence[str] = (),
    flags: Sequence[str] = (),
    at: datetime | None = None,
) -> Write:
    """A write as one step of a plan makes it, with the event that says so."""
    library, head = reconciler.gatherer.library, reconciler.store.heads().get(ref)
    assert ref in library.catalog.manifests, f"no manifest of {ref}: {library.catalog.diagnostics}"
    manifest, document = library.catalog.manifests[ref], library.documents([ref])[ref]
    moment, names = at or reconciler.clock.now(), tuple(satisfied or (state,))
    body: dict[str, Any] = {
        "ref": str(ref), "op": "transition" if head else "create", "event": "given", "at": to_text(moment),
        "actor": "test", "cause": "given", "from": head.state if head else "", "to": state,
        "satisfied": names, "flags": tuple(flags), "document": document, "digest": manifest.digest,
    }  # fmt: skip
    return Write(
        ref=ref, revision=head.revision if head else 0, state=state, satisfied=names, flags=tuple(flags), at=moment,
        body=body, digest=manifest.digest, document=document, entered=True, file=manifest.file,
    )  # fmt: skip


def _wishes(only: Iterable[str], ack: Iterable[str]) -> Wishes:
    return Wishes(frozenset(Ref.parse(ref) for ref in only), frozenset(ack))


def planned(plan: Plan, ref: str) -> ResourcePlan | None:
    """What the plan does about `ref`."""
    return next((one for one in plan.resources if one.ref == Ref.parse(ref)), None)


def blocked(plan: Plan, ref: str) -> Blocked | None:
    return next((one for one in plan.blocked if one.ref == Ref.parse(ref)), None)


def waiting(plan: Plan, ref: str) -> Waiting | None:
    return next((one for one in plan.waiting if one.ref == Ref.parse(ref)), None)


def events_of(plan: Plan, ref: str) -> list[str]:
    """The events of a resource's steps: `["create", "launch"]`; a flag or move by its operation."""
    one = planned(plan, ref)
    return [step.event or step.op.value for step in one.steps] if one else []
