"""The wiring: the only place that knows concrete classes."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler import __version__
from reconciler.model.collector import resting_collector
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, StoreError, Usage
from reconciler.model.policy import Policies
from reconciler.model.ports import AskedRate, Clock, Lookup, Runtime, Store, Worker
from reconciler.model.ref import Ref
from reconciler.source.project import Project, read_project
from reconciler.store.address import FORMS, is_mistaken, is_postgresql, shown, sqlite_path
from reconciler.store.closure import refusal

if TYPE_CHECKING:
    from reconciler.controller.idle import Circumstances
    from reconciler.controller.reconcile import Reconciler
    from reconciler.engine.port import Engine
    from reconciler.kinds.shelf import Shelf
    from reconciler.model.canonical import Document
    from reconciler.model.plan import Plan
    from reconciler.model.secret import Reveal
    from reconciler.model.told import Told
    from reconciler.source.cache import Cache
    from reconciler.source.catalog import Library
    from reconciler.source.kinds import Kinds
    from reconciler.store.contents import Movable


_LONGEST_SECRET: Final = 16 << 10
"""Bytes of a secret's file."""


RUN: Final = frozenset(
    {"EmailCampaign", "LeadCampaign", "ReferralCampaign", "ReceivablesCampaign", "CollectionCampaign"}
)
"""The kinds that are run."""


class SystemClock:
    """The machine's clock: the one place where the present is read."""

    def now(self) -> datetime:
        """See `ports.Clock`."""
        return datetime.now(UTC)


@dataclass(slots=True)
class App:
    """A project, opened. Everything heavy is loaded when it is first asked for."""

    project: Project
    clock: Clock
    given: Mapping[str, Runtime] | None = None
    """What runs each kind instead of what is built in."""
    given_workers: Callable[[Store], Mapping[str, Worker]] | None = None
    """What works on the lanes of each kind, over a store, instead of what is built in."""
    _closing: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(
        cls,
        root: Path,
        paths: tuple[str, ...] = (),
        store: str | None = None,
        clock: Clock | None = None,
        environment: str | None = None,
    ) -> "App":
        """The project at `root`, in an environment where one is named.

        Usage where that is no directory, or has no such environment, Invalid where muster.yaml or that is wrong.
        """
        project, found = read_project(root, paths, store, environment)
        if has_errors(found):
            raise Invalid(found)
        return cls(project, clock or SystemClock())

    def kinds(self) -> "Kinds":
        """Every kind of the project. Invalid where a definition does not hold together."""
        from reconciler.source.known_kinds import load_known_kinds

        cache = self.project.state_directory / "cache"
        kinds, found = load_known_kinds(self.project.kinds, self.project.root, cache)
        if has_errors(found):
            raise Invalid(found)
        return kinds

    def library(self, kinds: "Kinds") -> "Library":
        """The catalog, from files and cache. Invalid where a policy does not fit the kinds."""
        from reconciler.source.catalog import load_catalog

        self.policies(kinds)
        library = load_catalog(self.project, kinds, self.cache(kinds.fingerprint))
        self._closing.callback(library.cache.wait)
        return library

    def policies(self, kinds: "Kinds") -> Policies:
        """The policies of the project and environment, which fit the kinds. Invalid where they do not."""
        if not self.project.policies.is_empty:
            from reconciler.source.policy_check import check_policies

            found = check_policies(self.project.policies, kinds)
            if has_errors(found):
                raise Invalid(found)
        return self.project.policies

    def close(self) -> None:
        """Finish what is still being written, and let go of the store."""
        self._closing.close()

    def cache(self, fingerprint: str) -> "Cache":
        """What was read before, for readers with this fingerprint."""
        from reconciler.source.cache import Cache

        return Cache(self.project.state_directory / "cache", f"{__version__} {fingerprint} {self.project.reading}")

    def idle_plan(self) -> "Plan | None":
        """The plan that had nothing to do, if nothing has changed since; without reading a manifest or a kind."""
        from reconciler.controller.idle import recall
        from reconciler.source.git import head_commit
        from reconciler.source.kind_folders import fingerprint
        from reconciler.source.scan import scan

        cache = self.cache(fingerprint(self.project.kinds, self.project.root))
        with resting_collector():
            scanned = scan(self.project.manifests, self.project.root)
            plan = recall(cache, scanned, self._circumstances(), self.clock.now())
        return replace(plan, commit=head_commit(self.project.root)) if plan else None

    def remember_idle(self, reconciler: "Reconciler", plan: "Plan") -> None:
        """Keep a plan that had nothing to do, for `idle_plan`; not one that hangs on what was observed."""
        if reconciler.has_observed():
            return
        from reconciler.controller.idle import remember

        library = reconciler.gatherer.library
        library.cache.wait()
        remember(library.cache, plan, library.watched(), self._circumstances())

    def _circumstances(self) -> "Circumstances":
        from reconciler.controller.idle import Circumstances

        project, store = self.project, self.store_in_use()
        try:
            roots = " ".join(str(path) for path in project.manifests).replace(str(project.root), "")
            settings = f"{roots} {project.digest}"
            return Circumstances(project.root, shown(project.store), store.mark(), settings)
        finally:
            store.close()

    def reconciler(self) -> "Reconciler":
        """Plan and apply, wired to this project's files, store and runtimes."""
        kinds = self.kinds()
        return self.reconciler_over(self.store_in_use(), kinds, self.library(kinds))

    def reconciler_over(self, store: Store, kinds: "Kinds", library: "Library") -> "Reconciler":
        """The same, over a store and a catalog that are open already."""
        from reconciler.controller.gather import Gatherer
        from reconciler.controller.reconcile import Reconciler
        from reconciler.source.git import head_commit

        runtimes = self.runtimes(store, library)
        gatherer = Gatherer(self.project, kinds, library, store, runtimes, head_commit(self.project.root))
        return Reconciler(gatherer, store, self.clock, runtimes, actor())

    def runtimes(self, store: Store, library: "Library | None" = None) -> Mapping[str, Runtime]:
        """What runs each kind over `store`, by kind; a kind without one has unknown facts."""
        return self.given if self.given is not None else BuiltIn(self.project, self.clock, store, library)

    def workers(self, store: Store) -> Mapping[str, Worker]:
        """What works on the lanes of each kind over `store`."""
        return self.given_workers(store) if self.given_workers else built_in_workers(self.clock, store)

    def shelf(self, store: Store) -> "Shelf":
        """The manifests as they are applied, and the files that stand beside them."""

        def stored(ref: Ref) -> "Document | None":
            found = store.load([ref]).get(ref)
            return found.document if found else None

        return shelves(self.project, store)(stored)

    def engine(self, say: "Told") -> "Engine":
        """What brings lanes to workers: the choice is the store's URL. Usage where its driver is missing."""
        if not is_postgresql(self.project.store):
            from reconciler.engine.inline import Inline

            return Inline()
        try:
            from reconciler.engine.procrastinate import Procrastinate
        except ImportError:
            raise Usage("work on a PostgreSQL store needs its queue: pip install 'muster[postgres]'") from None
        return Procrastinate(self.project.store, say)

    def open_another_store(self) -> Store:
        """The store once more, for a thread of its own, which closes it."""
        return open_store(self.project.store, self.project.root)

    def store(self) -> Store:
        """The store that the project names. Usage for a URL of an unknown kind."""
        store = open_store(self.project.store, self.project.root)
        self._closing.callback(store.close)
        return store

    def store_in_use(self) -> Store:
        """The store to plan on, and to work from. StoreError where it is closed: nothing that it says changes any more."""
        store = self.store()
        closure = store.closure()
        if closure:
            raise StoreError(refusal(shown(self.project.store), closure))
        return store


@dataclass(frozen=True, slots=True)
class BuiltIn(Mapping[str, Runtime]):
    """The runtimes of the kinds that are built in, each made when it is first asked for: a plan may need none."""

    project: Project
    clock: Clock
    store: Store
    library: "Library | None" = None
    _made: dict[str, Runtime] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Runtime:
        """KeyError where nothing runs it."""
        if kind not in RUN:
            raise KeyError(kind)
        if kind not in self._made:
            made = {
                "EmailCampaign": self._email,
                "LeadCampaign": self._leads,
                "ReferralCampaign": self._referral,
                "ReceivablesCampaign": self._receivables,
                "CollectionCampaign": self._collections,
            }
            self._made[kind] = made[kind]()
        return self._made[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in RUN

    def __iter__(self) -> Iterator[str]:
        return iter(RUN)

    def __len__(self) -> int:
        return len(RUN)

    def _email(self) -> Runtime:
        from reconciler.engine.owner import has_ended
        from reconciler.kinds.email.launch import EmailRuntime
        from reconciler.kinds.email.mailing import OwnServer
        from reconciler.store.passing import PassingKeys

        own = self.project.server
        server = OwnServer(own["url"], own["secret"]) if own else None
        shelf = shelves(self.project, self.store, self.library)
        return EmailRuntime(self.store, self.clock, shelf, PassingKeys, has_ended, server)

    def _leads(self) -> Runtime:
        from reconciler.engine.owner import has_ended
        from reconciler.kinds.leads.runtime import LeadRuntime
        from reconciler.kinds.standstill import Standstill

        return LeadRuntime(self.store, self.clock, Standstill(self.store, self.clock, has_ended))

    def _referral(self) -> Runtime:
        from reconciler.kinds.referral.runtime import ReferralRuntime

        return ReferralRuntime(self.store, self.clock)

    def _receivables(self) -> Runtime:
        from reconciler.engine.owner import has_ended
        from reconciler.kinds.receivables.runtime import ReceivablesRuntime
        from reconciler.kinds.standstill import Standstill

        shelf = shelves(self.project, self.store, self.library)
        standstill = Standstill(self.store, self.clock, has_ended)
        zone = self.project.timezone or ""
        return ReceivablesRuntime(self.store, self.clock, shelf, standstill, self._names, zone)

    def _names(self, kind: str) -> list[str]:
        """Of supporting resources, in the manifests or in use."""
        manifests = self.library.catalog.manifests if self.library else {}
        stored = (ref for ref, head in self.store.heads().items() if head.state == "present")
        return sorted({ref.name for ref in (*manifests, *stored) if ref.kind == kind})

    def _collections(self) -> Runtime:
        from reconciler.engine.owner import has_ended
        from reconciler.kinds.collections.runtime import CollectionRuntime
        from reconciler.kinds.standstill import Standstill

        shelf = shelves(self.project, self.store, self.library)
        return CollectionRuntime(self.store, self.clock, shelf, Standstill(self.store, self.clock, has_ended))


def shelves(project: Project, store: Store, library: "Library | None" = None) -> Callable[[Lookup], "Shelf"]:
    """Makes shelves of a project: of manifests by whatever finds them, with the files beside them as they were planned."""
    from reconciler.kinds.shelf import Shelf
    from reconciler.source.files import NamedFiles, PlannedFiles

    def file_of(ref: Ref) -> str:
        manifest = library.catalog.manifests.get(ref) if library else None
        if manifest:
            return manifest.file
        stored = store.load([ref]).get(ref)
        return stored.file if stored else ""

    files, reveal = PlannedFiles(project.root, NamedFiles(project.manifests), file_of), secrets_of_this_machine()
    return lambda lookup: Shelf(lookup, files, reveal)


def built_in_workers(clock: Clock, store: Store) -> Mapping[str, Worker]:
    """What works on the lanes of the kinds that are built in: it needs no files."""
    from reconciler.hooks.caller import Caller
    from reconciler.kinds.collections.working import CollectionWorker
    from reconciler.kinds.email.sending import EmailWorker
    from reconciler.kinds.leads.delivering import DeliveryWorker
    from reconciler.kinds.leads.distributing import LeadWorker
    from reconciler.kinds.leads.pinging import Pinger
    from reconciler.kinds.receivables.alerting import AlertWorker
    from reconciler.kinds.receivables.working import ReceivablesWorker
    from reconciler.kinds.referral.paying import ReferralWorker

    reveal = secrets_of_this_machine()
    return {
        "EmailCampaign": EmailWorker(store, reveal, clock),
        "LeadCampaign": LeadWorker(store, Pinger(reveal)),
        "AccountContract": DeliveryWorker(store, reveal),
        "ReceivablesCampaign": ReceivablesWorker(store, reveal, clock),
        "NotificationSettings": AlertWorker(store, reveal, clock),  # looks once the pass was made
        "ReferralProgram": ReferralWorker(store, reveal, clock, Caller().call),
        "CollectionCampaign": CollectionWorker(store, reveal, clock),
    }


def secrets_of_this_machine() -> "Reveal":
    """What `{env: NAME}` and `{file: PATH}` stand for here."""
    from reconciler.model.secret import revealer

    return revealer(os.environ, _secret_file)


def asked_rates() -> Mapping[str, AskedRate]:
    """How many units a minute each kind is asked to send, of those that are built in."""
    from reconciler.kinds.email.pace import asked_rate

    return {"EmailCampaign": asked_rate}


def _secret_file(path: str) -> bytes:
    from reconciler.source.regular import read_regular

    return read_regular(path, _LONGEST_SECRET)


def open_store(url: str, root: Path) -> "Movable":
    """The store that `url` names, a path being relative to `root`. Usage for a URL of an unknown kind."""
    if is_mistaken(url):
        raise Usage("the store's URL cannot be read: in a password, @ is written %40, / %2F, : %3A and ? %3F")
    if is_postgresql(url) and "\0" not in url:
        try:
            from reconciler.store.postgres import PostgresStore
        except ImportError:
            raise Usage("a PostgreSQL store needs its driver: pip install 'muster[postgres]'") from None
        return PostgresStore(url)
    path = sqlite_path(url)
    if not path:
        raise Usage(f"{shown(url)!r} is not a store; write {FORMS}")
    from reconciler.store.sqlite import SqliteStore

    return SqliteStore(root / path)


def passing_store() -> Store:
    """A store that lasts as long as whoever holds it: what a rehearsal leaves behind is looked at and forgotten."""
    from reconciler.store.sqlite import SqliteStore

    return SqliteStore(Path(":memory:"))


def actor() -> str:
    """Who acts, for the log: `MUSTER_ACTOR`, else the user's login name."""
    import getpass

    try:
        name = os.environ.get("MUSTER_ACTOR") or getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return f"user:{name}"
