"""What a daemon is given each time it looks: a catalog that can be trusted, and what is wrong with where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.model.errors import MusterError
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds
from reconciler.source.project import Project
from reconciler.source.resident import Edits


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the source is not followed at the moment: a reason in CamelCase, and a sentence. Nothing is changed by it."""

    reason: str
    message: str


class NothingYet(MusterError):
    """No catalog was ever read from this source, so there is nothing to reconcile."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Reading:
    """The last good catalog. `edits` is what changed in it since the last reading; None: anything may have."""

    project: Project
    kinds: Kinds
    library: Library
    edits: Edits | None
    lost: Mapping[str, tuple[Ref, ...]] = field(default_factory=dict)
    """Files that are wrong, with the refs that they held while they were sound."""
    commit: str = ""
    trouble: Trouble | None = None


class Source(Protocol):
    """Where manifests come from."""

    def read(self, fresh: bool) -> Reading:
        """The catalog as it is now; `fresh`: ask far sources too. NothingYet where there has never been one."""
        ...

    def reload(self) -> None:
        """Read settings and kinds anew next time."""
        ...
