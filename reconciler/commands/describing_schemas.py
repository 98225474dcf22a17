"""The schemas of a project as files: printed, written, or compared with what stands there."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.commands.naming import unknown
from reconciler.commands.options import Common
from reconciler.model.errors import Usage
from reconciler.views.schemas import ENDING, MARK, as_text, project_schemas


def printed(common: Common, name: str | None) -> str:
    """One schema by its name, or the list of all. Usage for an unknown name."""
    schemas = project_schemas(common.app().kinds())
    if name is None:
        width = max(map(len, schemas))
        return "\n".join(
            f"{one.ljust(width)}  {schema.get('description', '')}".rstrip() for one, schema in schemas.items()
        )
    if name not in schemas:
        raise unknown("schema", name, schemas, "`muster schema` lists them")
    return as_text(schemas[name])


def in_directory(common: Common, directory: Path | None, check: bool) -> tuple[int, str]:
    """Write all schemas, or with `check` say which files differ: the exit code, and what to print."""
    if directory is None:
        raise Usage("--check compares with a directory; add --write DIR")
    wanted = {name + ENDING: as_text(schema) for name, schema in project_schemas(common.app().kinds()).items()}
    differences = tuple(_differences(wanted, directory))
    if check:
        return (1 if differences else 0), "\n".join(differences)
    try:
        _write(wanted, directory)
    except OSError as error:
        raise Usage(f"{directory} cannot be written: {error.strerror}") from None
    return 0, f"{len(wanted)} schemas in {directory}, {len(differences)} of them changed"


def _differences(wanted: Mapping[str, str], directory: Path) -> Iterator[str]:
    for file, text in wanted.items():
        path = directory / file
        if not path.is_file():
            yield f"missing: {path}"
        elif path.read_bytes() != text.encode():
            yield f"differs: {path}"
    yield from (f"left over: {path}" for path in _left_over(wanted, directory))


def _left_over(wanted: Mapping[str, str], directory: Path) -> Iterator[Path]:
    """Files that an earlier run wrote for a kind that there is no more; anybody else's are left alone."""
    for path in sorted(directory.glob(f"*{ENDING}")):
        if path.name not in wanted and MARK in path.read_text("utf-8", errors="replace"):
            yield path


def _write(wanted: Mapping[str, str], directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for file, text in wanted.items():
        (directory / file).write_text(text, encoding="utf-8")
    for path in _left_over(wanted, directory):
        path.unlink()
