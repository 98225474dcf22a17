"""A change of a manifest, prepared for people to review: nothing is written. As bytes, as a patch, and as the plan it makes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from reconciler.controller.authoring import Desk, Draft
from reconciler.controller.details import PATHS, details_of, value_at
from reconciler.lifecycle.kind import Kind
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, Stale, Usage
from reconciler.model.instant import to_text
from reconciler.model.manifest import Manifest
from reconciler.model.ref import Ref
from reconciler.source.edit import Append, Drop, Edit, Put, edited
from reconciler.source.edit_file import changed_file
from reconciler.source.edit_list import relisted
from reconciler.source.patch import patch


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one file would become. `before` is None where it is not there yet; `remarks` are worth knowing beforehand."""

    ref: Ref
    file: str
    """From the project's root."""
    before: bytes | None
    after: bytes
    remarks: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of this very change: what was shown is what is done."""
        return sha256(b"\0".join((self.file.encode(), self.before or b"", self.after))).hexdigest()

    def as_patch(self, prefix: str) -> bytes:
        """For `git apply`; `prefix` is the way from the top of the repository to the project, `campaigns/` or nothing."""
        return patch(prefix + self.file, self.before, self.after)


def to_state(desk: Desk, ref: Ref, target: str, now: datetime) -> Proposal:
    """The manifest asks for another state. Usage where it does already, or an environment has the last word."""
    manifest, kind = _meant(desk, ref)
    if target not in kind.lifecycle.desirable:
        raise Usage(f"no manifest asks for {target} (X-04)")
    if manifest.state_at(now) == target:
        raise Usage(
            f"{manifest.place} asks for {target} already; `muster apply` makes it so once nothing holds it back"
        )
    if manifest.due(now) is None:
        return _edited(desk, manifest, [Put(("state",), target, after="metadata")], "/state")
    at = to_text(now.replace(microsecond=0))
    added = Append(("schedule", "entries"), {"at": at, "state": target})
    words = "an entry of its schedule has the last word over `state`, so this adds one behind it"
    return _edited(desk, manifest, [added], "/schedule/entries", words)


def flagged(desk: Desk, ref: Ref, flag: str, is_on: bool) -> Proposal:
    """A flag of the manifest is switched on, or off."""
    manifest, kind = _meant(desk, ref)
    if flag not in kind.lifecycle.flags:
        raise Usage(f"{ref.kind} has no flag {flag!r}")
    if (flag in manifest.flags) is is_on:
        raise Usage(f"{manifest.place} says so already; `muster apply` makes it so once nothing holds it back")
    edit: Edit = Put((flag,), True, after="state") if is_on else Drop((flag,))
    return _edited(desk, manifest, [edit], f"/{flag}")


def rescheduled(desk: Desk, ref: Ref, entries: Sequence[Mapping[str, str]], zone: str = "") -> Proposal:
    """Other entries in the schedule, each with `at` and `state`; without any, none at all. `zone` only where it has one."""
    manifest, kind = _meant(desk, ref)
    after = next(iter(sorted(kind.lifecycle.flags)), "state")

    def change(text: str) -> str:
        if not entries:
            return edited(text, [Drop(("schedule",))])
        named = edited(text, [Put(("schedule", "timezone"), zone, after=after)]) if zone else text
        return relisted(named, ("schedule", "entries"), [dict(one) for one in entries])

    found = _changed(desk, manifest, change, "/schedule")
    if found.after == found.before:
        raise Usage("this is what the manifest says already")
    return found


def detailed(desk: Desk, ref: Ref, wanted: Mapping[str, str]) -> Proposal:
    """Other details, by their names; an empty one is taken out. Usage where the manifest says all of it already."""
    manifest, kind = _meant(desk, ref)
    document = desk.library.written(manifest)
    found = [one for one in details_of(kind) if one.name in wanted]
    changed = [one for one in found if wanted[one.name] != value_at(document, one.path).strip()]
    if not changed:
        raise Usage("this is what the manifest says already")
    for one in changed:
        _refuse_laid_over(desk, manifest, one.pointer)
    edits = [_detail_edit(document, one.path, wanted) for one in changed]
    return _edited(desk, manifest, edits, changed[0].pointer)


def _detail_edit(document: Any, path: tuple[str, ...], wanted: Mapping[str, str]) -> Edit:
    """Behind the detail before it, where it was not there; what would be left empty goes with it."""
    if value := wanted[path[-1]]:
        beside = (one for one in PATHS[: PATHS.index(path)] if one[:-1] == path[:-1])
        there = [one[-1] for one in beside if wanted.get(one[-1], value_at(document, one))]
        return Put(path, value, after=there[-1] if there else "")
    while len(path) > 2 and len(_member(document, path[:-1])) == 1:
        path = path[:-1]
    return Drop(path)


def _member(document: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def drafted(desk: Desk, draft: Draft) -> Proposal:
    """A manifest that was written in mind, as a new file. Usage where there is one."""
    if draft.path.exists():
        raise Usage(f"{draft.shown} exists, and is left as it is; choose another name")
    return Proposal(draft.ref, draft.shown, None, draft.text.encode())


def _meant(desk: Desk, ref: Ref) -> tuple[Manifest, Kind]:
    catalog = desk.library.catalog
    if has_errors(catalog.diagnostics):
        raise Invalid(catalog.diagnostics)
    if ref not in catalog.manifests:
        raise Usage(f"{ref} has no manifest that could be changed; `muster import {ref}` writes one")
    return catalog.manifests[ref], desk.kinds.table[ref.kind]


def _edited(desk: Desk, manifest: Manifest, edits: Sequence[Edit], pointer: str, remark: str = "") -> Proposal:
    return _changed(desk, manifest, lambda text: edited(text, edits), pointer, remark)


def _changed(desk: Desk, manifest: Manifest, change: Callable[[str], str], pointer: str, remark: str = "") -> Proposal:
    _refuse_laid_over(desk, manifest, pointer)
    before = desk.library.bytes_of(manifest.file)
    found = desk.library.loader.reader.read(before, manifest.file)
    if manifest.ref not in [one.ref for one in found.manifests if one.index == manifest.index]:
        raise Stale(f"{manifest.file} has changed a moment ago; look again")
    remarks = [remark] if remark else []
    if desk.project.overlay:
        remarks.append(
            f"{manifest.file} is the manifest of every environment, not of {desk.project.overlay.name} alone"
        )
    return Proposal(manifest.ref, manifest.file, before, changed_file(before, manifest.index, change), tuple(remarks))


def _refuse_laid_over(desk: Desk, manifest: Manifest, pointer: str) -> None:
    laid_over = desk.library.laid_over(manifest, pointer, desk.kinds.table[manifest.ref.kind].shape)
    if laid_over is not None:
        raise Usage(f"{pointer} comes from the environment, {laid_over}; it is to be changed there")
