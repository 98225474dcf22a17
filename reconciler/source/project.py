"""`muster.yaml`: the settings of a campaigns repository, all optional."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.errors import Usage
from reconciler.source.marks import locate
from reconciler.source.schema import Validator
from reconciler.source.strict_yaml import YamlProblem, read_documents

FILE: Final = "muster.yaml"
STATE_DIRECTORY: Final = ".muster"
DEFAULT_MANIFESTS: Final = ("campaigns.d",)

_PATHS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 1024}, "maxItems": 100}
PROJECT_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "muster.yaml",
    "description": "Settings of a campaigns repository. Every key is optional.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "manifests": {**_PATHS, "minItems": 1, "description": "directories or files with manifests; default campaigns.d"},
        "store": {"type": "string", "maxLength": 1024, "description": "sqlite:///absolute/path or sqlite:relative/path; default sqlite:.muster/state.db"},
        "timezone": {"type": "string", "format": "muster-zone", "description": "for schedules that name no zone"},
        "kinds": {**_PATHS, "description": "directories whose folders hold kind.yaml and schema.json"},
        "maxChangesPercent": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "default": 30,
            "description": "one plan may take this share of ten or more outward resources out of their outward state",
        },
    },
}


@dataclass(frozen=True, slots=True)
class Project:
    """Where a campaigns repository keeps its things. Paths are absolute."""

    root: Path
    manifests: tuple[Path, ...]
    store: str
    timezone: str | None = None
    kinds: tuple[Path, ...] = ()
    max_changes_percent: int = 30

    @property
    def state_directory(self) -> Path:
        """What belongs to this checkout and is never committed: the default store and the caches."""
        return self.root / STATE_DIRECTORY


def read_project(root: Path, paths: tuple[str, ...] = (), store: str | None = None) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project at `root`; `paths` and `store` from the command line come before the file. Usage if `root` is no directory."""
    if not root.is_dir():
        raise Usage(f"{root} is not a directory")
    root = root.resolve()
    data, found = _read(root / FILE)
    manifests = tuple((root / path).absolute() for path in (paths or data.get("manifests", DEFAULT_MANIFESTS)))
    url = store or data.get("store") or f"sqlite:{STATE_DIRECTORY}/state.db"
    kinds = tuple((root / path).absolute() for path in data.get("kinds", ()))
    return Project(root, manifests, url, data.get("timezone"), kinds, data.get("maxChangesPercent", 30)), found


def _read(file: Path) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    if not file.exists():
        return {}, ()
    try:
        content = file.read_bytes()
        documents = read_documents(content)
    except OSError as error:
        return {}, (diagnose("unreadable", error.strerror or str(error), Place(FILE)),)
    except YamlProblem as problem:
        place = Place(FILE, problem.line, problem.column)
        return {}, (diagnose("bad-project", problem.message, place, help=problem.help),)
    value = documents[0].value if documents else {}
    problems = Validator(PROJECT_SCHEMA).problems(value if value is not None else {})
    if problems:
        return {}, tuple(
            diagnose(
                "bad-project",
                problem.message,
                Place(FILE, *_mark(content, problem.pointer, problem.on_key)),
                help=problem.help,
            )
            for problem in problems
        )
    return value or {}, ()


def _mark(content: bytes, pointer: str, on_key: bool) -> tuple[int, int]:
    mark = locate(content, 0, pointer, on_key=on_key)
    return mark.line, mark.column
