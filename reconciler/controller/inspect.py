"""Looking at resources: what they are, what they may become, and who depends on them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from difflib import get_close_matches

from reconciler.controller.gather import Gatherer, Wishes, finding
from reconciler.controller.operate import Surroundings
from reconciler.controller.survey import Survey
from reconciler.lifecycle.kind import Kind
from reconciler.model.change import Change
from reconciler.model.condition import Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Usage
from reconciler.model.lifecycle import DELETED
from reconciler.model.portrait import Option, Portrait
from reconciler.model.ports import Clock, Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.work import Stage
from reconciler.plan.advice import Adviser
from reconciler.plan.diff import diff
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.references import stored_links
from reconciler.plan.risk import Assessor


def find(text: str, known: Iterable[Ref], otherwise: str = "the store knows no") -> Ref:
    """The resource that a person means: with a version exactly that one, without it the highest there is.

    Usage where there is none, in the words of `otherwise` and its text.
    """
    try:
        wanted = Ref.parse(text)
    except ValueError as error:
        raise Usage(str(error)) from None
    refs = list(known)
    same = sorted(ref for ref in refs if ref[:2] == wanted[:2] and ("@" not in text or ref == wanted))
    if not same:
        close = get_close_matches(text, [str(ref) for ref in refs], n=1, cutoff=0.5)
        raise Usage(f"{otherwise} {text}" + (f"; did you mean {close[0]}?" if close else ""))
    return same[-1]


def portray(gatherer: Gatherer, clock: Clock, text: str, last: int) -> Portrait:
    """The portrait of one stored resource, with its `last` events."""
    store = gatherer.store
    ref = find(text, store.heads())
    return portrait_of(gatherer, store.load([ref])[ref], clock.now(), last)


def portrait_of(
    gatherer: Gatherer, resource: Resource, now: datetime, last: int, known: Survey | None = None
) -> Portrait:
    """The portrait of this resource, with its `last` events; `known` is what somebody who looks often keeps up to date.

    Usage where its kind is no longer defined, Invalid where the manifests have errors.
    """
    store, ref = gatherer.store, resource.ref
    kind = gatherer.kinds.table.get(ref.kind)
    if kind is None:
        raise Usage(f"the kind of {ref} is no longer defined in this project")
    question, _ = gatherer.question(now, Wishes(horizon=timedelta(), about=frozenset({ref})), known)
    manifest = question.manifests.get(ref)
    document = gatherer.library.documents([ref]).get(ref)
    asker = Asker(Interpreter(question), ref, kind, resource.document, document or resource.document)
    return Portrait(
        resource=resource,
        law=kind.lifecycle,
        manifest=manifest,
        desired=manifest.state_at(now) if manifest else "",
        changes=_changes(kind, resource, document),
        options=_options(asker, kind, resource),
        users=tuple(dict.fromkeys(user for user, _ in question.links.users(ref))),
        targets=tuple(dict.fromkeys(link.target for link in question.links.of.get(ref, ()))),
        events=tuple(store.last_events(ref, last))[::-1],
        has_runtime=ref.kind in gatherer.runtimes,
        status=current_status(store, resource),
        advice=_advice(gatherer, asker.interpreter, ref) if manifest and document else (),
    )


def portrait_as_stored(around: Surroundings, resource: Resource, now: datetime, last: int) -> Portrait:
    """The same by the store alone, as if nothing had a manifest: for where the manifests cannot be read."""
    ref, store = resource.ref, around.store
    kind, question = around.kinds[ref.kind], around.question(ref, now)
    asker = Asker(Interpreter(question), ref, kind, resource.document, resource.document)
    stored = ((user, question.resources[user]) for user in question.triage.unmanaged if user in question.resources)
    links = ((user, link) for user, one in stored for link in stored_links(around.kinds[user.kind], one.document))
    return Portrait(
        resource=resource,
        law=kind.lifecycle,
        manifest=None,
        desired="",
        changes=(),
        options=_options(asker, kind, resource),
        users=tuple(dict.fromkeys(sorted(user for user, link in links if link.target == ref))),
        targets=tuple(dict.fromkeys(link.target for link in question.links.of.get(ref, ()))),
        events=tuple(store.last_events(ref, last))[::-1],
        has_runtime=ref.kind in around.runtimes,
        status=current_status(store, resource),
    )


def _options(asker: Asker, kind: Kind, resource: Resource) -> tuple[Option, ...]:
    """What leads away from the present state, with what each way waits for and would lose."""
    assessor = Assessor(asker.interpreter)
    return tuple(
        Option(
            edge,
            asker.verdicts(edge.guards, resource.state, True),
            assessor.of(resource.ref, resource.state, edge.effects),
        )
        for edge in kind.lifecycle.leaving(resource.state)
    )


def _advice(gatherer: Gatherer, interpreter: Interpreter, ref: Ref) -> tuple[Diagnostic, ...]:
    kinds, library = gatherer.kinds.table, gatherer.library
    return tuple(finding(one, library, kinds) for one in Adviser(interpreter).of(ref))


def current_status(store: Store, resource: Resource) -> Status | None:
    """The stored conditions, if they are about the resource as it is now."""
    found = store.bulletin.statuses([resource.ref]).get(resource.ref)
    return found if found is not None and found.revision == resource.revision else None


def _changes(kind: Kind, resource: Resource, document: dict[str, object] | None) -> tuple[Change, ...]:
    return diff(resource.document, document, kind.shape) if document is not None else ()


def forgettable(gatherer: Gatherer, store: Store, ref: Ref, now: datetime) -> Resource:
    """The resource, if it may be forgotten: unmanaged, not acting on the world, and nothing is owed. Usage otherwise."""
    resource = store.load([ref])[ref]
    if ref in gatherer.library.catalog.manifests:
        raise Usage(f"{ref} has a manifest; remove that first, or ask there for `state: {DELETED}`")
    kind = gatherer.kinds.table.get(ref.kind)
    if kind is not None and kind.lifecycle.states[resource.state].outward:
        raise Usage(f"{ref} is {resource.state} and acts on the world; stop it before it is forgotten")
    if owed := _owed(store, ref, now):
        units = "1 unit" if owed == 1 else f"{owed:,} units"
        raise Usage(
            f"{ref} has {units} of work left, which nobody would do once it is forgotten; let that be done, or end it"
        )
    return resource


def _owed(store: Store, ref: Ref, now: datetime) -> int:
    """How much is left to do in a job that stands whatever the resource's state is, such as deliveries of sold leads."""
    job = store.ledger.view(store.ledger.uid(ref), now)
    return sum(job.stages.get(one, 0) for one in (Stage.PENDING, Stage.SENDING)) if job and job.stands else 0
