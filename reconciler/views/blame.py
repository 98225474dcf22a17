"""Who made each field of a resource what it is, as text and JSON."""

from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.blame import Blame, BlamedField
from reconciler.views.resource_text import commit_text, plan_text, table
from reconciler.views.style import Style, safe

_WIDTH: Final = 40
"""Characters of a value or a name that are shown."""

_MEMBERS: Final[tuple[str, ...]] = (
    "commit", "author", "authored", "uncommitted", "orEarlier", "at", "plan", "cause", "actor", "reason", "owner",
)  # fmt: skip
"""What the line of the log says of who it was, in the order of the answer."""


def render_blame(one: Blame, color: bool) -> str:
    """A table with a line for each field."""
    head = ("FIELD", "VALUE", "COMMIT", "AUTHOR", "APPLIED", "ACTOR", "PLAN", "CAUSE")
    note = "  forgotten since" if one.forgotten else ""
    style = Style(color)
    return f"{style.bold(str(one.ref))}{note}\n" + table([head, *map(_row, one.fields)], style)


def _row(one: BlamedField) -> tuple[str, ...]:
    body = one.event.body
    value = "(taken away)" if one.is_gone else canonical.encode(one.value).decode()
    cause, reason = str(body.get("cause", "")), str(body.get("reason", ""))
    why = cause if cause.endswith(f":{reason}") else ": ".join(part for part in (cause, reason) if part)
    return (
        safe(one.path),
        _cut(value),
        "uncommitted" if body.get("uncommitted") else commit_text(body) or "-",
        _cut(str(body.get("author", ""))) or "-",
        safe(str(body.get("at", "")))[:19].replace("T", " ") + "Z",
        _cut(str(body.get("actor", ""))) or "-",
        plan_text(body) or "-",
        safe(why) or "-",
    )


def _cut(text: str) -> str:
    """A text for a cell: on one line, cut where it is long."""
    text = safe(text)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def blame_to_json(one: Blame) -> str:
    """The same, complete, for other tools."""
    fields = [_field_to_json(field) for field in one.fields]
    return canonical.encode_pretty({"ref": str(one.ref), "forgotten": one.forgotten, "fields": fields})


def _field_to_json(one: BlamedField) -> dict[str, Any]:
    body = one.event.body
    value = {"removed": True} if one.is_gone else {"value": one.value}
    said = {name: body[name] for name in _MEMBERS if name in body}
    event = body.get("event", body["op"])
    return {"path": one.path, **value, "event": event, "serial": one.event.serial, **said}
