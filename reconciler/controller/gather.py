"""Gather: everything that a decision needs, read once, before anything is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconciler.controller.observe import Observed, with_settings
from reconciler.controller.straying import with_drift
from reconciler.controller.survey import Edited, Sources, Survey, survey
from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.shape import select
from reconciler.model.authorship import Authorship
from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place, has_errors, in_order
from reconciler.model.errors import Invalid
from reconciler.model.instant import to_text
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Runtime, Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.model.timeline import DEFAULT_HORIZON
from reconciler.plan.drift import Drift, Policy
from reconciler.plan.groups import Groups
from reconciler.plan.question import Facts, Question
from reconciler.plan.references import Finding, Links, resolve, stored_links
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds
from reconciler.source.project import Project


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for besides the plan itself."""

    only: frozenset[Ref] = frozenset()
    acknowledged: frozenset[str] = frozenset()
    horizon: timedelta = DEFAULT_HORIZON
    about: frozenset[Ref] = frozenset()
    """Resources whose documents and facts are wanted, whether anything is to be done about them or not."""
    correcting: frozenset[str] | None = None
    """The paths at which drift is to be corrected, whatever the project's policy; None leaves that to the policy."""


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Knows where everything is; `question` reads it."""

    project: Project
    kinds: Kinds
    library: Library
    store: Store
    runtimes: Mapping[str, Runtime] = field(default_factory=dict)
    commit: str = ""
    _groups: dict[Any, Groups] = field(default_factory=dict)
    """The groups of the last question, by who is in them: who looks again and again forms them once."""

    def question(
        self, now: datetime, wishes: Wishes = Wishes(), seen: Survey | None = None
    ) -> tuple[Question, tuple[Diagnostic, ...]]:
        """The question of a plan at `now`, and the warnings of the catalog. Invalid where the manifests have errors.

        `seen` is what somebody who looks again and again keeps up to date; without it everything is looked at.
        """
        whole, seen = seen is None, seen or survey(self.sources(), now)
        groups, manifests, sorted_out, ticking = seen.groups, self.library.catalog.manifests, seen.triage, seen.ticking
        judged = [ref for ref in sorted_out.judged if not wishes.only or ref in wishes.only]
        looked_at = self._looked_at(seen, judged, now, wishes)
        near = seen.grouped if whole else groups.circle([*looked_at, *sorted_out.unmanaged, *ticking])
        documents = self._documents(looked_at, seen) if looked_at or ticking else {}
        documents |= groups.documents if whole else {ref: groups.documents[ref] for ref in near}
        wanted = [*looked_at, *near, *self._former(judged), *sorted_out.unmanaged, *ticking, *seen.held]
        resources = self._with_targets(sorted_out.unmanaged, self.store.load(wanted), documents)
        question = Question(
            kinds=self.kinds.table,
            manifests=manifests,
            links=seen.links,
            heads=seen.heads,
            triage=sorted_out,
            documents=documents,
            resources=resources,
            now=now,
            facts=self._facts(looked_at, documents, resources, now),
            settings=self._settings(documents, now, resources),
            timezone=self.project.timezone or "UTC",
            forgotten=seen.forgotten,
            serial=seen.serial,
            commit=self.commit,
            policies=self.project.policies,
            acknowledged=wishes.acknowledged,
            only=wishes.only,
            groups=groups,
            ticking=ticking,
            horizon=wishes.horizon,
            held=seen.held,
        )
        return with_drift(question, self.store, self._policy(wishes), self.authorship), seen.warnings

    def _looked_at(self, seen: Survey, judged: Iterable[Ref], now: datetime, wishes: Wishes) -> dict[Ref, None]:
        """The manifests whose documents the plan needs: judged, with entries in sight, ticking, held, or asked about."""
        manifests = self.library.catalog.manifests
        beside = (ref for ref in (*seen.ticking, *seen.held, *wishes.about) if ref in manifests)
        start = now.replace(microsecond=0)  # entries name whole seconds
        since, until = to_text(start), to_text(start + wishes.horizon)
        is_quiet = not seen.next_entry or seen.next_entry > until
        moving = () if is_quiet else (ref for ref in seen.scheduled if manifests[ref].has_entry_between(since, until))
        return dict.fromkeys([*judged, *moving, *beside])

    def sources(self) -> Sources:
        """What a survey of this project is made from."""
        kinds = self.kinds.table

        def links(now: datetime) -> tuple[Links, tuple[Diagnostic, ...]]:
            return checked(self.library, kinds, now)

        return Sources(kinds, self.library.catalog.manifests, self.store, links, self._grouped)

    def authorship(self, refs: Iterable[Ref]) -> Mapping[Ref, Authorship]:
        """Who brought these manifests into their present form; nothing of those outside a repository of git."""
        from reconciler.controller.authorship import authorship

        wanted = [ref for ref in refs if ref in self.library.catalog.manifests]
        return authorship(self.project, self.kinds, self.library, self.commit, wanted) if self.commit else {}

    def _policy(self, wishes: Wishes) -> Drift:
        return Drift(policy={kind: Policy(word) for kind, word in self.project.drift.items()}, chosen=wishes.correcting)

    def _grouped(self, refs: tuple[Ref, ...], absent: tuple[Head, ...], edited: Edited) -> Groups:
        key = refs, absent, edited
        if key not in self._groups:
            self._groups.clear()
            wanted = [head.ref for head in absent] + [head.ref for _, head in edited]
            stored = self.store.load(wanted) if wanted else {}
            alone = {head.ref: stored[head.ref].document for head in absent if head.ref in stored}
            before = {ref: stored[head.ref].document for ref, head in edited if head.ref in stored}
            self._groups[key] = Groups(self.kinds.table, self.library.documents(refs) | alone, before)
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

    def _facts(
        self,
        refs: Iterable[Ref],
        documents: Mapping[Ref, Document],
        resources: Mapping[Ref, Resource],
        now: datetime,
    ) -> Facts:
        """Of what has a manifest by that; of what has none any more, and goes on, by what is stored."""
        if not self.runtimes:
            return {}
        manifests = self.library.catalog.manifests
        alone = {ref: one.document for ref, one in resources.items() if ref not in manifests}
        beside = with_settings(self._beside, self._settings(documents, now, resources))
        return Observed(self.runtimes, {**alone, **{ref: documents[ref] for ref in refs}}, beside)

    def _beside(self, ref: Ref) -> Document | None:
        """What stands in the manifests, else what is stored."""
        if ref in self.library.catalog.manifests:
            return self.library.documents([ref])[ref]
        stored = self.store.load([ref]).get(ref)
        return stored.document if stored else None

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
    written = library.written(manifest)
    return next((at for at, found in select(written, path) if found == value), "")


def place_of(library: Library, manifest: Manifest, pointer: str, kind: Kind | None = None) -> Place:
    """Where a manifest has the value at `pointer`, or its nearest ancestor."""
    return library.place_of(manifest, pointer, kind.shape if kind else None)
