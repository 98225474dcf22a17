"""AMB-E16: when an address gets no more mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.email.suppressing import Reason, suppression
from reconciler.mail.verdict import Fate

SOFT, OK = Fate.SOFT, Fate.DELIVERED
CASES: list[tuple[str, list[Fate | Reason], str | None]] = [
    ("nothing has come back", [], None),
    ("a hard bounce, at once", [OK, Fate.HARD], "hard_bounce"),
    ("a complaint, at once", [Fate.COMPLAINT], "complaint"),
    ("an unsubscription, at once", [Fate.UNSUBSCRIBE], "unsubscribed"),
    ("by hand", [Reason.MANUAL], "manual"),
    ("by a list that was imported", [Reason.LIST_IMPORT], "list_import"),
    ("four soft bounces", [SOFT] * 4, None),
    ("the fifth soft bounce", [SOFT] * 5, "soft_bounce"),
    ("a success between them begins anew", [*[SOFT] * 4, OK, *[SOFT] * 4], None),
    ("five after a success", [*[SOFT] * 4, OK, *[SOFT] * 5], "soft_bounce"),
    ("delays and automatic answers are no success", [*[SOFT] * 4, Fate.DELAYED, Fate.AUTO_REPLY, SOFT], "soft_bounce"),
    ("delays are no bounce", [Fate.DELAYED] * 9, None),
    ("policy blocks are about the sender", [Fate.POLICY] * 9, None),
    ("nor are they a success", [*[SOFT] * 4, Fate.POLICY, SOFT], "soft_bounce"),
    ("without a reason counts like soft", [*[SOFT] * 3, Fate.UNKNOWN, Fate.UNKNOWN], "soft_bounce"),
    ("the first reason stays", [Fate.HARD, Fate.COMPLAINT], "hard_bounce"),
    ("a success later lifts nothing", [Fate.UNSUBSCRIBE, OK, OK], "unsubscribed"),
]


@pytest.mark.parametrize(("name", "history", "reason"), CASES, ids=[one[0] for one in CASES])
def test_suppression(name: str, history: list[Fate | Reason], reason: str | None) -> None:
    assert suppression(history) == reason


HISTORIES = st.lists(st.sampled_from([*Fate, *Reason]))


@given(HISTORIES, HISTORIES)
def test_what_is_suppressed_stays_so(history: list[Fate | Reason], later: list[Fate | Reason]) -> None:
    """AMB-E16."""
    reason = suppression(history)
    if reason is not None:
        assert suppression([*history, *later]) is reason
