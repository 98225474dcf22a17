"""What may be changed of a campaign without its file being opened: its name, what it is for, and its days. (C-22)"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from reconciler.lifecycle.kind import Kind
from reconciler.source.schema import Validator

PATHS: Final = (
    ("spec", "title"),
    ("spec", "description"),
    ("spec", "objective"),
    ("spec", "strategy"),
    ("spec", "startDate"),
    ("spec", "endDate"),
    ("spec", "inProgress", "cutoff"),
)
"""Of every kind that has them, its users' own ones too, in the order in which they are asked for and written."""
LONGEST: Final = 1000
"""Characters that a form takes; who writes more edits the file."""
_LINE: Final = 200
"""Characters of the longest line; what may be longer is a text of several."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Detail:
    """One such part of the document. `names` is the kind of which it names one, empty where it is not a reference."""

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    needed: bool = False
    names: str = ""

    @property
    def name(self) -> str:
        """What it is called in a form: `endDate`."""
        return self.path[-1]

    @property
    def label(self) -> str:
        """What people call it: End date."""
        return re.sub("[A-Z]", lambda found: f" {found[0].lower()}", self.name).capitalize()

    @property
    def pointer(self) -> str:
        """Where it stands: /spec/endDate."""
        return "/" + "/".join(self.path)

    @property
    def summary(self) -> str:
        """What its schema says of it."""
        return str(self.schema.get("description", ""))

    @property
    def is_day(self) -> bool:
        """Whether it is a date."""
        return self.schema.get("format") == "date"

    @property
    def most(self) -> int:
        """Characters that it may have in a form."""
        return min(int(self.schema.get("maxLength", LONGEST)), LONGEST)

    @property
    def is_text(self) -> bool:
        """Whether it may have several lines."""
        return not self.names and not self.is_day and self.most > _LINE

    def fault(self, value: str) -> str:
        """Why it cannot be this; empty where it can. Nothing at all takes it out of the manifest."""
        if not value:
            return "it cannot be left empty" if self.needed else ""
        if self.is_day:
            return _day_fault(value)
        if len(value) > self.most:
            return f"write at most {self.most} characters"
        return "; ".join(one.message for one in Validator({**self.schema}).problems(value))


def _day_fault(value: str) -> str:
    if not _DAY.fullmatch(value):
        return "write a day as year, month and day: 2027-06-01"
    try:
        date.fromisoformat(value)
    except ValueError:
        return f"there is no day {value}"
    return ""


def details_of(kind: Kind) -> tuple[Detail, ...]:
    """Those that documents of this kind have."""
    return tuple(found for path in PATHS for found in _detail(kind, path))


def _detail(kind: Kind, path: tuple[str, ...]) -> Iterator[Detail]:
    schema, needed = kind.spec_schema, False
    for step in path[1:]:
        needed = step in schema.get("required", ())
        schema = _resolved(kind, schema.get("properties", {}).get(step, {}))
    if schema.get("type") == "string":
        pointer = "/" + "/".join(path)
        names = (one.kind for one in kind.lifecycle.references if one.path == pointer and not one.version)
        yield Detail(path, schema, needed, next(names, ""))


def _resolved(kind: Kind, schema: Any) -> Mapping[str, Any]:
    """A part of a schema, with what it refers to in its place; nothing where it says only yes or no."""
    if not isinstance(schema, dict):
        return {}
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    there = kind.spec_schema.get("$defs", {}).get(name, {})
    return {**there, **schema} if isinstance(there, dict) else schema


def value_at(document: Any, path: tuple[str, ...]) -> str:
    """What a document has there; empty where nothing stands, or no text."""
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""
