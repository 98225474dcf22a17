"""When a message is tried again: by the kind of the answer, and by nothing else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from reconciler.mail.answer import Answer, Kind

AGAIN: Final = frozenset({Kind.LATER, Kind.GREYLISTED, Kind.THROTTLED, Kind.DOWN})
"""What may be tried again. Not `unknown`: the message may have arrived (AMB-E13)."""


def next_attempt(answer: Answer, attempts: int, backoff: Sequence[timedelta], max_attempts: int) -> timedelta | None:
    """How long until the next attempt; None where there is none.

    `attempts` counts those made so far, this one among them, whose answers were personal: what a server refuses before
    it has heard of the recipient uses up none of his, an outage ends by `maxOutage`. After the last span of `backoff`
    comes the last one again.
    """
    if answer.kind not in AGAIN or (answer.personal and attempts >= max_attempts):
        return None
    return backoff[min(max(attempts, 1), len(backoff)) - 1] if backoff else timedelta(0)
