"""Where in the manifests something is: the place of a refusal, of what will happen, and of whatever a pointer names."""

from dataclasses import replace

from reconciler.controller.gather import Gatherer, place_of, pointer_to
from reconciler.model import record
from reconciler.model.change import Change, tokens
from reconciler.model.diagnostic import Place
from reconciler.model.plan import Op, Refusal, ResourcePlan, Step
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


def layered(gatherer: Gatherer, one: ResourcePlan) -> ResourcePlan:
    """A plan whose changes name the environment's lines that they come from."""
    manifest = gatherer.library.catalog.manifests.get(one.ref)
    if manifest is None or not manifest.layers or not any(step.changes for step in one.steps):
        return one

    def of(step: Step) -> Step:
        changes = step.changes
        if step.op is Op.CREATE:
            # What is made is told as a whole; what the environment says of it is told besides.
            said = gatherer.library.overlaid(manifest)
            changes = (*changes, *(Change(path, after=said[path]) for path in sorted(said) if _is_told(path)))
        return record.replace(step, changes=with_layers(gatherer, one.ref, changes))

    return record.replace(one, steps=tuple(of(step) for step in one.steps))


def with_layers(gatherer: Gatherer, ref: Ref, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Changes of a manifest, each with the environment's line that it comes from."""
    library, manifest = gatherer.library, gatherer.library.catalog.manifests[ref]
    shape = gatherer.kinds.table[ref.kind].shape
    return tuple(
        record.replace(change, layer=library.laid_over(manifest, change.path, shape) or Place()) for change in changes
    )


def _is_told(path: str) -> bool:
    return tokens(path)[0] in ("metadata", "schedule", "spec")


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
