"""The steps of a workflow with what they say, as a page shows them. (I-13, AMB-I5)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.dashboard.visit import Visit
from reconciler.kinds.messaging.texts import Text, Texts, texts_of, unpacked
from reconciler.kinds.receivables.sheet import Sheet
from reconciler.model.enrolments import Saying
from reconciler.model.errors import Permanent
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a step is said, with its text where that is known."""

    channel: Ref
    template: Ref
    text: Text | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the workflow, from 1; without ways it is the end. `said` counts what became of those that were due."""

    number: int
    day: int
    ways: tuple[Way, ...]
    when: str
    due: int
    said: Mapping[Saying, int]


def steps_of(visit: Visit, one: Resource, sheet: Sheet) -> tuple[Step, ...]:
    """The steps: with the texts that were packed at the launch, before that with those that stand in the files."""
    written = _written(visit, one)
    texts = _texts(visit, one, sorted({way["template"] for step in written for way in _ways(step)}))
    return tuple(_step(step, told, texts) for step, told in zip(written, sheet.steps, strict=True))


def _written(visit: Visit, one: Resource) -> list[Mapping[str, Any]]:
    ref = Ref("Workflow", one.document.get("spec", {}).get("workflow", ""))
    found = visit.store.load([ref]).get(ref)
    return list(found.document.get("spec", {}).get("steps", ())) if found else []


def _ways(step: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (way for way in (step, step.get("otherwise", {})) if "channel" in way)


def _step(step: Mapping[str, Any], told: Any, texts: Texts) -> Step:
    ways = tuple(
        Way(Ref("Channel", way["channel"]), Ref("Template", way["template"]), texts.get(way["template"]))
        for way in _ways(step)
    )
    return Step(told.number, told.day, ways, step.get("when", ""), told.due, told.said)


def _texts(visit: Visit, one: Resource, names: list[str]) -> Texts:
    """None of them where one cannot be read: the checklist says which."""
    store = visit.store
    packed = store.ledger.package(store.ledger.uid(one.ref)).get("texts")
    if packed:
        return unpacked(packed)
    try:
        return texts_of(names, visit.premises.app.shelf(store))
    except Permanent:
        return {}
