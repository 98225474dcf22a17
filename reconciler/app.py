"""The wiring: the only place that knows concrete classes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, Usage
from reconciler.model.ports import Clock, Runtime, Store
from reconciler.source.project import Project, read_project


class SystemClock:
    """The machine's clock: the one place where the present is read."""

    def now(self) -> datetime:
        """See `ports.Clock`."""
        return datetime.now(UTC)


@dataclass(slots=True)
class App:
    """A project, opened. Everything heavy is loaded when it is first asked for."""

    project: Project
    clock: Clock
    runtimes: dict[str, Runtime] = field(default_factory=dict)
    """What runs each kind, by kind; none is built in yet, and a kind without one has unknown facts."""

    @classmethod
    def open(cls, root: Path, paths: tuple[str, ...] = (), store: str | None = None, clock: Clock | None = None) -> "App":
        """The project at `root`. Usage where that is no directory, Invalid where muster.yaml is wrong."""
        project, found = read_project(root, paths, store)
        if has_errors(found):
            raise Invalid(found)
        return cls(project, clock or SystemClock())

    def store(self) -> Store:
        """The store that the project names. Usage for a URL of an unknown kind."""
        scheme, _, rest = self.project.store.partition(":")
        path = rest.removeprefix("//") if rest.startswith("///") else rest
        if scheme != "sqlite" or not path.strip("/") or path.startswith("//?"):
            raise Usage(f"{self.project.store!r} is not a store; write sqlite:///absolute/path or sqlite:relative/path")
        from reconciler.store.sqlite import SqliteStore

        return SqliteStore(self.project.root / ("/" + path.lstrip("/") if path.startswith("/") else path))
