"""When a message is tried again."""

from datetime import timedelta

import pytest

from reconciler.mail.answer import Answer, Kind, Stage
from reconciler.mail.retry import next_attempt

MINUTE = timedelta(minutes=1)
BACKOFF = (MINUTE, 5 * MINUTE, 30 * MINUTE)


@pytest.mark.parametrize(
    ("kind", "stage", "attempts", "expected"),
    [
        (Kind.LATER, Stage.RCPT, 1, MINUTE),
        (Kind.LATER, Stage.RCPT, 2, 5 * MINUTE),
        (Kind.LATER, Stage.RCPT, 3, 30 * MINUTE),
        (Kind.LATER, Stage.RCPT, 4, 30 * MINUTE),
        (Kind.LATER, Stage.RCPT, 5, None),
        (Kind.LATER, Stage.RCPT, 9, None),
        (Kind.LATER, Stage.MAIL, 5, None),
        (Kind.GREYLISTED, Stage.END, 1, MINUTE),
        (Kind.GREYLISTED, Stage.END, 5, None),
        (Kind.THROTTLED, Stage.RCPT, 5, None),
        (Kind.THROTTLED, Stage.MAIL, 5, 30 * MINUTE),
        (Kind.THROTTLED, Stage.CONNECT, 50, 30 * MINUTE),
        (Kind.DOWN, Stage.CONNECT, 0, MINUTE),
        (Kind.DOWN, Stage.MAIL, 50, 30 * MINUTE),
        (Kind.DOWN, Stage.BODY, 4, 30 * MINUTE),
        (Kind.DOWN, Stage.BODY, 5, None),
        (Kind.SENT, Stage.END, 1, None),
        (Kind.REFUSED, Stage.RCPT, 1, None),
        (Kind.UNUSABLE, Stage.AUTH, 1, None),
        (Kind.UNKNOWN, Stage.END, 1, None),
    ],
)
def test_when_it_is_tried_again(kind: Kind, stage: Stage, attempts: int, expected: timedelta | None) -> None:
    """AMB-E7, AMB-E13: an outage uses up nobody's attempts, but a message that breaks connections uses up its own."""
    assert next_attempt(Answer(kind, stage), attempts, BACKOFF, 5) == expected


def test_without_spans_it_is_tried_at_once() -> None:
    assert next_attempt(Answer(Kind.LATER, Stage.RCPT), 1, (), 2) == timedelta(0)
    assert next_attempt(Answer(Kind.LATER, Stage.RCPT), 2, (), 2) is None
