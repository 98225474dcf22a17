"""A sold lead by webhook: JSON, signed, known by its key to whoever has it already."""

from datetime import datetime, timedelta
from typing import Final

from reconciler.hooks.call import Call, Fate, Reply
from reconciler.hooks.caller import Caller
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.secret import Reveal
from reconciler.model.work import Result, Stage, Unit

LONGEST: Final = timedelta(days=1)
"""The longest wait between two calls."""


def posted(caller: Caller, unit: Unit, reveal: Reveal, now: datetime) -> Result:
    """Call the buyer, and what became of it. Permanent where the secret is not there: then nothing was begun."""
    payload = unit.payload
    secret = reveal(payload["secret"]) if payload["secret"] else ""
    reply = caller.call(
        Call(
            payload["url"],
            canonical.encode(payload["lead"]),
            payload["key"],
            secret,
            timeout=timedelta(seconds=payload["timeout"]),
            allow_private=payload["allowPrivate"],
            taken=frozenset(payload["success"]),
        )
    )
    return _judged(reply, unit, now)


def _judged(reply: Reply, unit: Unit, now: datetime) -> Result:
    """What is not taken is tried again, `unknown` too: the key makes it one, however often it arrives."""
    said = {"class": reply.fate.value, "code": reply.status, "text": reply.text, "key": unit.payload["key"]}
    if reply.fate is Fate.TAKEN:
        return Result(Stage.SENT, said)
    if reply.fate is Fate.REFUSED or unit.attempts + 1 >= unit.payload["attempts"]:
        return Result(Stage.FAILED, said)
    return Result(Stage.PENDING, said, now + max(wait_of(unit.payload, unit.attempts), reply.wait or timedelta(0)))


def wait_of(payload: Document, attempts: int) -> timedelta:
    """How long until the next attempt, so many having been made before this one: it doubles, up to a day."""
    return timedelta(seconds=min(payload["backoff"] * 2 ** min(attempts, 30), LONGEST.total_seconds()))
