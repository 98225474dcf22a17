"""The audit as a page, and to take away."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from reconciler.dashboard.page import Page
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.model.audit import Outcome, Sought
from reconciler.model.errors import Usage
from reconciler.views.audit_rows import audit_csv, audit_lines
from reconciler.web.door import Answer

SHOWN: Final = 50
TAKEN: Final = 10_000
"""Lines in one file; older ones come in the next, `before` the last of these."""
_LONGEST: Final = 200


def _page(visit: Visit) -> Answer:
    sought = _sought(visit)
    found = visit.store.audit.find(sought, SHOWN + 1)
    lines = found[:SHOWN]
    older = _query(replace(sought, before=lines[-1].id)) if len(found) > SHOWN else ""
    whole = _query(replace(sought, before=0))
    return visit.show("audit.html", lines=lines, sought=sought, older=older, whole=whole, outcomes=list(Outcome))


def _csv(visit: Visit) -> Answer:
    return _file(audit_csv(visit.store.audit.find(_sought(visit), TAKEN)), "text/csv; charset=utf-8", "csv")


def _jsonl(visit: Visit) -> Answer:
    return _file(audit_lines(visit.store.audit.find(_sought(visit), TAKEN)), "application/x-ndjson", "jsonl")


def _file(content: bytes, kind: str, suffix: str) -> Answer:
    headers = {"Content-Disposition": f'attachment; filename="audit.{suffix}"'}
    return Answer(200, content, kind, headers, "audit")


def _sought(visit: Visit) -> Sought:
    """What the address asks for. Usage where it is nothing that could be looked for."""
    actor, outcome, before = _word(visit, "actor"), _word(visit, "outcome"), _word(visit, "before")
    if outcome and outcome not in set(Outcome):
        raise Usage(f"No line has the outcome {outcome}.")
    if before and not (before.isascii() and before.isdecimal() and len(before) < 19):
        raise Usage("`before` is the number of a line.")
    actor = f"user:{actor}" if actor and ":" not in actor else actor
    return Sought(actor, _word(visit, "action"), outcome, _word(visit, "target"), int(before or 0))


def _word(visit: Visit, name: str) -> str:
    """What was written there, as lines are kept."""
    return "".join(char for char in visit.asked(name).strip() if char.isprintable())[:_LONGEST]


def _query(sought: Sought) -> str:
    named = (("actor", sought.actor), ("action", sought.action), ("outcome", sought.outcome), ("target", sought.target))
    pairs = [(name, value) for name, value in named if value]
    return urlencode([*pairs, ("before", sought.before)] if sought.before else pairs)


PAGES = (
    Page("audit", "/audit", _page, Role.ADMINISTRATOR),
    Page("audit-csv", "/audit.csv", _csv, Role.ADMINISTRATOR),
    Page("audit-jsonl", "/audit.jsonl", _jsonl, Role.ADMINISTRATOR),
)
