"""Gather: everything that a decision needs, read once, before anything is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconciler.controller.survey import Sources, Survey, survey
from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.shape import select
from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place, has_errors, in_order
from reconciler.model.errors import Invalid, Permanent, Transient
from reconciler.model.instant import to_text
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Runtime, Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.model.timeline import DEFAULT_HORIZON
from reconciler.plan.groups import Groups
from reconciler.plan.question import Facts, Question
from reconciler.plan.references import Finding, Links, resolve, stored_links
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds
from reconciler.source.project import Project
from reconciler.source.strict_yaml import YamlProblem, read_documents


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for besides the plan itself."""

    only: frozenset[Ref] = frozenset()
    acknowledged: frozenset[str] = frozenset()
    horizon: timedelta = DEFAULT_HORIZON
    about: frozenset[Ref] = frozenset()
    """Resources whose documents and facts are wanted, whether anything is to be done about them or not."""


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Knows where everything is; `question` reads it."""

    project: Project
    kinds: Kinds
    library: Library
    store: Store
    runtimes: Mapping[str, Runtime] = field(default_factory=dict)
    commit: str = ""
    _groups: dict[tuple[tuple[Ref, ...], tuple[Head, ...]], Groups] = field(default_factory=dict)
    """The groups of the last question, by who is in them: who looks again and again forms them once."""

    def question(
        self, now: datetime, wishes: Wishes = Wishes(), seen: Survey | None = None
    ) -> tuple[Question, tuple[Diagnostic, ...]]:
        """The question of a plan at `now`, and the warnings of the catalog. Invalid where the manifests have errors.

        `seen` is what somebody who looks again and again has kept up to date; without it everything is looked at.
        """
        whole, seen = seen is None, seen or survey(self.sources(), now)
        groups, sorted_out, ticking = seen.groups, seen.triage, seen.ticking
        judged = [ref for ref in sorted_out.judged if not wishes.only or ref in wishes.only]
        looked_at = self._looked_at(seen, judged, wishes, now)
        near = seen.grouped if whole else groups.circle([*looked_at, *sorted_out.unmanaged, *ticking])
        documents = self._documents(looked_at, seen) if looked_at or ticking else {}
        documents |= groups.documents if whole else {ref: groups.documents[ref] for ref in near}
        wanted = [*looked_at, *near, *self._former(judged), *sorted_out.unmanaged, *ticking]
        resources = self._with_targets(sorted_out.unmanaged, self.store.load(wanted), documents)
        question = Question(
            kinds=self.kinds.table,
            manifests=self.library.catalog.manifests,
            links=seen.links,
            heads=seen.heads,
            triage=sorted_out,
            documents=documents,
            resources=resources,
            now=now,
            facts=self._facts(looked_at, documents),
            settings=self._settings(documents, now, resources),
            timezone=self.project.timezone or "UTC",
            forgotten=seen.forgotten,
            serial=seen.serial,
            commit=self.commit,
            max_changes_percent=self.project.max_changes_percent,
            acknowledged=wishes.acknowledged,
            only=wishes.only,
            groups=groups,
            ticking=ticking,
            horizon=wishes.horizon,
        )
        return question, seen.warnings

    def _looked_at(self, seen: Survey, judged: Iterable[Ref], wishes: Wishes, now: datetime) -> list[Ref]:
        """The manifests whose documents and facts are needed: judged, moved by the clock within the horizon, or asked for."""
        manifests = self.library.catalog.manifests
        start = now.replace(microsecond=0)  # entries name whole seconds
        since, until = to_text(start), to_text(start + wishes.horizon)
        is_quiet = not seen.next_entry or seen.next_entry > until
        moving = [] if is_quiet else [one for one in seen.scheduled if manifests[one].has_entry_between(since, until)]
        others = (ref for ref in (*seen.ticking, *wishes.about) if ref in manifests)
        return list(dict.fromkeys([*judged, *moving, *others]))

    def sources(self) -> Sources:
        """What a survey of this project is made from."""
        kinds = self.kinds.table

        def links(now: datetime) -> tuple[Links, tuple[Diagnostic, ...]]:
            return checked(self.library, kinds, now)

        return Sources(kinds, self.library.catalog.manifests, self.store, links, self._grouped)

    def _grouped(self, refs: tuple[Ref, ...], absent: tuple[Head, ...]) -> Groups:
        key = refs, absent
        if key not in self._groups:
            self._groups.clear()
            stored = self.store.load([head.ref for head in absent]) if absent else {}
            documents = {**self.library.documents(refs), **{ref: one.document for ref, one in stored.items()}}
            self._groups[key] = Groups(self.kinds.table, self.library.catalog.manifests, documents)
        return self._groups[key]

    def _documents(self, looked_at: Iterable[Ref], seen: Survey) -> dict[Ref, Document]:
        wanted = set(looked_at)
        for ref in tuple(wanted):
            wanted.update(link.target for link in seen.links.of.get(ref, ()))
        wanted.update(seen.settings)
        return self.library.documents(wanted)

    def _with_targets(
        self, unmanaged: Iterable[Ref], resources: Mapping[Ref, Resource], documents: dict[Ref, Document]
    ) -> Mapping[Ref, Resource]:
        """Also what unmanaged resources refer to: their timers go on, and may ask for the zone of it."""
        kinds = self.kinds.table
        known = (ref for ref in unmanaged if ref in resources and ref.kind in kinds)
        links = (link for ref in known for link in stored_links(kinds[ref.kind], resources[ref].document))
        targets = dict.fromkeys(link.target for link in links)
        documents |= self.library.documents(ref for ref in targets if ref not in documents)
        return (
            {**resources, **self.store.load(ref for ref in targets if ref not in resources)} if targets else resources
        )

    def _is_settings(self, ref: Ref) -> bool:
        kind = self.kinds.table.get(ref.kind)
        return kind is not None and kind.lifecycle.role is Role.SETTINGS

    def _former(self, refs: Iterable[Ref]) -> list[Ref]:
        manifests = self.library.catalog.manifests
        return [former for ref in refs if (former := manifests[ref].former)]

    def _facts(self, refs: Iterable[Ref], documents: Mapping[Ref, Document]) -> Facts:
        return {
            ref: observed(self.runtimes[ref.kind], ref, documents[ref]) for ref in refs if ref.kind in self.runtimes
        }

    def _settings(
        self, documents: Mapping[Ref, Document], now: datetime, resources: Mapping[Ref, Resource]
    ) -> dict[str, Mapping[str, Any]]:
        """The settings that hold: those of the manifests; where a manifest has gone, those that are stored."""
        manifests = self.library.catalog.manifests
        stored = {
            ref.kind: one.document.get("spec", {})
            for ref, one in resources.items()
            if ref not in manifests and self._is_settings(ref) and one.state != DELETED
        }
        return stored | {
            ref.kind: document.get("spec", {})
            for ref, document in documents.items()
            if self._is_settings(ref) and manifests[ref].state_at(now) != DELETED
        }


def observed(runtime: Runtime, ref: Ref, document: Document) -> Mapping[str, Any]:
    """The facts of a resource; none, so all unknown, where the runtime cannot look now."""
    try:
        return runtime.observe(ref, document)
    except (Permanent, Transient):
        return {}


def checked(library: Library, kinds: Mapping[str, Kind], now: datetime) -> tuple[Links, tuple[Diagnostic, ...]]:
    """The links of a catalog and its warnings. Invalid with every problem of all files where one is an error."""
    links = resolve(library.catalog.manifests, kinds, now)
    found = in_order((*library.catalog.diagnostics, *(finding(one, library, kinds) for one in links.findings)))
    if has_errors(found):
        raise Invalid(found)
    return links, found


def finding(one: Finding, library: Library, kinds: Mapping[str, Kind]) -> Diagnostic:
    """A finding about the catalog with the place in the file that it is about."""
    manifest = library.catalog.manifests[one.ref]
    pointer = one.pointer
    if one.mention is not None:
        path = kinds[one.ref.kind].references[one.mention.reference][0]
        pointer = pointer_to(library, manifest, path, one.mention.name)
    place = place_of(library, manifest, pointer) if pointer else manifest.place
    return diagnose(one.code, one.detail, place, help=one.help, ref=str(one.ref))


def pointer_to(library: Library, manifest: Manifest, path: tuple[str, ...], value: object) -> str:
    """Where the manifest, as its file has it, holds `value` among what `path` finds; empty where it does not."""
    try:
        written = read_documents(library.bytes_of(manifest.place.file))[manifest.index].value
    except (YamlProblem, IndexError):  # the file has changed since it was read
        return ""
    return next((at for at, found in select(written, path) if found == value), "")


def place_of(library: Library, manifest: Manifest, pointer: str, kind: Kind | None = None) -> Place:
    """Where in its file a manifest has the value at `pointer`, or its nearest ancestor."""
    located = library.locator(manifest.place.file)
    mark = located.mark(manifest.index, pointer, shape=kind.shape if kind else None)
    return Place(manifest.place.file, mark.line, mark.column) if mark.line else manifest.place
