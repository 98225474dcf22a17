"""The folders that define kinds, as bytes: enough for a fingerprint, before anybody reads what they say."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.source.regular import read_regular

BUILT_IN: Final = Path(__file__).parent.parent / "kinds"
MAX_BYTES: Final = 4 << 20
"""The size of one file of a definition."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One kind on disk, unread by anyone but the hash."""

    shown: str
    built_in: bool
    law: bytes
    schema: bytes

    @property
    def schema_shown(self) -> str:
        """The path of schema.json as people see it."""
        return self.shown.removesuffix("kind.yaml") + "schema.json"


def fingerprint(own: Iterable[Path], root: Path) -> str:
    """The fingerprint that `load_kinds` would give, without reading what the bytes say."""
    return fingerprint_of(kind_folders(own, root, []))


def fingerprint_of(folders: Iterable[Folder]) -> str:
    """One hash over all definitions."""
    total = hashlib.sha256()
    for folder in folders:
        for part in (folder.shown.encode(), folder.law, folder.schema):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def kind_folders(own: Iterable[Path], root: Path, found: list[Diagnostic]) -> list[Folder]:
    """The built-in kinds, then those below the directories in `own`, each once; what cannot be read is reported."""
    folders = [*_folders(_laws(BUILT_IN, BUILT_IN.parent, found), BUILT_IN.parent, True, found)]
    laws = {os.path.realpath(law): law for directory in own for law in _laws(directory, root, found)}
    return [*folders, *_folders(laws.values(), root, False, found)]


def _laws(directory: Path, root: Path, found: list[Diagnostic]) -> list[Path]:
    """Every `kind.yaml` below `directory`, sorted."""

    def report(error: OSError) -> None:
        place = Place(_shown(Path(str(error.filename)), root))
        found.append(diagnose("unreadable", error.strerror or str(error), place, help="check the permissions"))

    return sorted(
        Path(parent, "kind.yaml")
        for parent, directories, files in os.walk(directory, onerror=report)
        if "kind.yaml" in files or "kind.yaml" in directories
    )


def _shown(path: Path, root: Path) -> str:
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return shown.encode("utf-8", "backslashreplace").decode()


def _folders(laws: Iterable[Path], root: Path, built_in: bool, found: list[Diagnostic]) -> Iterator[Folder]:
    for law in laws:
        shown = _shown(law, root)
        try:
            schema = read_regular(law.parent / "schema.json", MAX_BYTES)
            yield Folder(shown, built_in, read_regular(law, MAX_BYTES), schema)
        except OSError as error:
            name = _shown(Path(str(error.filename)), root)
            advice = "a kind is a folder with kind.yaml and schema.json"
            found.append(diagnose("bad-definition", f"{name}: {error.strerror}", Place(shown), help=advice))
