"""A project directory of its own, in which a rehearsal may change files as it likes; the real ones are only read."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Final

from reconciler import __version__
from reconciler.model.errors import Usage
from reconciler.source.cache import Cache
from reconciler.source.catalog import Library, load_catalog
from reconciler.source.kinds import Kinds
from reconciler.source.project import STATE_DIRECTORY, Project
from reconciler.source.scan import SUFFIXES, scan

_TESTS: Final = tuple(f".test{suffix}" for suffix in SUFFIXES)


class Scratch:
    """A copy of some files of a project. Each is named as the case names it: `campaigns.d/growth/referral.yaml`."""

    def __init__(self, original: Project, directory: Path, beside: Path) -> None:
        """An empty one in `directory`. Paths are looked for `beside` the test file, then in the original project."""
        self._original = original
        self._beside = beside
        self._origins: dict[Path, Path] = {}
        """For directories here: the directory whose files are copied when a manifest names them."""
        self.root = directory
        self.project = Project(
            root=directory,
            manifests=(directory,),
            store="",
            timezone=original.timezone,
            drift=original.drift,
            policies=original.policies,
            overlay=original.overlay,
            is_part=True,
        )

    def library(self, kinds: Kinds) -> Library:
        """The catalog of the files as they are now, and of those that they name."""
        library = self._load(kinds)
        return self._load(kinds) if self._fetch(library.watched()) else library

    def bring(self, paths: Iterable[str]) -> None:
        """Copy files and folders of manifests. Usage where there is none."""
        for path in paths:
            source = self._find(path)
            for found in scan((source,), self._original.root).files:
                file = Path(found[0])
                if not file.name.endswith(_TESTS):
                    self._copy(file, self._named(path) / file.relative_to(source))

    def put(self, name: str, text: str) -> None:
        """Write a file. Usage where its name leads out of the project, or cannot be one."""
        file = self._file(name)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Usage(f"{name[:80]!r} cannot be written: {error.strerror}") from None

    def put_file(self, name: str, path: str) -> None:
        """Write a file with the content of another one. Usage where there is none."""
        source = self._find(path)
        self._copy(source, self._file(name))

    def edit(self, name: str, edits: Mapping[str, str]) -> None:
        """Replace texts in a file. Usage where an old text does not stand there just once."""
        file = self._existing(name)
        text = file.read_text("utf-8")
        for old, new in edits.items():
            count = text.count(old)
            if count != 1:
                raise Usage(f"{old!r} stands {count or 'no'} times in {name}; name a text that stands there once")
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")

    def remove(self, names: Iterable[str]) -> None:
        """Remove files. Usage where there is none."""
        for name in names:
            self._existing(name).unlink()

    def _load(self, kinds: Kinds) -> Library:
        cache = Cache(self.root / STATE_DIRECTORY, f"{__version__} {kinds.fingerprint} {self.project.reading}")
        library = load_catalog(self.project, kinds, cache)
        library.cache.wait()
        return library

    def _fetch(self, named: Iterable[str]) -> bool:
        """Copy what manifests name and is not here yet; whether anything was."""
        fetched = False
        for path in (Path(one) for one in named):
            source = self._origin(path)
            if not path.exists() and source.is_file():
                self._copy(source, path)
                fetched = True
        return fetched

    def _origin(self, path: Path) -> Path:
        for directory in path.parents:
            if directory in self._origins:
                return self._origins[directory] / path.relative_to(directory)
        return self._original.root / path.relative_to(self.root)

    def _copy(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._origins.setdefault(target.parent, source.parent)
        copyfile(source, target)

    def _named(self, path: str) -> Path:
        """Where what a case calls so is put: `../campaigns.d` becomes campaigns.d."""
        parts = [part for part in Path(path).parts if part not in ("..", "/")]
        return self.root.joinpath(*parts)

    def _find(self, path: str) -> Path:
        for directory in (self._beside, self._original.root):
            found = (directory / path).resolve()
            if found.exists():
                return found
        raise Usage(f"{path} is neither beside the test file nor in the project")

    def _file(self, name: str) -> Path:
        file = (self.root / name).resolve()
        if not file.is_relative_to(self.root) or file == self.root:
            raise Usage(f"{name!r} is no path within a project")
        return file

    def _existing(self, name: str) -> Path:
        file = self._file(name)
        if not file.is_file():
            here = (one.relative_to(self.root) for one in sorted(self.root.rglob("*.y*ml")))
            known = ", ".join(str(one) for one in here if one.parts[0] != STATE_DIRECTORY)
            raise Usage(f"there is no {name} here; there is {known or 'nothing'}")
        return file
