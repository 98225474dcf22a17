"""Every kind of a project, ready for use."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.lifecycle.kind import Kind


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind of a project, by name, with a fingerprint over the bytes that define them."""

    table: Mapping[str, Kind]
    fingerprint: str
    own: frozenset[str] = frozenset()
    """The kinds that the project defines itself."""
