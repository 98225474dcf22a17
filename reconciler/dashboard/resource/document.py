"""The document of one resource as it is stored, and who made each of its fields what it is."""

from dataclasses import dataclass
from typing import Final

from reconciler.controller.blame import blame
from reconciler.dashboard.resource.absent import absent
from reconciler.dashboard.resource.events import Happening, happenings
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.model import canonical
from reconciler.model.resource import Resource
from reconciler.views.resource_text import document_lines
from reconciler.web.door import Answer

_FARTHEST: Final = 2_000
"""Events of a log that is folded field by field; of a longer one `muster blame` tells."""
_LONGEST: Final = 120
"""Characters of a value in the table: the document stands above it."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field, its value in short, and the event that made it so."""

    path: str
    value: str
    event: Happening


def make(visit: Visit) -> Answer:
    """The page."""
    one = visit.store.load([visit.ref]).get(visit.ref)
    if one is None:
        return absent(visit, visit.ref, "document")
    text = "\n".join(line[2:] for line in document_lines(one.document)) if one.document else ""
    return resource_page(visit, one, "resource_document.html", text=text, fields=_fields(visit, one))


def _fields(visit: Visit, one: Resource) -> list[Field]:
    """None where the log is too long to be folded for a page."""
    if one.revision > _FARTHEST:
        return []
    found = blame(list(visit.store.events(one.ref)), visit.premises.repository.kinds.table.get(one.ref.kind))
    return [Field(each.path, _short(each.value), happenings([each.event])[0]) for each in found.fields]


def _short(value: object) -> str:
    text = canonical.encode(value).decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
