"""What `when` and `requires` ask: one manifest, supposed to ask for a state, with the places in the files that it is about."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.controller.gather import Gatherer, Wishes, finding
from reconciler.controller.inspect import find
from reconciler.controller.pinpoint import occurrence_placed, place_at, refusal_placed
from reconciler.model import record
from reconciler.model.collector import resting_collector
from reconciler.model.diagnostic import has_errors, in_order
from reconciler.model.errors import Invalid, Usage
from reconciler.model.manifest import Catalog
from reconciler.model.plan import Verdict
from reconciler.model.ref import Ref
from reconciler.plan.ask import When, when
from reconciler.plan.checklist import Checklist, Item, checklist
from reconciler.plan.closers import Closer, Who
from reconciler.plan.references import Finding, resolve
from reconciler.source.schema import did_you_mean


@dataclass(frozen=True, slots=True)
class Wanted:
    """A state that a manifest might ask for."""

    ref: Ref
    state: str


def wanted(gatherer: Gatherer, text: str, state: str) -> Wanted:
    """The manifest and the state that the words mean. Usage where there is no such manifest, or its kind has no such state.

    Invalid where a file has errors: what stands in it is not known.
    """
    catalog = gatherer.library.catalog
    if has_errors(catalog.diagnostics):
        raise Invalid(in_order(catalog.diagnostics))
    ref = find(text, catalog.manifests, "there is no manifest of")
    states = gatherer.kinds.table[ref.kind].lifecycle.states
    if state not in states:
        near = did_you_mean(state, sorted(states)) or f"its states are {', '.join(states)}"
        raise Usage(f"{ref.kind} has no state {state!r}; {near}")
    return Wanted(ref, state)


def ask_when(gatherer: Gatherer, now: datetime, one: Wanted, horizon: timedelta) -> When:
    """When the manifest may ask for the state. Invalid where the manifests have errors."""
    with resting_collector():
        question, _ = gatherer.question(now, Wishes(horizon=horizon, about=frozenset({one.ref})))
        found = when(question, one.ref, one.state)
    obstacles = tuple(
        replace(obstacle, refusal=refusal_placed(gatherer, one.ref, obstacle.refusal)) for obstacle in found.obstacles
    )
    because = tuple(occurrence_placed(gatherer, occurrence) for occurrence in found.because)
    return replace(found, obstacles=obstacles, because=because)


def ask_requires(gatherer: Gatherer, now: datetime, one: Wanted) -> Checklist:
    """What the manifest needs to ask for the state. Its own dangling references are items; Invalid for any other error."""
    sound, dangling = _without_dangling(gatherer, now, one.ref)
    with resting_collector():
        question, _ = sound.question(now, Wishes(horizon=timedelta(), about=frozenset({one.ref})))
        found = checklist(question, one.ref, one.state)
    lost = tuple(_dangling(gatherer, each) for each in dangling)
    stages = tuple(replace(stage, items=_placed(gatherer, one.ref, stage.items)) for stage in found.stages)
    return replace(found, stages=stages, beside=(*lost, *_placed(gatherer, one.ref, found.beside)))


def _placed(gatherer: Gatherer, ref: Ref, items: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(record.replace(item, place=place_at(gatherer, ref, item.path)) for item in items)


def _without_dangling(gatherer: Gatherer, now: datetime, ref: Ref) -> tuple[Gatherer, list[Finding]]:
    """The project as if this manifest made none of its references that lead nowhere, and what is wrong with those."""
    library, kinds = gatherer.library, gatherer.kinds.table
    catalog = library.catalog
    findings = resolve(catalog.manifests, kinds, now).findings
    dangling = [one for one in findings if one.ref == ref and one.code in ("dangling-reference", "ambiguous-reference")]
    if not dangling:
        return gatherer, []
    manifest, lost = catalog.manifests[ref], [one.mention for one in dangling]
    mentions = tuple(mention for mention in manifest.mentions if mention not in lost)
    manifests = {**catalog.manifests, ref: record.replace(manifest, mentions=mentions)}
    return replace(gatherer, library=replace(library, catalog=Catalog(manifests, catalog.diagnostics))), dangling


def _dangling(gatherer: Gatherer, one: Finding) -> Item:
    told = finding(one, gatherer.library, gatherer.kinds.table)
    message = f"{one.detail}; {one.help}" if one.help else one.detail
    return Item(one.code, Verdict.FALSE, message, place=told.place, closers=(Closer(Who.AUTHOR),))
