"""The content of `muster.yaml`: its schema, read strictly."""

from pathlib import Path
from typing import Any, Final

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.source.marks import locate
from reconciler.source.project import FILE
from reconciler.source.schema import Validator
from reconciler.source.strict_yaml import YamlProblem, read_documents

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


def read_settings(file: Path) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """The settings in `file`, and what is wrong with them; with anything wrong, none."""
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
