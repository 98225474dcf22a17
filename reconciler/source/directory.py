"""The source of a daemon that is a directory: its settings, its kinds and its manifests, looked at again and again."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler import __version__
from reconciler.model.diagnostic import Diagnostic, has_errors
from reconciler.model.errors import MusterError, Usage
from reconciler.source.cache import Cache
from reconciler.source.git import head_commit
from reconciler.source.kind_folders import fingerprint
from reconciler.source.kinds import Kinds
from reconciler.source.known_kinds import load_known_kinds
from reconciler.source.policy_check import check_policies
from reconciler.source.project import FILE, Project, read_project
from reconciler.source.reading import NothingYet, Reading, Trouble
from reconciler.source.resident import Look, Resident
from reconciler.source.scan import Signature, signature_of


@dataclass(frozen=True, slots=True)
class Place:
    """Which project: what the command line says comes before its muster.yaml."""

    directory: Path
    paths: tuple[str, ...] = ()
    store: str | None = None
    state: Path | None = None
    """Where caches go, if not below the directory."""
    confined: bool = False
    """Whether others write what stands there: then nothing outside of the directory is read, whatever it says."""
    environment: str | None = None
    """Which of its environments, if one was asked for."""
    history: Path | None = None
    """The repository that it was checked out of, if git is not to be asked there."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A project as its settings were when it was opened."""

    project: Project
    kinds: Kinds
    resident: Resident
    settings: tuple[Path, Signature, str]
    """By these it is seen that it must be opened again: root, settings file, and what it, the environment and the kinds say."""


class DirectorySource:
    """Implements `reading.Source`. What is wrong with the settings leaves the last good ones in force."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._opened: _Opened | None = None
        self._last: Reading | None = None
        self._commit = ""
        self._again = False

    def roots(self) -> tuple[Path, ...]:
        """What to watch: where the manifests are and the settings, by the names that lead there today."""
        if self._opened is None:
            return (self._place.directory,)
        project, directory = self._opened.project, self._place.directory
        environment = (project.root / project.overlay.file.shown,) if project.overlay else ()
        paths = (project.root / FILE, *environment, *project.manifests)
        return tuple(
            directory / one.relative_to(project.root) if one.is_relative_to(project.root) else one for one in paths
        )

    def reload(self) -> None:
        """See `reading.Source`."""
        self._again = True

    def read(self, fresh: bool) -> Reading:
        """See `reading.Source`."""
        trouble = self._open()
        opened = self._opened
        if opened is None:
            return self._unchanged(trouble or Trouble("NotRead", "the project cannot be read"))
        look = opened.resident.look()
        if not look.library.catalog.manifests:
            return self._unchanged(_empty(look))
        if look.edits is None or look.edits or fresh:
            self._commit = head_commit(opened.project.root)
        edits = look.edits if self._last and self._last.library is look.library else None
        self._last = Reading(opened.project, opened.kinds, look.library, edits, look.lost, self._commit, trouble)
        return self._last

    def _unchanged(self, trouble: Trouble) -> Reading:
        if self._last is None:
            raise NothingYet(trouble)
        return replace(self._last, edits={}, trouble=trouble)

    def _open(self) -> Trouble | None:
        """Open the project, if it is not or has changed; what is in the way, if anything."""
        try:
            place = self._place
            project, found = read_project(place.directory, place.paths, place.store, place.environment)
            if has_errors(found):
                return _invalid(found)
            project = self._settled(project)
            law = f"{project.digest} {fingerprint(project.kinds, project.root)}"
            settings = project.root, signature_of(str(project.root / FILE)), law
            if self._opened is not None and self._opened.settings == settings and not self._again:
                return None
            kinds, found = load_known_kinds(project.kinds, project.root, project.state_directory / "cache")
            found = found if project.policies.is_empty else (*found, *check_policies(project.policies, kinds))
            if has_errors(found):
                return _invalid(found)
        except (MusterError, OSError) as error:
            return Trouble("InvalidSettings", str(error))
        cache = Cache(project.state_directory / "cache", f"{__version__} {kinds.fingerprint} {project.reading}")
        self._again = False
        self._opened = _Opened(project, kinds, Resident(project, kinds, cache), settings)
        return None

    def _settled(self, project: Project) -> Project:
        """The project with what is not for its own files to say. Usage where they reach out of the directory."""
        project = replace(project, state=self._place.state, history=self._place.history)
        if self._place.confined:
            inside = str(project.root) + os.sep
            for path in (*project.manifests, *project.kinds):
                if not (os.path.realpath(path) + os.sep).startswith(inside):
                    raise Usage(f"{FILE} names {path.name}, which lies outside of the repository")
        return project


def _empty(look: Look) -> Trouble:
    found = look.library.catalog.diagnostics
    why = found[0].detail if found else "no file holds a manifest"
    return Trouble("EmptyCatalog", f"there is no manifest to be read ({why}); nothing is changed")


def _invalid(found: tuple[Diagnostic, ...]) -> Trouble:
    first = next(one for one in found if has_errors((one,)))
    return Trouble("InvalidSettings", f"{first.place}: {first.detail or first.summary}")
