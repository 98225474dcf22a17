"""Adopting: a manifest for what is stored and has none, such that the next plan has nothing to do about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from reconciler.controller.authoring import Desk, Draft, path_shown, place_for
from reconciler.lifecycle.kind import Kind
from reconciler.model import canonical
from reconciler.model.codes import severity_of
from reconciler.model.diagnostic import Severity, has_errors
from reconciler.model.errors import Invalid, MusterError, Usage
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Store
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.plan.groups import Groups
from reconciler.plan.question import settled
from reconciler.plan.references import resolve
from reconciler.source.catalog import content_names
from reconciler.source.compose import compose
from reconciler.source.edit import overwrite, write_new
from reconciler.source.files import NamedFiles
from reconciler.source.reader import ManifestReader


@dataclass(frozen=True, slots=True)
class Adopted:
    """The manifests to write, and what is left alone, with the reason."""

    drafts: tuple[Draft, ...]
    left: tuple[tuple[Ref, str], ...] = ()
    noted: tuple[tuple[Ref, str], ...] = ()
    """What the next apply will note of some of them, though it does nothing."""

    def save(self, progress: Callable[[int], None] = lambda _files: None) -> None:
        """Write them; what stands in a file already stays as it is. Usage where a file has appeared meanwhile."""
        files: dict[Path, list[Draft]] = {}
        for draft in self.drafts:
            files.setdefault(draft.path, []).append(draft)
        for path, drafts in files.items():
            if path.exists():
                overwrite(path, appended(path.read_bytes().decode(), [draft.text for draft in drafts]))
            else:
                _write_new(path, drafts)
            progress(len(drafts))


def _write_new(path: Path, drafts: Sequence[Draft]) -> None:
    try:
        write_new(path, appended("", [draft.text for draft in drafts]))
    except FileExistsError:
        raise Usage(f"{drafts[0].shown} has appeared meanwhile, and is left as it is; run again") from None


def appended(before: str, texts: Iterable[str]) -> str:
    """A file's text with these documents behind what it holds."""
    end = "\r\n" if "\r\n" in before else "\n"
    parts = [text.replace("\n", end) for text in texts]
    kept = before if not before or before.endswith("\n") else before + end
    return f"---{end}".join([kept, *parts]) if kept else f"---{end}".join(parts)


def unmanaged(desk: Desk, store: Store) -> list[Ref]:
    """Everything that is stored, has no manifest and is not deleted, sorted."""
    manifests = desk.library.catalog.manifests
    return sorted(ref for ref, head in store.heads().items() if ref not in manifests and head.state != DELETED)


def adopt(desk: Desk, store: Store, refs: Sequence[Ref], to: str | None, now: datetime) -> Adopted:
    """Manifests of these resources. What cannot be adopted is left, and so is what refers to it."""
    found = [one for one in desk.library.catalog.diagnostics if one.code != "empty-catalog"]
    if has_errors(found):
        # A broken file may hold the very manifest that is missed.
        raise Invalid(tuple(found))
    adopter = _Adopter(desk, now, to)
    stored, heads = store.load(refs), store.heads()
    for ref in refs:
        try:
            adopter.take(stored[ref], heads[ref])
        except MusterError as error:
            adopter.left[ref] = str(error)
    adopter.drop_dangling()
    drafts = tuple(adopter.drafts.values())
    noted = [(ref, text) for ref in adopter.drafts if (text := adopter.note(stored[ref]))]
    return Adopted(drafts, tuple(sorted(adopter.left.items())), tuple(noted))


@dataclass(slots=True)
class _Adopter:
    """Writes one manifest after another, in mind."""

    desk: Desk
    now: datetime
    to: str | None
    drafts: dict[Ref, Draft] = field(default_factory=dict)
    left: dict[Ref, str] = field(default_factory=dict)
    _manifests: dict[Ref, Manifest] = field(default_factory=dict)

    def take(self, resource: Resource, head: Head) -> None:
        """A manifest for this resource. MusterError where there can be none that leaves nothing to do."""
        ref = resource.ref
        kind = self.desk.kinds.table.get(ref.kind)
        if kind is None:
            raise Usage(f"the kind {ref.kind} is not defined in this project")
        if ref in self.desk.library.catalog.manifests:
            raise Usage(f"it has a manifest: {self.desk.library.catalog.manifests[ref].place}")
        if resource.state == DELETED:
            raise Usage("it is deleted, and needs no manifest; `muster history` tells what it was")
        path = self._path(resource)
        for state in _states(kind, resource):
            text = compose(_value(kind, resource, state))
            manifest = self._read(ref, text, path)
            if manifest.digest != resource.digest:
                raise Usage(self._other_content(resource, path))
            if self._leaves_nothing_to_do(kind, manifest, head):
                self._manifests[ref] = manifest
                self.drafts[ref] = Draft(ref, path, path_shown(self.desk.project, path), text)
                return
        raise Usage(_why_not(kind, resource))

    def note(self, resource: Resource) -> str:
        """What the log will say of a manifest that asks for what is, where something else was asked for before."""
        state = self._manifests[resource.ref].state
        if resource.asked in ("", state):
            return ""
        return f"it asks for {state}, which it is, and no longer for {resource.asked}; the next apply notes that"

    def _leaves_nothing_to_do(self, kind: Kind, manifest: Manifest, head: Head) -> bool:
        if kind.lifecycle.preempts and manifest.state == head.asked:
            return True  # it may have stepped back for another, and comes back by itself
        if manifest.state == head.state:
            head = replace(head, asked="")  # whatever was asked for before, this asks for what is
        return settled(manifest, head, self.now, Groups({}, {}, {}))

    def drop_dangling(self) -> None:
        """Leave what refers to something that has no manifest, here or already, and then what refers to that."""
        while True:
            known = {**self.desk.library.catalog.manifests, **self._manifests}
            found = resolve(known, self.desk.kinds.table, self.now).findings
            errors = [one for one in found if severity_of(one.code) is Severity.ERROR and one.ref in self._manifests]
            if not errors:
                return
            for one in errors:
                if one.ref in self._manifests:
                    del self._manifests[one.ref], self.drafts[one.ref]
                    self.left[one.ref] = f"{one.detail}; import what it refers to in the same call, or --all"

    def _path(self, resource: Resource) -> Path:
        """Where the manifest goes: where it was, as far as that is known, in a file of its own."""
        project, ref = self.desk.project, resource.ref
        first = project.manifests[0]
        folder = first.parent if first.is_file() else first
        if self.to is not None:
            return place_for(self.desk, self.to, folder, "--to")
        was = (project.root / resource.file).parent
        if resource.file and was.is_dir() and any(was.is_relative_to(one) for one in project.manifests):
            folder = was
        stem = ref.name if ref.version == 1 else f"{ref.name}-v{ref.version}"
        used = {draft.path for draft in self.drafts.values()}
        for name in (f"{stem}.yaml", f"{stem}-{ref.kind.lower()}.yaml"):
            if folder / name not in used and not (folder / name).exists():
                return folder / name
        raise Usage(f"{path_shown(project, folder / name)} exists, and is left as it is; choose a place with --to FILE")

    def _read(self, ref: Ref, text: str, path: Path) -> Manifest:
        """The manifest as the next run will read it, content files included."""
        project = self.desk.project
        before = path.read_bytes().decode() if path.exists() else ""
        reader = ManifestReader(self.desk.kinds, project.timezone)
        alone = reader.read(text.encode(), path_shown(project, path))
        if has_errors(alone.diagnostics):
            first = alone.diagnostics[0]
            raise Usage(f"what is stored is no manifest under today's definition: {first.detail}")
        whole = reader.read(appended(before, [text]).encode(), path_shown(project, path))
        earlier = reader.read(before.encode(), path_shown(project, path)).manifests if before else []
        said = [(one.ref, one.digest, one.state) for one in (*earlier, *alone.manifests)]
        if [(one.ref, one.digest, one.state) for one in whole.manifests] != said:
            raise Usage(f"nothing can be put behind what {path_shown(project, path)} holds; choose another file")
        named = NamedFiles(project.manifests)
        for file in alone.files:
            if problem := named.check(str(path), file):
                raise Usage(f"{problem.detail}; {problem.help}, or choose the folder where it is with --to FILE")
        content = {name: named.digest(str(path), name) for name in content_names(alone.files, 0)}
        return _with_content(alone.manifests[0], alone.values[0], content)

    def _other_content(self, resource: Resource, path: Path) -> str:
        files = ", ".join(sorted(resource.document.get("files", {})))
        where = path_shown(self.desk.project, path.parent)
        if files:
            return f"{files} in {where} is not what was applied; put that back, or choose its folder with --to FILE"
        return "what is stored has another normal form under today's definition"


def _with_content(manifest: Manifest, value: dict[str, object], content: Mapping[str, str]) -> Manifest:
    return replace(manifest, digest=canonical.digest({**value, "files": content})) if content else manifest


def _states(kind: Kind, resource: Resource) -> list[str]:
    """The states that the manifest may ask for: what was asked for, what is, and what that stands for."""
    names = (resource.asked, resource.state, *resource.satisfied)
    return [name for name in dict.fromkeys(names) if name in kind.lifecycle.desirable]


def _value(kind: Kind, resource: Resource, state: str) -> dict[str, object]:
    ref, document = resource.ref, resource.document
    metadata: dict[str, object] = {"name": ref.name}
    if ref.version != 1:
        metadata["version"] = ref.version
    value: dict[str, object] = {"kind": ref.kind, "metadata": {**metadata, **document.get("metadata", {})}}
    if state != kind.lifecycle.initial or kind.lifecycle.role is Role.CAMPAIGN:
        value["state"] = state
    value |= dict.fromkeys(resource.flags, True)
    value |= {name: document[name] for name in ("schedule", "spec") if document.get(name)}
    return value


def _why_not(kind: Kind, resource: Resource) -> str:
    state = resource.state
    if state not in kind.lifecycle.desirable and not _states(kind, resource):
        return f"it is {state}, which no manifest asks for (X-04); `muster history` tells how it came there"
    if "schedule" in resource.document:
        return (
            f"an entry of its schedule has come due while it had no manifest, and a plan would act on it; it is {state}"
        )
    return f"it is {state}, and a manifest that says so would have something to do"
