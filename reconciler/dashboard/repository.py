"""The manifests as they stand in the files, for threads that show them: none waits for files where reading them takes long."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from reconciler.app import App
from reconciler.controller.reconcile import Reconciler
from reconciler.controller.survey import Standing, Survey
from reconciler.model.diagnostic import Diagnostic, has_errors
from reconciler.model.errors import Invalid, MusterError
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds
from reconciler.source.project import FILE, Project, read_project
from reconciler.source.resident import Edits, Resident

LATE: Final = timedelta(minutes=1)
"""How much later than a page has begun another one may have looked at everything: both are of the same time."""
QUICK: Final = 0.05
"""Seconds that a page gives for looking at the files; where the last look took longer, it is given what was seen then."""


@dataclass(frozen=True, slots=True)
class Files:
    """What stood in the files at one look. `trouble`: why that was not the last look, where that came to nothing."""

    kinds: Kinds
    manifests: Mapping[Ref, Manifest]
    diagnostics: tuple[Diagnostic, ...]
    as_of: datetime
    trouble: str = ""

    @property
    def problems(self) -> int:
        """How many things are wrong with them."""
        return sum(has_errors((one,)) for one in self.diagnostics) + bool(self.trouble)

    @property
    def wrong(self) -> frozenset[str]:
        """The files and folders that cannot be read."""
        return frozenset(one.place.file for one in self.diagnostics if has_errors((one,)))

    def is_unreadable(self, resource: Resource) -> bool:
        """Whether the file that a resource comes from, or a folder above it, cannot be read: nobody knows what it wants."""
        return any(True for _ in self.unreadable((resource,)))

    def unreadable(self, some: Iterable[Resource]) -> Iterator[Resource]:
        """Those of which that is so."""
        wrong = self.wrong
        for one in some:
            parts = one.file.split("/")
            if any("/".join(parts[: count + 1]) in wrong for count in range(len(parts))):
                yield one


@dataclass(slots=True)
class _Opened:
    """The catalog in memory, by the settings that it was opened with. One thread at a time uses it."""

    app: App
    kinds: Kinds
    resident: Resident
    library: Library | None = None
    standing: Standing = field(default_factory=Standing)
    edits: dict[Ref, tuple[Manifest | None, Manifest | None]] = field(default_factory=dict)
    """What has changed in the files since the last survey."""

    def note(self, edits: Edits | None) -> None:
        """Something may have changed in the files; anything, where that is not known."""
        if edits is None:
            self.standing.forget()
        for ref, (before, after) in (edits or {}).items():
            self.edits[ref] = self.edits.get(ref, (before, after))[0], after

    def fits(self, project: Project, kinds: Kinds) -> bool:
        return (self.app.project.digest, self.kinds.fingerprint) == (project.digest, kinds.fingerprint)


class Repository:
    """Looks at the files at most every `every` seconds. Threads may share it."""

    def __init__(self, app: App, forward: Callable[[], float], every: float = 2.0) -> None:
        """`forward`: seconds by a clock that only goes forward."""
        self._app, self._forward, self._every = app, forward, every
        self._using = threading.Lock()
        """Held by whoever works with the catalog in memory; that may take long."""
        self._guard = threading.Lock()
        """Held for moments, by whoever works with what follows."""
        self._opened: _Opened | None = None
        self._files: Files | None = None
        self._failed: MusterError | None = None
        self._first = threading.Event()
        self._looked_at, self._took = float("-inf"), float("inf")
        self._looking: threading.Thread | None = None
        self._again = False
        """Whether something has changed since the look that goes on began."""
        self._edition = 0

    def start(self) -> None:
        """Begin with the first look, in the background."""
        with self._guard:
            self._look_beside()

    def close(self) -> None:
        """Wait for a look that goes on."""
        with self._guard:
            looking = self._looking
        if looking is not None:
            looking.join()

    @property
    def edition(self) -> int:
        """How often a look has found something else than the one before it."""
        with self._guard:
            return self._edition

    def look_soon(self) -> None:
        """Something may have changed: look, in the background, without waiting until a page asks."""
        with self._guard:
            self._looked_at = float("-inf")
            self._again = self._looking is not None
            self._look_beside()

    def roots(self) -> tuple[Path, ...]:
        """Where the files lie: settings, environment, manifests, kinds."""
        opened = self._opened
        project = opened.app.project if opened else self._app.project
        environment = (project.root / project.overlay.file.shown,) if project.overlay else ()
        return (project.root / FILE, *environment, *project.manifests, *project.kinds)

    @property
    def kinds(self) -> Kinds:
        """Every kind of the project. Invalid where a definition does not hold together, and never did."""
        return self.files().kinds

    def manifests(self) -> Mapping[Ref, Manifest]:
        """All manifests that can be read."""
        return self.files().manifests

    def files(self) -> Files:
        """What the last look has seen; only the first one is waited for, or one that is quick. Raises what kept it from that."""
        with self._guard:
            is_due = self._forward() - self._looked_at >= self._every
            is_quick = self._files is not None and self._took < QUICK
            if is_due and not is_quick:
                self._look_beside()
        if is_due and is_quick and self._using.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._using.release()
        self._first.wait()
        with self._guard:
            if self._files is None:
                assert self._failed is not None, "a look ends with the one or the other"
                raise self._failed.with_traceback(None)
            return self._files

    @contextmanager
    def reconciler(self, store: Store) -> Iterator[Reconciler]:
        """Plan over a store with the files as they are now; one at a time, for a library is no thread's but its user's.

        Invalid where settings or kinds are wrong.
        """
        with self._using:
            self._look()
            with self._guard:
                opened, failed = self._opened, self._failed
            if failed is not None:
                raise failed.with_traceback(None)
            assert opened is not None and opened.library is not None
            yield opened.app.reconciler_over(store, opened.kinds, opened.library)

    def survey(self, reconciler: Reconciler, now: datetime) -> Survey:
        """Catalog and store in outline, within `reconciler`: only what has changed since the last one is looked at.

        Invalid where the manifests have errors.
        """
        opened, sources = self._opened, reconciler.gatherer.sources()
        assert opened is not None, "a reconciler is over what is opened"
        now = _not_before(opened.standing, now)
        found = None if opened.standing.is_old(now) else opened.standing.again(sources, opened.edits, now)
        found = found or opened.standing.anew(sources, now)
        opened.edits.clear()
        return found

    def supposed(self, reconciler: Reconciler, edits: Edits, now: datetime) -> Survey | None:
        """The last survey as it would be with these edits, which `reconciler` plans over; it stays the last one itself.

        None where that takes a look at everything: who comes or goes, or who refers to whom.
        """
        opened = self._opened
        assert opened is not None, "a reconciler is over what is opened"
        standing = replace(opened.standing)
        return standing.again(reconciler.gatherer.sources(), {**opened.edits, **edits}, _not_before(standing, now))

    def _look_beside(self) -> None:
        """Look in a thread of its own, unless one is at it; the guard is held."""
        if self._looking is None:
            self._looking = threading.Thread(target=self._beside, name="files", daemon=True)
            self._looking.start()

    def _beside(self) -> None:
        goes_on = True
        try:
            while goes_on:
                with self._using:
                    self._look()
                with self._guard:
                    goes_on, self._again = self._again, False
                    self._looking = self._looking if goes_on else None
        except BaseException:
            with self._guard:
                self._looking = None
            raise

    def _look(self) -> None:
        """See what has changed; what holds the catalog is held."""
        began = self._forward()
        files, failed = self._files, None
        try:
            files = self._seen(files)
        except (MusterError, OSError) as error:
            failed = error if isinstance(error, MusterError) else MusterError(str(error))
            files = replace(files, trouble=str(error)) if files else None
        with self._guard:
            self._edition += self._first.is_set() and _differ(self._files, files)
            self._files, self._failed = files, failed
            self._looked_at = self._forward()
            self._took = self._looked_at - began
        self._first.set()

    def _seen(self, before: Files | None) -> Files:
        now, opened = self._app.clock.now(), self._open()
        look = opened.resident.look()
        catalog = look.library.catalog
        if before and opened.library is look.library and look.edits == {} and not before.trouble:
            return replace(before, as_of=now)
        opened.library = look.library
        opened.note(look.edits)
        if not catalog.manifests and before and before.manifests:
            # Where nothing can be read at all, nothing has been taken away.
            return replace(before, diagnostics=catalog.diagnostics, trouble="no file holds a manifest")
        return Files(opened.kinds, dict(catalog.manifests), catalog.diagnostics, now)

    def _open(self) -> _Opened:
        """The catalog, opened anew where settings or kinds have changed. Invalid where they are wrong."""
        mine = self._app.project
        paths = tuple(str(path) for path in mine.manifests) if mine.is_part else ()
        environment = mine.overlay.name if mine.overlay else None
        project, found = read_project(mine.root, paths, mine.store, environment)
        if has_errors(found):
            raise Invalid(found)
        app = replace(self._app, project=project)
        kinds = app.kinds()
        if self._opened is None or not self._opened.fits(project, kinds):
            app.policies(kinds)
            self._opened = _Opened(app, kinds, Resident(project, kinds, app.cache(kinds.fingerprint)))
        return self._opened


def _differ(before: Files | None, after: Files | None) -> bool:
    """Whether one look saw something else than the other; what it found unchanged is the very same."""
    if before is None or after is None:
        return before is not after
    same = (
        before.manifests is after.manifests and before.diagnostics is after.diagnostics and before.kinds is after.kinds
    )
    return not same or before.trouble != after.trouble


def _not_before(standing: Standing, now: datetime) -> datetime:
    """The page's time, or that of the last survey where a page that came later was faster: time does not go back for it."""
    last = standing.looked_at
    return last if last is not None and now < last <= now + LATE else now
