"""Gather: everything that a decision needs, read once, before anything is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.shape import select
from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place, has_errors, in_order
from reconciler.model.errors import Invalid, Permanent, Transient
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Runtime, Store
from reconciler.model.ref import Ref
from reconciler.plan.question import Facts, Question, triage
from reconciler.plan.references import Finding, Links, resolve
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds
from reconciler.source.marks import locate
from reconciler.source.project import Project
from reconciler.source.strict_yaml import YamlProblem, read_documents


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for besides the plan itself."""

    only: frozenset[Ref] = frozenset()
    acknowledged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Knows where everything is; `question` reads it."""

    project: Project
    kinds: Kinds
    library: Library
    store: Store
    runtimes: Mapping[str, Runtime] = field(default_factory=dict)
    commit: str = ""

    def question(self, now: datetime, wishes: Wishes = Wishes()) -> tuple[Question, tuple[Diagnostic, ...]]:
        """The question of a plan at `now`, and the warnings of the catalog. Invalid where the manifests have errors."""
        links, warnings = checked(self.library, self.kinds.table, now)
        manifests, heads = self.library.catalog.manifests, self.store.heads()
        sorted_out = triage(manifests, heads, now)
        judged = [ref for ref in sorted_out.judged if not wishes.only or ref in wishes.only]
        documents = self._documents(judged, links)
        resources = self.store.load([*judged, *self._former(judged), *sorted_out.unmanaged])
        question = Question(
            kinds=self.kinds.table,
            manifests=manifests,
            links=links,
            heads=heads,
            triage=sorted_out,
            documents=documents,
            resources=resources,
            now=now,
            facts=self._facts(judged, documents),
            settings=self._settings(documents, now),
            timezone=self.project.timezone or "UTC",
            forgotten=self.store.forgotten(),
            serial=self.store.serial(),
            commit=self.commit,
            max_changes_percent=self.project.max_changes_percent,
            acknowledged=wishes.acknowledged,
            only=wishes.only,
        )
        return question, warnings

    def _documents(self, judged: Iterable[Ref], links: Links) -> dict[Ref, Document]:
        wanted = set(judged)
        if not wanted:
            return {}
        for ref in tuple(wanted):
            wanted.update(link.target for link in links.of.get(ref, ()))
        single = {name for name, kind in self.kinds.table.items() if kind.lifecycle.role is Role.SETTINGS}
        wanted.update(ref for ref in self.library.catalog.manifests if ref.kind in single)
        return self.library.documents(wanted)

    def _former(self, judged: Iterable[Ref]) -> list[Ref]:
        manifests = self.library.catalog.manifests
        return [Ref(ref.kind, manifests[ref].moved_from, ref.version) for ref in judged if manifests[ref].moved_from]

    def _facts(self, judged: Iterable[Ref], documents: Mapping[Ref, Document]) -> Facts:
        return {
            ref: observed(self.runtimes[ref.kind], ref, documents[ref]) for ref in judged if ref.kind in self.runtimes
        }

    def _settings(self, documents: Mapping[Ref, Document], now: datetime) -> dict[str, Mapping[str, Any]]:
        manifests = self.library.catalog.manifests
        return {
            ref.kind: document.get("spec", {})
            for ref, document in documents.items()
            if self.kinds.table[ref.kind].lifecycle.role is Role.SETTINGS and manifests[ref].state_at(now) != DELETED
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
    data = library.bytes_of(manifest.place.file)
    mark = locate(data, manifest.index, pointer, shape=kind.shape if kind else None)
    return Place(manifest.place.file, mark.line, mark.column) if mark.line else manifest.place
