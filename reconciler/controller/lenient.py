"""The sound part of a catalog: one broken manifest never stops the others.

`plan` and `apply` refuse a catalog with any error as a whole. A daemon goes on with the rest. What a broken file holds, or
held, is *withheld*: it is neither planned nor taken for gone; its timers go on, and it keeps hold of what it uses, as a
resource without a manifest does. What refers to something withheld is withheld too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.controller.gather import finding
from reconciler.lifecycle.kind import Kind
from reconciler.model.diagnostic import Diagnostic, has_errors, in_order
from reconciler.model.manifest import Catalog
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.plan.references import resolve
from reconciler.source.catalog import Library


@dataclass(frozen=True, slots=True)
class Sound:
    """A catalog without errors, and what was left out of it."""

    library: Library
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is wrong, all of it, with the warnings."""
    withheld: Mapping[Ref, Diagnostic] = field(default_factory=dict)
    """What is left alone, with the reason."""


def sound(
    library: Library, kinds: Mapping[str, Kind], lost: Mapping[str, tuple[Ref, ...]], store: Store, now: datetime
) -> Sound:
    """The part of the catalog that can be reconciled. `lost` is what broken files held when they were last sound."""
    catalog = library.catalog
    if not has_errors(catalog.diagnostics) and not _findings(library, kinds, now):
        return Sound(library, catalog.diagnostics)
    withheld = dict(_broken(catalog, lost))
    withheld |= _stored(store, catalog, withheld)
    manifests = {ref: one for ref, one in catalog.manifests.items() if ref not in withheld}
    diagnostics = [*catalog.diagnostics]
    while True:
        rest = replace(library, catalog=Catalog(manifests))
        found = _findings(rest, kinds, now)
        more = {Ref.parse(one.ref): one for one in found}
        # What is to go on under a new name waits until its old manifest can be read.
        more |= {
            ref: withheld[former] for ref, one in manifests.items() if (former := one.former) in withheld and former
        }
        if not more:
            break
        diagnostics += found
        withheld |= more
        manifests = {ref: one for ref, one in manifests.items() if ref not in more}
    return Sound(rest, in_order(diagnostics), withheld)


def _findings(library: Library, kinds: Mapping[str, Kind], now: datetime) -> list[Diagnostic]:
    """What is wrong with the manifests among each other."""
    links = resolve(library.catalog.manifests, kinds, now)
    told = (finding(one, library, kinds) for one in links.findings)
    return [one for one in told if has_errors((one,))]


def _broken(catalog: Catalog, lost: Mapping[str, tuple[Ref, ...]]) -> Iterable[tuple[Ref, Diagnostic]]:
    """What the errors of files are about: the ref that they name, else all that the file held."""
    for one in catalog.diagnostics:
        if not has_errors((one,)):
            continue
        if one.ref:
            yield Ref.parse(one.ref), one
        for ref in lost.get(one.place.file, ()):
            if ref not in catalog.manifests:
                yield ref, one


def _stored(store: Store, catalog: Catalog, withheld: Mapping[Ref, Diagnostic]) -> dict[Ref, Diagnostic]:
    """What the store has from a file, or a folder, that cannot be read now."""
    errors = [one for one in catalog.diagnostics if one.place.file and has_errors((one,))]
    missing: list[Ref] = [ref for ref in store.heads() if ref not in catalog.manifests and ref not in withheld]
    if not errors or not missing:
        return {}
    by_file = {one.place.file: one for one in reversed(errors)}
    folders = tuple(f"{file}/" for file in by_file)
    found: dict[Ref, Diagnostic] = {}
    for ref, resource in store.load(missing).items():
        if resource.file in by_file:
            found[ref] = by_file[resource.file]
        elif resource.file.startswith(folders):
            found[ref] = next(one for file, one in by_file.items() if resource.file.startswith(f"{file}/"))
    return found
