"""Where in the manifests something is: the place of a refusal, of what will happen, and of whatever a pointer names."""

from dataclasses import replace

from reconciler.controller.gather import Gatherer, place_of, pointer_to
from reconciler.model.change import tokens
from reconciler.model.diagnostic import Place
from reconciler.model.plan import Refusal
from reconciler.model.ref import Ref
from reconciler.model.timeline import Occurrence


def place_at(gatherer: Gatherer, ref: Ref, path: str) -> Place:
    """Where the manifest of `ref` has what is at `path`, or what is nearest to it; its desired state for no path."""
    library = gatherer.library
    manifest = library.catalog.manifests[ref]
    if path in ("", "/state"):
        return manifest.place
    if path.startswith("/files/"):
        return place_of(library, manifest, _naming(gatherer, ref, path))
    return place_of(library, manifest, path, gatherer.kinds.table[ref.kind])


def refusal_placed(gatherer: Gatherer, ref: Ref, refusal: Refusal) -> Refusal:
    """A refusal with the place in the manifest that it is about."""
    return replace(refusal, place=place_at(gatherer, ref, refusal.path))


def occurrence_placed(gatherer: Gatherer, one: Occurrence) -> Occurrence:
    """What will happen with the places in the manifests that it comes from and that stand against it."""
    against = tuple(replace(other, place=_entry(gatherer, other.ref, other.entry)) for other in one.against)
    return replace(one, place=_entry(gatherer, one.ref, one.entry), against=against)


def _entry(gatherer: Gatherer, ref: Ref, entry: int) -> Place:
    manifest = gatherer.library.catalog.manifests.get(ref)
    return manifest.place_of(entry) if manifest else Place()


def _naming(gatherer: Gatherer, ref: Ref, path: str) -> str:
    """Where the manifest names the file whose digest stands at `path`."""
    library, name = gatherer.library, tokens(path)[1]
    manifest = library.catalog.manifests[ref]
    found = (pointer_to(library, manifest, pattern, name) for pattern, _ in gatherer.kinds.table[ref.kind].files)
    return next((pointer for pointer in found if pointer), "")
