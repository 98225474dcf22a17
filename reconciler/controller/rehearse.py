"""Rehearse: a case in a project and store of its own, where time passes as it is told to, and all else is the real thing.

`advance` runs as a daemon does: at each instant at which something is due it settles, plans and applies until nothing
changes, and sleeps until the next one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from reconciler.controller.expectation import EXPECTATIONS, Stand
from reconciler.controller.gather import Gatherer, Wishes
from reconciler.controller.reconcile import Reconciler
from reconciler.controller.scratch import Scratch
from reconciler.model import record
from reconciler.model.calendar import after
from reconciler.model.canonical import Document
from reconciler.model.case import Action, Case, Failure, Happened, Result
from reconciler.model.diagnostic import Diagnostic, Place, has_errors
from reconciler.model.errors import Invalid, Usage
from reconciler.model.hold import Hold, hold_until, holds_to_json
from reconciler.model.instant import from_text, parse_instant, to_text
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Op, Plan, Reason
from reconciler.model.ports import Beat, Lookup, Store, Write
from reconciler.model.ref import Ref
from reconciler.plan.advance import OPERATOR
from reconciler.source.case_schema import APPLY
from reconciler.source.kinds import Kinds
from reconciler.source.marks import locate
from reconciler.source.policy_check import check_policies
from reconciler.source.policy_file import policies_of
from reconciler.source.policy_schema import POLICY_PROPERTIES
from reconciler.source.project import Project

ROUNDS: Final = 8
"""How often a daemon looks at one instant again because what it did has brought about more."""

_GLANCE: Final = timedelta(microseconds=1)
"""A horizon in which nothing lies: such a plan only says what is to be done now, and when to look again."""


@dataclass(slots=True)
class StillClock:
    """Shows the time that it is set to. Implements `ports.Clock`."""

    moment: datetime

    def now(self) -> datetime:
        """See `ports.Clock`."""
        return self.moment


@dataclass(slots=True)
class Recorder:
    """Observes what it was told, and performs by remembering. Implements `ports.Runtime`."""

    facts: dict[Ref, Mapping[str, Any]] = field(default_factory=dict)
    done: dict[str, tuple[Ref, str]] = field(default_factory=dict)
    """By key: what was brought about, once each."""

    def observe(self, ref: Ref, document: Document, _beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`."""
        return self.facts.get(ref, {})

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        """See `ports.Runtime`."""
        self.done.setdefault(key, (ref, effect))

    def performed(self, key: str) -> bool:
        """See `ports.Runtime`."""
        return key in self.done


@dataclass(frozen=True, slots=True)
class Stage:
    """What all cases of a run share; each case opens a store of its own."""

    project: Project
    kinds: Kinds
    open_store: Callable[[], Store]


def rehearse(case: Case, stage: Stage) -> Result:
    """Run one case. What goes wrong in it is a failure of the case, with its place in the test file."""
    store = stage.open_store()
    try:
        with TemporaryDirectory(prefix="muster-test-") as directory:
            return _Rehearsal(case, stage, Path(directory).resolve(), store).run()
    finally:
        store.close()


class _Rehearsal:
    """One case as it runs."""

    def __init__(self, case: Case, stage: Stage, directory: Path, store: Store) -> None:
        self.case, self.stage, self.store = case, stage, store
        self.file = stage.project.root / case.file
        self.scratch = Scratch(stage.project, directory, self.file.parent)
        self.clock = StillClock(case.now)
        self.recorder = Recorder()
        self.failures: list[Failure] = []
        self.known: Reconciler | None = None
        """Reads the files as they are; None once they have changed."""
        self.surprise: tuple[Action, Invalid] | None = None
        """The apply that did nothing because of invalid manifests, until the case says that it expected so."""
        self.base = 0
        self.action = Action("given", None, "/given")
        self.doing: Mapping[str, Callable[[Any], None]] = {
            APPLY: lambda _: self._apply_once(),
            "advance": lambda period: self._advance_to(self._after(period)),
            "advance to": lambda text: self._advance_to(parse_instant(text, case.zone)),
            "down": self._down,
            "back": self._back,
            "merge": self._merge,
            "remove": self._remove,
            "facts": self._observe,
        }

    def run(self) -> Result:
        """Set up, then one thing after another; an expectation that is not met does not end it, a failing step does."""
        try:
            self._set_up()
            for action in self.case.actions:
                self.action = action
                if action.name in EXPECTATIONS:
                    self._expect()
                else:
                    self._no_surprise()
                    self.doing[action.name](action.value)
            self._no_surprise()
        except Usage as error:
            self._fail(f"{self.action.name}: {error}")
        except Invalid as error:
            self._fail(f"{self.action.name}: the manifests are not valid", got=_told(error.diagnostics))
        return Result(self.case, tuple(self.failures), tuple(self._happened()))

    def _no_surprise(self) -> None:
        if self.surprise is not None:
            self.action, error = self.surprise
            raise error

    def _fail(self, what: str, expected: str = "", got: str = "", pointer: str = "") -> None:
        mark = locate(self.file.read_bytes(), self.case.index, self.action.pointer + pointer)
        place = Place(self.case.file, mark.line, mark.column) if mark.line else self.case.place
        self.failures.append(Failure(place, what, expected, got))

    def _happened(self) -> Iterator[Happened]:
        for event in self.store.events():
            body = event.body
            if event.serial > self.base:
                yield Happened(
                    at=from_text(body["at"]),
                    ref=event.ref,
                    event=body.get("event") or body["op"],
                    origin=body.get("from", ""),
                    target=body.get("missed") or body.get("to", ""),
                    by=str(body["actor"]).partition(":")[0],
                    reason=body.get("reason", ""),
                )

    # What is given.

    def _set_up(self) -> None:
        given = self.case.given
        self._govern(given)
        self.scratch.bring(_several(given.get("manifests", ())))
        for name, text in given.get("files", {}).items():
            self.scratch.put(name, text)
        self._observe(given.get("facts", {}))
        stored = given.get("stored", {})
        if stored:
            reconciler = self._reconciler()
            writes = [one for ref, how in stored.items() for one in self._stored(reconciler, Ref.parse(ref), how)]
            for write in writes:
                if self.store.commit([write]):
                    raise Usage(f"{write.ref} stands twice in `stored`")
        self.base = self.store.serial()

    def _govern(self, given: Mapping[str, Any]) -> None:
        """Let the policies hold that the case gives, else those of the project."""
        project = self.scratch.project
        if not POLICY_PROPERTIES.keys().isdisjoint(given):
            policies = policies_of(given, self.case.zone, self._place_of_given)
            self.scratch.project = project = replace(project, policies=policies)
        found = check_policies(project.policies, self.stage.kinds)
        if has_errors(found):
            raise Usage(f"the policies are not accepted:\n{_told(found)}")

    def _place_of_given(self, pointer: str) -> Place:
        mark = locate(self.file.read_bytes(), self.case.index, f"/given{pointer}")
        return Place(self.case.file, mark.line, mark.column)

    def _stored(self, reconciler: Reconciler, ref: Ref, how: Any) -> Iterator[Write]:
        """What puts a resource into the store: when it entered its state, and, where that is later, when it was looked at."""
        library = reconciler.gatherer.library
        manifest = library.catalog.manifests.get(ref)
        if manifest is None:
            raise (
                Invalid(library.catalog.diagnostics)
                if has_errors(library.catalog.diagnostics)
                else Usage(f"`stored` names {ref}, of which no manifest is given")
            )
        table = how if isinstance(how, dict) else {"state": how}
        law = self.stage.kinds.table[ref.kind].lifecycle
        if table["state"] not in law.states:
            raise Usage(f"{ref} cannot be {table['state']}; its states are {', '.join(law.states)}")
        applied = self._time(table.get("applied"))
        entered = min(self._time(table["entered"]), applied) if "entered" in table else applied
        document, holds = library.documents([ref])[ref], tuple(self._holds(table, applied))
        first = _given(manifest, document, table, entered, 0)
        yield record.replace(first, holds=holds, body={**first.body, "holds": holds_to_json(holds)})
        if entered < applied:
            yield _given(manifest, document, table, applied, 1)

    def _holds(self, table: Mapping[str, Any], applied: datetime) -> Iterator[Hold]:
        for one in table.get("holds", ()):
            since = self._time(one["since"]) if "since" in one else applied
            reason, owner = one.get("reason", "held by the case"), one.get("by", "test")
            yield hold_until(reason, owner, since, self._time(one["until"]), tuple(one.get("paths", ())))

    def _time(self, text: str | None) -> datetime:
        return parse_instant(text, self.case.zone) if text else self.clock.moment

    # What happens.

    def _merge(self, what: Any) -> None:
        self.known = None
        if not isinstance(what, dict):
            self.scratch.bring(_several(what))
            return
        for name, change in what.items():
            if isinstance(change, dict):
                self.scratch.edit(name, change)
            elif "\n" in change:
                self.scratch.put(name, change)
            else:
                self.scratch.put_file(name, change)

    def _remove(self, names: Any) -> None:
        self.known = None
        self.scratch.remove(_several(names))

    def _observe(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        self.recorder.facts |= {Ref.parse(ref): dict(one) for ref, one in facts.items()}

    def _after(self, period: str) -> datetime:
        try:
            return after(self.clock.moment, period, self.case.zone)
        except ValueError as error:
            raise Usage(str(error)) from None

    def _down(self, period: str) -> None:
        self.clock.moment = self._after(period)
        self._apply_once()

    def _back(self, period: str) -> None:
        self.clock.moment -= self._after(period) - self.clock.moment
        self._apply_once()

    def _apply_once(self) -> None:
        """As `muster apply --yes`; invalid manifests change nothing, and are told unless the case expects them."""
        try:
            reconciler = self._reconciler()
            reconciler.settle()
            reconciler.apply(self._plan(reconciler))
        except Invalid as error:
            self.surprise = self.action, error

    def _advance_to(self, until: datetime) -> None:
        if until < self.clock.moment:
            raise Usage(f"it is {to_text(self.clock.moment)} already; say `back` for a clock that jumps back")
        following = self._look()
        while following is not None and following <= until:
            self.clock.moment = following
            following = self._look()
        self.clock.moment = until

    def _look(self) -> datetime | None:
        """Do what is due now, and all that follows from it; the next instant to look at."""
        reconciler = self._reconciler()
        reconciler.settle()
        for _ in range(ROUNDS):
            plan = self._plan(reconciler, _GLANCE)
            if not _acts(plan):
                # Nothing lies within a glance, so this is the first thing to come.
                return plan.stands_until + _GLANCE if plan.stands_until else None
            if any(one.reason is not Reason.SCHEDULE for one in plan.resources):
                # What somebody has changed is held against the future, as far as a daemon sees.
                plan = self._plan(reconciler)
            if not _acts(plan) or not _acted(reconciler, plan):
                return plan.stands_until
        names = ", ".join(str(one.ref) for one in (*plan.due, *plan.resources))
        raise Usage(f"at {to_text(self.clock.moment)} there is no end of changes: {names}")

    def _plan(self, reconciler: Reconciler, horizon: timedelta | None = None) -> Plan:
        try:
            plan, _ = reconciler.plan(Wishes(horizon=horizon) if horizon else Wishes())
        except OverflowError:
            raise Usage(f"at {to_text(self.clock.moment)} there is no calendar left to look ahead in") from None
        if has_errors(plan.diagnostics):
            raise Invalid(plan.diagnostics)
        return plan

    def _reconciler(self) -> Reconciler:
        """Reads the files as they are now, once."""
        if self.known is None:
            kinds = self.stage.kinds
            runtimes = dict.fromkeys(kinds.table, self.recorder)
            gatherer = Gatherer(self.scratch.project, kinds, self.scratch.library(kinds), self.store, runtimes)
            self.known = Reconciler(gatherer, self.store, self.clock, runtimes, "user:test")
        return self.known

    # What is expected.

    def _expect(self) -> None:
        if self.action.name in ("expect plan", "expect diagnostics"):
            self.surprise = None
        self._no_surprise()
        stand = Stand(self._reconciler(), self.store, self.case.zone, self.base, tuple(self.recorder.done.values()))
        for unmet in EXPECTATIONS[self.action.name](self.action.value, stand):
            self._fail(unmet.what, unmet.expected, unmet.got, unmet.pointer)


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _acts(plan: Plan) -> bool:
    return plan.has_changes or any(one.missed for one in plan.blocked)


def _acted(reconciler: Reconciler, plan: Plan) -> bool:
    """Apply `plan`; whether anything came of it."""
    return reconciler.apply(plan).steps > 0


def _given(manifest: Manifest, document: Document, table: Mapping[str, Any], at: datetime, revision: int) -> Write:
    """A write as the steps of a plan make it, with the event that says so."""
    state, operated = table["state"], f"{OPERATOR}{table['operated']}" if "operated" in table else ""
    satisfied, flags = tuple(table.get("satisfied", (state,))), tuple(table.get("flags", ()))
    body = {
        "ref": str(manifest.ref), "op": Op.EDIT.value if revision else Op.CREATE.value, "event": "given",
        "at": to_text(at.astimezone(UTC)), "actor": "user:test", "cause": operated or "given", "from": state if revision else "",
        "to": state, "satisfied": satisfied, "flags": flags, "asked": manifest.state, "document": document,
        "digest": manifest.digest,
    }  # fmt: skip
    return Write(
        ref=manifest.ref, revision=revision, state=state, satisfied=satisfied, flags=flags, at=at, body=body,
        digest=manifest.digest, document=document, entered=not revision, file=manifest.file, asked=manifest.state,
        operated=operated,
    )  # fmt: skip


def _told(found: tuple[Diagnostic, ...]) -> str:
    return "\n".join(f"{one.place} {one.code}: {one.detail}" for one in found)
