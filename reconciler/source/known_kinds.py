"""Kind definitions that were checked before: while their bytes stay, they are taken as they were, unchecked.

Checking compiles every rule and every schema, which costs more than a plan without changes may take.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from reconciler import __version__
from reconciler.lifecycle.definition import read_lifecycle
from reconciler.lifecycle.kind import make_kind
from reconciler.model import canonical
from reconciler.model.diagnostic import Diagnostic
from reconciler.source.kind_folders import Folder, fingerprint_of, kind_folders
from reconciler.source.kinds import Kinds


def load_known_kinds(own: Iterable[Path], root: Path, directory: Path) -> tuple[Kinds, tuple[Diagnostic, ...]]:
    """What `load_kinds` gives; definitions without fault are remembered in `directory`, by the bytes they stand in."""
    found: list[Diagnostic] = []
    folders = kind_folders(own, root, found)
    key = f"{__version__} {fingerprint_of(folders)}"
    known = None if found else _recall(directory / "kinds", key)
    if known is not None:
        return known, ()
    from reconciler.source.definitions import load_kinds

    kinds, found_now = load_kinds(own, root)
    if not found_now:
        _remember(directory / "kinds", key, folders)
    return kinds, found_now


def _recall(file: Path, key: str) -> Kinds | None:
    try:
        data = canonical.decode(file.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("key") != key:
        return None
    table = {law["kind"]: make_kind(read_lifecycle(law), schema) for law, schema, _ in data["definitions"]}
    own = frozenset(law["kind"] for law, _, built_in in data["definitions"] if not built_in)
    return Kinds(table, key.split(" ")[1], own)


def _remember(file: Path, key: str, folders: Iterable[Folder]) -> None:
    from reconciler.source.strict_yaml import read_documents

    definitions: list[Any] = []
    for folder in folders:
        law = next(one.value for one in read_documents(folder.law) if one.value is not None)
        definitions.append((law, canonical.decode(folder.schema), folder.built_in))
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".new")
        # In the order of the files: the order of declaration breaks ties.
        temporary.write_text(canonical.encode_as_written({"key": key, "definitions": definitions}))
        temporary.replace(file)
