"""What runtimes observe, asked when a rule first looks at it: counting a million recipients is not done for nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.errors import Permanent, Transient
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Lookup, Runtime
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Observed(Mapping[Ref, Mapping[str, Any]]):
    """The facts of these documents, each observed once and then kept, so that a plan is judged by one look."""

    runtimes: Mapping[str, Runtime]
    documents: Mapping[Ref, Document]
    beside: Lookup
    seen: dict[Ref, Mapping[str, Any]] = field(default_factory=dict)
    """What was asked for so far."""
    why: dict[Ref, str] = field(default_factory=dict)
    """Of those whose facts are not known: what was in the way of knowing them."""

    def __getitem__(self, ref: Ref) -> Mapping[str, Any]:
        """Raises KeyError where nothing runs its kind."""
        if ref not in self.seen:
            try:
                self.seen[ref] = self.runtimes[ref.kind].observe(ref, self.documents[ref], self.beside)
            except (Permanent, Transient) as error:
                self.seen[ref], self.why[ref] = {}, str(error)
        return self.seen[ref]

    def __contains__(self, ref: object) -> bool:
        """Whether it can be observed; without looking."""
        return isinstance(ref, Ref) and ref.kind in self.runtimes and ref in self.documents

    def __iter__(self) -> Iterator[Ref]:
        return (ref for ref in self.documents if ref.kind in self.runtimes)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def with_settings(beside: Lookup, settings: Mapping[str, Mapping[str, Any]]) -> Lookup:
    """Finds besides, by a ref without a name, the settings of a kind that hold: whatever they are called."""

    def found(ref: Ref) -> Document | None:
        if ref.name:
            return beside(ref)
        return {"spec": settings[ref.kind]} if ref.kind in settings else None

    return found


def observed(runtime: Runtime, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
    """The facts of a resource; none, so all unknown, where the runtime cannot look now."""
    try:
        return runtime.observe(ref, document, beside)
    except (Permanent, Transient):
        return {}


def unknown_facts(facts: object, manifests: Mapping[Ref, Manifest]) -> Iterator[Diagnostic]:
    """What was in the way of observing those that were asked for: what hangs on it waits."""
    for ref, why in facts.why.items() if isinstance(facts, Observed) else ():
        manifest = manifests.get(ref)
        advice = "correct this; what hangs on it waits until then"
        yield diagnose("unknown-facts", why, manifest.place if manifest else Place(), help=advice, ref=str(ref))
