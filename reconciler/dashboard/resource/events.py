"""Lines of the log as pages show them: when, who, what, from where to where, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.change import Change
from reconciler.model.event import Event
from reconciler.model.plan import Op
from reconciler.plan.codec import change_from_json
from reconciler.plan.holding import short
from reconciler.views.resource_text import commit_text, plan_text

Subjects = Mapping[str, str]
"""The first line of each commit's message, by its name, as far as git knows them."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. `origin` is empty where the state stayed as it was, `commit` where git does not know the manifest."""

    serial: int
    sequence: int
    at: str
    what: str
    op: str
    origin: str
    target: str
    actor: str
    cause: str
    reason: str
    commit: str
    subject: str
    author: str
    plan: str
    acknowledged: tuple[str, ...]
    effects: tuple[str, ...]
    changes: tuple[Change, ...]


def happenings(events: Iterable[Event], subjects: Subjects | None = None) -> list[Happening]:
    """These events, in their order."""
    return [_happening(event, subjects or {}) for event in events]


def _happening(event: Event, subjects: Subjects) -> Happening:
    body = event.body
    before, after = str(body.get("from", "")), str(body.get("to", ""))
    return Happening(
        serial=event.serial,
        sequence=event.sequence,
        at=str(body.get("at", "")),
        what=_what(body),
        op=str(body.get("op", "")),
        origin=before if before != after else "",
        target=after,
        actor=str(body.get("actor", "")),
        cause=str(body.get("cause", "")),
        reason=_reason(body),
        commit=commit_text(body) or ("uncommitted" if body.get("uncommitted") else ""),
        subject=subjects.get(str(body.get("commit", "")), ""),
        author=str(body.get("author", "")),
        plan=plan_text(body),
        acknowledged=tuple(map(str, body.get("acknowledged", ()))),
        effects=tuple(map(str, body.get("effects", ()))),
        changes=tuple(map(change_from_json, body.get("changes", ()))),
    )


def _what(body: Mapping[str, Any]) -> str:
    event = str(body.get("event", body.get("op", "")))
    return f"{event} {body.get('missed', '')}".strip() if body.get("op") == Op.MISS else event


def _reason(body: Mapping[str, Any]) -> str:
    """Why, where the cause does not say so already; of a missed entry also when it was due, of a hold until when it is."""
    reason, cause = str(body.get("reason", "")), str(body.get("cause", ""))
    when = ""
    if body.get("op") == Op.MISS and body.get("due"):
        when = f"due {short(body['due'])}"
    elif body.get("op") == Op.HOLD and body.get("holds"):
        when = f"until {short(body['holds'][-1]['until'])}"
    return ": ".join(part for part in (when, reason if reason not in cause else "") if part)
