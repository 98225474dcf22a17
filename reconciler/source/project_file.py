"""The content of `muster.yaml`: its schema, read strictly."""

import os
from pathlib import Path
from typing import Any, Final

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.source.marks import Locator
from reconciler.source.notification_schema import NOTIFICATIONS
from reconciler.source.regular import read_regular
from reconciler.source.schema import MAX_PROBLEMS, Problem, Validator
from reconciler.source.strict_yaml import MAX_BYTES, YamlProblem, read_documents

_TEXT = {"type": "string", "minLength": 1, "maxLength": 1024}
_PATHS = {"type": "array", "items": {**_TEXT, "pattern": "^[^\\u0000]*$"}, "maxItems": 100}
_STORES = "sqlite:///absolute/path or sqlite:relative/path; default sqlite:.muster/state.db"
PROJECT_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "muster.yaml",
    "description": "Settings of a campaigns repository. Every key is optional.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "manifests": {
            **_PATHS,
            "minItems": 1,
            "description": "directories or files with manifests; default campaigns.d",
        },
        "store": {**_TEXT, "description": _STORES},
        "timezone": {"type": "string", "format": "muster-zone", "description": "for schedules that name no zone"},
        "kinds": {**_PATHS, "description": "directories whose folders hold kind.yaml and schema.json"},
        "notifications": NOTIFICATIONS,
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
        content = read_regular(file, MAX_BYTES)
        documents = read_documents(content)
    except OSError as error:
        advice = "mend or remove it; every setting has a default"
        return {}, (diagnose("unreadable", error.strerror or str(error), Place(file.name), help=advice),)
    except YamlProblem as error:
        place = Place(file.name, error.line, error.column)
        return {}, (diagnose("bad-project", error.message, place, help=error.help),)
    if len(documents) > 1:
        place = Place(file.name, *documents[1].position())
        advice = "put all settings in the first one"
        return {}, (
            diagnose("bad-project", f"{file.name} holds one document, not {len(documents)}", place, help=advice),
        )
    value = documents[0].value if documents and documents[0].value is not None else {}
    problems = [*Validator(PROJECT_SCHEMA).problems(value)] or _missing_directories(value, file.parent)
    marks = Locator(content)
    found = []
    for problem in problems[:MAX_PROBLEMS]:
        mark = marks.mark(0, problem.pointer, on_key=problem.on_key)
        advice = problem.help or "`muster schema muster` says what is accepted"
        found.append(diagnose("bad-project", problem.message, Place(file.name, mark.line, mark.column), help=advice))
    return {} if problems else value, tuple(found)


def _missing_directories(value: dict[str, Any], root: Path) -> list[Problem]:
    return [
        Problem(
            "bad-value", f"/kinds/{index}", f"the kinds directory {name} does not exist", "create it, or remove it here"
        )
        for index, name in enumerate(value.get("kinds", ()))
        if not os.path.isdir(root / name)  # not pathlib's: it raises where a name is too long
    ]
