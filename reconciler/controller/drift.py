"""Drift as a person asks for it: what has strayed, who did it, and why; and taking it over into the manifest."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from reconciler.controller.gather import Gatherer, Wishes
from reconciler.controller.pinpoint import place_at
from reconciler.lifecycle.kind import Kind
from reconciler.model.change import ABSENT, Change, tokens
from reconciler.model.deviation import Deviation
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, MusterError, Usage
from reconciler.model.event import Event
from reconciler.model.hold import STATE, acknowledged, keeping
from reconciler.model.instant import to_text
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Op
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.advance import BRINGS, ENTERS
from reconciler.plan.diff import diff
from reconciler.plan.kept import strays
from reconciler.plan.question import Question
from reconciler.source.edit import Append, Drop, Edit, Put, overwrite, unix
from reconciler.source.edit_file import edited_file
from reconciler.source.reader import ManifestReader


def deviations(gatherer: Gatherer, now: datetime, refs: Iterable[Ref] = ()) -> tuple[Deviation, ...]:
    """Every field that has strayed, of these resources or of all. Invalid where the manifests have errors."""
    wanted = frozenset(refs)
    question, _ = gatherer.question(now, Wishes(wanted, horizon=timedelta()))
    judged = (ref for ref in question.triage.judged if not wanted or ref in wanted)
    return tuple(one for ref in judged for one in _of(gatherer, question, ref))


def _of(gatherer: Gatherer, question: Question, ref: Ref) -> Iterator[Deviation]:
    changes = strays(question, ref)
    if not changes:
        return
    resource, manifest, now = question.resources[ref], question.manifests[ref], question.now
    events = list(gatherer.store.events(ref))
    due = manifest.due(now)
    for change in changes:
        entry = due.index if due is not None and change.path == STATE else -1
        yield Deviation(
            ref=ref,
            change=change,
            place=manifest.place_of(entry) if change.path == STATE else place_at(gatherer, ref, change.path),
            event=_culprit(events, change),
            left=question.drift.leaves(resource, change.path, now),
            acknowledged=acknowledged(resource.holds, now, change.path) is not None,
            holds=keeping(resource.holds, now),
            entry=entry,
        )


def _culprit(events: Sequence[Event], change: Change) -> Event | None:
    """The last line of the log that has made it what it is stored as."""
    brought = _brought_state if change.path == STATE else _brought_field
    return next((event for event in reversed(events) if brought(event, change.path)), None)


def _brought_state(event: Event, _path: str) -> bool:
    return event.body["op"] in ENTERS


def _brought_field(event: Event, path: str) -> bool:
    changes = event.body.get("changes", ()) if event.body["op"] in BRINGS else ()
    return event.body["op"] == Op.CREATE or any(_meets(one["path"], path) for one in changes)


def _meets(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def chosen(found: Sequence[Deviation], ref: Ref, path: str) -> tuple[Deviation, ...]:
    """Of what has strayed, that at `path` or under it; all where no path is named. Usage where there is none."""
    some = tuple(one for one in found if not path or one.change.path == path or one.change.path.startswith(f"{path}/"))
    if not some:
        known = ", ".join(one.change.path for one in found)
        where = f" at {path}" if path else ""
        raise Usage(f"{ref} does not drift{where}" + (f"; it does at {known}" if known else ""))
    return some


# Taking it over into the manifest.


def adopt(gatherer: Gatherer, found: Sequence[Deviation]) -> str:
    """Write what is stored into the manifest, every other line as it was; the file. MusterError where that cannot be done."""
    library, ref = gatherer.library, found[0].ref
    if has_errors(library.catalog.diagnostics):
        raise Invalid(library.catalog.diagnostics)
    manifest, kind = library.catalog.manifests[ref], gatherer.kinds.table[ref.kind]
    resource = gatherer.store.load([ref])[ref]
    _refuse_overlaid(gatherer, manifest, found)
    data = library.bytes_of(manifest.file)
    after = edited_file(data, manifest.index, [_edit(one, resource) for one in _outermost(found, resource)])
    _check(gatherer, kind, found, unix(after), resource)
    overwrite(gatherer.project.root / manifest.file, after.decode())
    return manifest.file


def _refuse_overlaid(gatherer: Gatherer, manifest: Manifest, found: Sequence[Deviation]) -> None:
    """What an environment says has the last word: written into the manifest, it would change nothing. Usage."""
    shape = gatherer.kinds.table[manifest.ref.kind].shape
    for one in found:
        path = "/schedule/entries" if one.change.path == STATE and one.entry >= 0 else one.change.path
        place = gatherer.library.laid_over(manifest, path, shape)
        if place is not None:
            raise Usage(f"{one.change.path} comes from {place}; change it there, and nothing has to be adopted")


def _outermost(found: Sequence[Deviation], resource: Resource) -> list[Deviation]:
    """One for each member of the manifest that is to be written: what lies in one list is written together."""
    return list({_member(one, resource): one for one in found}.values())


def _member(one: Deviation, resource: Resource) -> tuple[str, ...]:
    """The path of mappings to what is written: lists are written whole."""
    here, path = resource.document, tokens(one.change.path)
    for depth, name in enumerate(path):
        if not isinstance(here, dict):
            return path[:depth]
        here = here.get(name, {})
    return path


def _edit(one: Deviation, resource: Resource) -> Edit:
    path = _member(one, resource)
    if one.change.path == STATE and one.entry >= 0:
        at = to_text(resource.entered_at.replace(microsecond=0))
        return Append(("schedule", "entries"), {"at": at, "state": resource.state})
    if one.change.path == STATE:
        return Put(("state",), resource.state, after="metadata")
    if path[0] == "files":
        raise Usage(
            f"{one.change.path} is the content of a file, of which the store has the digest alone; restore the file"
        )
    if len(path) == len(tokens(one.change.path)) and one.change.before is ABSENT:
        return Drop(path)
    value = resource.document
    for name in path:
        value = value[name]
    return Put(path, value)


def _check(gatherer: Gatherer, kind: Kind, found: Sequence[Deviation], text: str, resource: Resource) -> None:
    """Whether the text says what is meant, before it is written."""
    ref, project = found[0].ref, gatherer.project
    manifest = gatherer.library.catalog.manifests[ref]
    reading = ManifestReader(gatherer.kinds, project.timezone, project.overlay).read(text.encode(), manifest.file)
    if has_errors(reading.diagnostics):
        raise Invalid(tuple(reading.diagnostics))
    read = next((index for index, one in enumerate(reading.manifests) if one.ref == ref), None)
    if read is None:
        raise MusterError(f"{manifest.file} would not describe {ref} any more; nothing was written")
    fields = [one.change.path for one in found if one.change.path != STATE]
    left = diff(resource.document, {**reading.values[read], **_files(resource)}, kind.shape) if fields else ()
    if any(change.path in fields for change in left):
        raise MusterError(f"{manifest.file} cannot be changed so that it says what is stored; nothing was written")


def _files(resource: Resource) -> dict[str, object]:
    return {"files": resource.document["files"]} if "files" in resource.document else {}
