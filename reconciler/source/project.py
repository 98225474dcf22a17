"""`muster.yaml`: the settings of a campaigns repository, all optional; with one of its environments, where one is asked for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Usage
from reconciler.model.policy import NO_POLICIES, Policies

if TYPE_CHECKING:
    from reconciler.source.environment import Environment
    from reconciler.source.overlay import Overlay
    from reconciler.source.project_file import Settings

FILE: Final = "muster.yaml"
STATE_DIRECTORY: Final = ".muster"
DEFAULT_MANIFESTS: Final = ("campaigns.d",)


@dataclass(frozen=True, slots=True)
class Project:
    """Where a campaigns repository keeps its things. Paths are absolute."""

    root: Path
    manifests: tuple[Path, ...]
    store: str
    timezone: str | None = None
    kinds: tuple[Path, ...] = ()
    policies: Policies = NO_POLICIES
    overlay: "Overlay | None" = None
    digest: str = ""
    """Of the bytes of muster.yaml and of the environment: whatever else they say."""
    is_part: bool = False
    """Whether somebody named the manifests, so that there may be more."""
    drift: Mapping[str, str] = field(default_factory=dict)
    """What becomes of drift, `correct` or `warn`, by kind; under the empty name for all others."""
    notifications: tuple[Mapping[str, Any], ...] = ()
    """Who is told of what, as the settings have it."""
    server: Mapping[str, Any] | None = None
    """What this installation's own server is known as, and signs with, as the settings have it."""
    returns: Mapping[str, Any] = field(default_factory=dict)
    """Where what returns is taken back, as the settings have it."""
    dashboard: Mapping[str, Any] | None = None
    """Who may come into the dashboard, as the settings have it."""
    state: Path | None = None
    """Where the caches are kept, if not in the checkout."""
    history: Path | None = None
    """The repository that the root was checked out of as a whole, if git is not to be asked there."""

    @property
    def state_directory(self) -> Path:
        """What belongs to this checkout and environment and is never committed: the default store and the caches."""
        return self.state or self.root / _state_directory(self.overlay.name if self.overlay else "")

    @property
    def reading(self) -> str:
        """Whatever decides, besides the kinds, how the bytes of a manifest are read."""
        return f"{self.timezone} {self.overlay.file.digest if self.overlay else ''}"


def read_project(
    root: Path, paths: tuple[str, ...] = (), store: str | None = None, environment: str | None = None
) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project at `root`, in one of its environments or in none.

    `paths` and `store` from the command line come before the files. Usage if `root` is no directory, or has no such
    environment.
    """
    if not os.path.isdir(root):  # not pathlib's: it raises where a name is too long
        raise Usage(f"{root} is not a directory")
    root = root.resolve()
    settings, found = _settings(root / FILE)
    data: dict[str, Any] = settings.value if settings else {}
    there = None
    if environment:
        there, found_there = _environment(root, environment, settings)
        found = (*found, *found_there)
    manifests = tuple((root / path).absolute() for path in (paths or data.get("manifests", DEFAULT_MANIFESTS)))
    drift = data.get("drift", {})
    by_kind = {"": drift} if isinstance(drift, str) else {"": drift.get("default", "correct"), **drift.get("kinds", {})}
    own = (there.store if there else "") if environment else data.get("store")
    project = Project(
        root,
        manifests,
        store or own or f"sqlite:{_state_directory(environment or '')}/state.db",
        data.get("timezone"),
        tuple((root / path).absolute() for path in data.get("kinds", ())),
        there.policies if there else settings.policies if settings else NO_POLICIES,
        there.overlay if there else None,
        f"{settings.digest if settings else ''} {there.overlay.file.digest if there else ''}",
        bool(paths),
        by_kind,
        tuple(data.get("notifications", ())),
        data.get("server"),
        data.get("returns", {}),
        data.get("dashboard"),
    )
    return project, found


def _state_directory(environment: str) -> str:
    return f"{STATE_DIRECTORY}/environments/{environment}" if environment else STATE_DIRECTORY


def _settings(file: Path) -> "tuple[Settings | None, tuple[Diagnostic, ...]]":
    if not os.path.lexists(file):
        return None, ()
    # Imported where there is something to read: YAML and JSON Schema cost a quarter of an idle plan's start.
    from reconciler.source.project_file import read_settings

    return read_settings(file)


def _environment(
    root: Path, name: str, settings: "Settings | None"
) -> "tuple[Environment | None, tuple[Diagnostic, ...]]":
    from reconciler.source.environment import read_environment
    from reconciler.source.project_file import Settings

    return read_environment(root, name, settings or Settings({}))
