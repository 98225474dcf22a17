"""`muster.yaml`: the settings of a campaigns repository, all optional."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Usage

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
    max_changes_percent: int = 30
    notifications: tuple[Mapping[str, Any], ...] = ()
    """Who is told of what, as the settings have it."""
    state: Path | None = None
    """Where the caches are kept, if not in the checkout."""

    @property
    def state_directory(self) -> Path:
        """What belongs to this checkout and is never committed: the default store and the caches."""
        return self.state or self.root / STATE_DIRECTORY


def read_project(
    root: Path, paths: tuple[str, ...] = (), store: str | None = None
) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project at `root`; `paths` and `store` from the command line come before the file. Usage if `root` is no directory."""
    if not os.path.isdir(root):  # not pathlib's: it raises where a name is too long
        raise Usage(f"{root} is not a directory")
    root = root.resolve()
    data, found = _settings(root / FILE)
    manifests = tuple((root / path).absolute() for path in (paths or data.get("manifests", DEFAULT_MANIFESTS)))
    url = store or data.get("store") or f"sqlite:{STATE_DIRECTORY}/state.db"
    kinds = tuple((root / path).absolute() for path in data.get("kinds", ()))
    told = tuple(data.get("notifications", ()))
    return Project(root, manifests, url, data.get("timezone"), kinds, data.get("maxChangesPercent", 30), told), found


def _settings(file: Path) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    if not os.path.lexists(file):
        return {}, ()
    # Imported where there is something to read: YAML and JSON Schema cost a quarter of an idle plan's start.
    from reconciler.source.project_file import read_settings

    return read_settings(file)
