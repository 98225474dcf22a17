"""How fast a campaign is asked to send: the strictest of its limits."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.kinds.email.pace import asked_rate
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.engine.desk import SPRING, campaign, move, nothing
from tests.store.stores import STORES


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(STORES["sqlite"](tmp_path)) as found:
        yield found


def job(store: Store, rate: list[int] | None, limits: dict[str, list[dict[str, object]]]) -> int:
    """A campaign with a rate of its own, through connections with these limits."""
    uid = campaign(store, SPRING)
    for name, found in limits.items():
        move(store, Ref("SmtpConnection", name), "present", {"spec": {"limits": found}})
    store.ledger.prepare(uid, "running", nothing)
    store.ledger.assign(uid, [name for name in limits for _ in range(2)], lambda _: 0, nothing)
    store.ledger.pack(uid, {"terms": {"rate": rate}})
    return uid


PER_SECOND, PER_HOUR = {"max": 10, "per": "1s"}, {"max": 3600, "per": "1h"}


@pytest.mark.parametrize(
    ("rate", "limits", "asked"),
    [
        (None, {"a": []}, None),
        ([120, 60], {"a": []}, 120),
        ([7200, 3600], {"a": [PER_SECOND]}, 120),
        (None, {"a": [PER_SECOND]}, 600),
        (None, {"a": [PER_SECOND, PER_HOUR]}, 60),
        (None, {"a": [PER_HOUR], "b": [PER_SECOND]}, 660),
        (None, {"a": [PER_HOUR], "b": []}, None),
        ([500, 60], {"a": [PER_HOUR], "b": [PER_SECOND]}, 500),
    ],
)
def test_the_strictest_limit_is_what_is_asked(
    store: Store, rate: list[int] | None, limits: dict[str, list[dict[str, object]]], asked: float | None
) -> None:
    """E-51: connections add up, all of their lanes share one limit, and the campaign's own rate is over them all."""
    assert asked_rate(store, job(store, rate, limits)) == asked
