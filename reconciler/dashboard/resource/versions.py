"""The versions of one name: the state and dates of each, and how it differs from the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from reconciler.dashboard.actions.offers import Offer, offered
from reconciler.dashboard.resource.absent import absent
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.lifecycle.shape import Shape
from reconciler.model.change import Change
from reconciler.model.manifest import Manifest
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.diff import diff
from reconciler.web.door import Answer

MOST: Final = 30
"""Versions that are shown, the newest."""
_MAKES: Final = ("new-version", "duplicate")


@dataclass(frozen=True, slots=True)
class Version:
    """One of them: `stored` is None where its manifest was never applied, `before` the version that it is compared with."""

    ref: Ref
    stored: Resource | None
    manifest: Manifest | None
    before: Ref | None = None
    changes: tuple[Change, ...] = ()


def make(visit: Visit) -> Answer:
    """The page."""
    one = visit.store.load([visit.ref]).get(visit.ref)
    if one is None:
        return absent(visit, visit.ref, "versions")
    manifests = visit.premises.repository.manifests()
    asked = (ref for ref in manifests if ref.name == one.ref.name and ref.kind == one.ref.kind)
    refs = sorted({*visit.store.versions(one.ref), *asked})
    stored = visit.store.load(refs[-MOST - 1 :])
    kind = visit.premises.repository.kinds.table.get(one.ref.kind)
    versions = [Version(ref, stored.get(ref), manifests.get(ref)) for ref in refs[-MOST - 1 :]]
    told = list(_compared(versions, kind.shape if kind else Shape(open=True)))[-MOST:]
    return resource_page(
        visit, one, "resource_versions.html", versions=told[::-1], more=len(refs) - len(told), offers=_makes(visit, one)
    )


def _compared(versions: Sequence[Version], shape: Shape) -> Iterator[Version]:
    """Each with how its stored document differs from that of the last one before it that is stored."""
    yield from versions[:1]
    for before, after in pairwise(versions):
        if before.stored is None or after.stored is None:
            yield after
            continue
        changes = diff(before.stored.document, after.stored.document, shape)
        yield Version(after.ref, after.stored, after.manifest, before.ref, changes)


def _makes(visit: Visit, one: Resource) -> tuple[Offer, ...]:
    return tuple(offer for offer in offered(visit, one) if offer.name in _MAKES)
