"""The folders that define kinds, as bytes: enough for a fingerprint, before anybody reads what they say."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place

BUILT_IN: Final = Path(__file__).parent.parent / "kinds"


@dataclass(frozen=True, slots=True)
class Folder:
    """One kind on disk, unread by anyone but the hash."""

    shown: str
    built_in: bool
    law: bytes
    schema: bytes


def fingerprint(own: Iterable[Path], root: Path) -> str:
    """The fingerprint that `load_kinds` would give, without reading what the bytes say."""
    ignored: list[Diagnostic] = []
    folders = [*folders_in(BUILT_IN, BUILT_IN.parent, True, ignored)]
    for directory in own:
        folders += folders_in(directory, root, False, ignored)
    return fingerprint_of(folders)


def fingerprint_of(folders: Iterable[Folder]) -> str:
    """One hash over all definitions."""
    total = hashlib.sha256()
    for folder in folders:
        for part in (folder.shown.encode(), folder.law, folder.schema):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def shown_path(path: Path, root: Path) -> str:
    """The path as people see it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def folders_in(directory: Path, root: Path, built_in: bool, found: list[Diagnostic]) -> Iterator[Folder]:
    """Every kind folder below `directory`; those that cannot be read are reported."""
    for law in sorted(directory.glob("**/kind.yaml")):
        shown = shown_path(law, root)
        schema = law.parent / "schema.json"
        try:
            yield Folder(shown, built_in, law.read_bytes(), schema.read_bytes())
        except OSError as error:
            name = shown_path(Path(str(error.filename)), root)
            advice = "a kind is a folder with kind.yaml and schema.json"
            found.append(diagnose("bad-definition", f"{name}: {error.strerror}", Place(shown), help=advice))


