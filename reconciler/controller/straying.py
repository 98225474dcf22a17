"""What the log knows of drift: fields that were changed past the manifest, and corrections that were made in vain."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from reconciler.model.canonical import Document
from reconciler.model.change import Change
from reconciler.model.event import Event
from reconciler.model.hold import STATE
from reconciler.model.instant import from_text
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Op
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.plan.diff import diff
from reconciler.plan.drift import CORRECTIONS, WINDOW, Drift, Fight, as_left
from reconciler.plan.question import Question


def with_drift(question: Question, store: Store, policy: Drift) -> Question:
    """The question with what is known of drift, and with what is stored in place of what is asked where it is left."""
    judged = [ref for ref in question.triage.judged if not question.only or ref in question.only]
    found = ((ref, _fields(question, store, ref, policy.chosen is not None)) for ref in judged)
    fields = {ref: changes for ref, changes in found if changes}
    operated = (ref for ref in judged if ref in question.heads and question.heads[ref].operated)
    suspects = {**fields, **dict.fromkeys(operated)} if policy.chosen is None else {}
    fights = {ref: tuple(_fights(store.events(ref))) for ref in suspects}
    drift = replace(policy, fields=fields, fights=fights)
    asked: dict[Ref, tuple[Manifest, Document]] = {}
    instead: dict[Ref, tuple[Manifest, Document]] = {}
    for ref, changes in fields.items():
        left = [one for one in changes if drift.leaves(question.resources[ref], one.path, question.now)]
        if left:
            asked[ref] = question.manifests[ref], question.documents[ref]
            instead[ref] = as_left(*asked[ref], left, question.kinds[ref.kind].shape)
    drift = replace(drift, asked=asked)
    if not instead:
        return replace(question, drift=drift)
    manifests = {**question.manifests, **{ref: manifest for ref, (manifest, _) in instead.items()}}
    documents = {**question.documents, **{ref: document for ref, (_, document) in instead.items()}}
    return replace(question, drift=drift, manifests=manifests, documents=documents)


def _fields(question: Question, store: Store, ref: Ref, whatever: bool) -> tuple[Change, ...]:
    """The fields that have strayed: the manifest of this very commit was applied as it is, and something else since.

    `whatever` takes every difference for one: where it is named what is to be corrected, the rest is left.
    """
    head, manifest, commit = question.heads.get(ref), question.manifests[ref], question.commits.get(ref, "")
    resource = question.resources.get(ref)
    if head is None or resource is None or manifest.digest == head.digest or not (commit or whatever):
        return ()
    applied = ((event.body.get("commit"), event.body.get("digest")) for event in store.events(ref))
    if not whatever and (commit, manifest.digest) not in applied:
        return ()
    return diff(resource.document, question.documents[ref], question.kinds[ref.kind].shape)


def _fights(events: Iterable[Event]) -> Iterator[Fight]:
    """The paths that were corrected so often that the next time may be a fight, each with until when it would be."""
    times: dict[str, list[datetime]] = {}
    for event in events:
        if event.body.get("drift") and event.body["op"] in (Op.EDIT, Op.TRANSITION):
            for path in _corrected(event):
                times.setdefault(path, []).append(from_text(event.body["at"]))
    for path, at in sorted(times.items()):
        if len(at) >= CORRECTIONS:
            yield Fight(path, at[-CORRECTIONS] + WINDOW)


def _corrected(event: Event) -> Iterator[str]:
    if event.body["op"] == Op.TRANSITION:
        yield STATE
    yield from (str(change["path"]) for change in event.body.get("changes", ()))
