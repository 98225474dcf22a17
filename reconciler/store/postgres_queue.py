"""The tables of the engine's queue, beside the store's own: made and brought up to date by the scripts of its package.

The package itself is not loaded for it: whoever only reads or writes the store does not need it.
"""

import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from reconciler.model.errors import StoreError
from reconciler.store.postgres_session import Connection

PACKAGE: Final = "procrastinate"

_SCRIPT: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)_\d+_.*\.sql")
_RECORDED: Final = "SELECT version FROM queue WHERE package = %s"
_RECORD: Final = """
INSERT INTO queue (package, version) VALUES (%s, %s) ON CONFLICT (package) DO UPDATE SET version = excluded.version
"""

Version = tuple[int, ...]


def install(db: Connection) -> None:
    """Bring the tables to the version of the package, in the caller's transaction; nothing where there is no package.

    What a newer version has left is kept: within a major version it serves older ones. StoreError across major versions.
    """
    folder = _scripts()
    if folder is None:
        return
    here = version(PACKAGE)
    row = db.execute(_RECORDED, (PACKAGE,)).fetchone()
    if row is None:
        db.execute((folder / "schema.sql").read_bytes())
    elif _parts(row[0])[0] != _parts(here)[0]:
        raise StoreError(f"its queue is of {PACKAGE} {row[0]}; here is {here}: use the same major version everywhere")
    elif _parts(row[0]) >= _parts(here):
        return
    else:
        for script in _newer(folder / "migrations", _parts(row[0])):
            db.execute(script.read_bytes())
    db.execute(_RECORD, (PACKAGE, here))


def is_current(db: Connection) -> bool:
    """Whether `install` has nothing to do."""
    row = db.execute(_RECORDED, (PACKAGE,)).fetchone()
    return _scripts() is None or (row is not None and _parts(row[0]) >= _parts(version(PACKAGE)))


def _newer(folder: Path, than: Version) -> list[Path]:
    """The scripts of later versions, in order."""
    found = [
        (tuple(map(int, match.groups())), path) for path in folder.iterdir() if (match := _SCRIPT.fullmatch(path.name))
    ]
    return [path for number, path in sorted(found) if number > than]


def _scripts() -> Path | None:
    """Where the package keeps its SQL."""
    spec = find_spec(PACKAGE)
    return Path(spec.origin).parent / "sql" if spec and spec.origin else None


def _parts(text: str) -> Version:
    """The first three numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
