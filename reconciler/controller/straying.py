"""What the log knows of drift: fields that were changed past the manifest, and corrections that were made in vain."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reconciler.model.authorship import Authorship
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

Authors = Callable[[Iterable[Ref]], Mapping[Ref, Authorship]]
"""Who brought manifests into their present form."""


def with_drift(question: Question, store: Store, policy: Drift, authors: Authors) -> Question:
    """The question with what is known of drift, and with what is stored in place of what is asked where it is left."""
    judged = [ref for ref in question.triage.judged if not question.only or ref in question.only]
    fields = _fields(question, store, judged, None if policy.chosen is not None else authors)
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
    groups = question.groups.with_documents({ref: document for ref, (_, document) in instead.items()})
    return replace(question, drift=drift, manifests=manifests, documents=documents, groups=groups)


def _fields(
    question: Question, store: Store, judged: Iterable[Ref], authors: Authors | None
) -> dict[Ref, tuple[Change, ...]]:
    """The fields that have strayed: the manifest of this very commit was applied as it is, and something else since.

    Without `authors` every difference is taken for one: where it is named what is to be corrected, the rest is left.
    """
    edited = [ref for ref in judged if _is_edited(question, ref)]
    if authors is not None:
        # Outside git, or where nobody applied from git, nobody could say whose a difference is.
        applied = {ref: set(_applied(store.events(ref))) for ref in edited} if question.commit else {}
        # Whether it was this commit that was applied is asked of git, and only where the log may know it.
        seen = [ref for ref, known in applied.items() if any(question.manifests[ref].digest == one for _, one in known)]
        commits = {ref: one.commit for ref, one in authors(seen).items()} if seen else {}
        edited = [ref for ref in seen if (commits.get(ref), question.manifests[ref].digest) in applied[ref]]
    kinds, documents = question.kinds, question.documents
    return {
        ref: changes
        for ref in edited
        if (changes := diff(question.resources[ref].document, documents[ref], kinds[ref.kind].shape))
    }


def _is_edited(question: Question, ref: Ref) -> bool:
    head = question.heads.get(ref)
    return head is not None and ref in question.resources and question.manifests[ref].digest != head.digest


def _applied(events: Iterable[Event]) -> Iterator[tuple[str, str]]:
    """Every commit that the log names, with the digest that it brought."""
    for event in events:
        commit, digest = event.body.get("commit"), event.body.get("digest")
        if commit and digest:
            yield commit, digest


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
