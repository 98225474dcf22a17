"""A sold lead by webhook: JSON, signed, known by its key to whoever has it already."""

from datetime import datetime, timedelta

from reconciler.hooks.again import wait
from reconciler.hooks.call import Call, Fate, Reply
from reconciler.hooks.caller import Caller
from reconciler.model import canonical
from reconciler.model.secret import Reveal
from reconciler.model.work import Result, Stage, Unit


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
    return Result(
        Stage.PENDING, said, now + wait(unit.attempts, timedelta(seconds=unit.payload["backoff"]), reply.wait)
    )
