"""What runtimes observe, asked when a rule first looks at it: counting a million recipients is not done for nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent, Transient
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

    def __getitem__(self, ref: Ref) -> Mapping[str, Any]:
        """Raises KeyError where nothing runs its kind."""
        if ref not in self.seen:
            self.seen[ref] = observed(self.runtimes[ref.kind], ref, self.documents[ref], self.beside)
        return self.seen[ref]

    def __contains__(self, ref: object) -> bool:
        """Whether it can be observed; without looking."""
        return isinstance(ref, Ref) and ref.kind in self.runtimes and ref in self.documents

    def __iter__(self) -> Iterator[Ref]:
        return (ref for ref in self.documents if ref.kind in self.runtimes)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def observed(runtime: Runtime, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
    """The facts of a resource; none, so all unknown, where the runtime cannot look now."""
    try:
        return runtime.observe(ref, document, beside)
    except (Permanent, Transient):
        return {}
