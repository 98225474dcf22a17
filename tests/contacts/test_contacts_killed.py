"""Two thousand accounts and eight dispatchers that are killed at random: nobody is contacted twice for one try, none is lost.

Limits and hours hold for what real servers were asked, by a checker that knows nothing of the engine.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.engine.lane import SLICE
from tests.contacts.agency import Agency, account, agency
from tests.contacts.checker import Rules, faults
from tests.email.mailroom import Mailroom, until
from tests.worker_processes import workers

DISPATCHERS = 8
ACCOUNTS = 2000
ASLEEP = 200
"""So many of them live where nobody may be contacted now."""
KILLS = 8
PER_DAY = 2
INTERVAL = 2
"""Seconds between two contacts with one account."""
LONGEST = 300.0
"""Seconds until all of it is done, on a machine that does much else."""


def zone_at(hour: int) -> str:
    """A zone in which it is that hour now. What is east of Greenwich has a minus there."""
    east = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


@pytest.fixture
def busy(room: Mailroom) -> Iterator[tuple[Agency, dict[str, str]]]:
    """An active campaign, and the zone of each account: in most it is past six in the morning, in some past six at night."""
    zones = {f"A{one}": zone_at(18 if one <= ASLEEP else 6) for one in range(1, ACCOUNTS + 1)}
    with agency(room) as office:
        office.channels(retry={"attempts": 8, "backoff": "1s"})
        hours = {"from": "00:00", "to": "12:00"}
        office.settings(limits={"perDay": PER_DAY, "minInterval": f"{INTERVAL}s"}, allowedHours=hours)
        office.strategy(office.step("sms"), office.step("mail"), office.step("voice"))
        office.accounts([account(one, timezone=zones[f"A{one}"]) for one in range(1, ACCOUNTS + 1)])
        office.campaign("active")
        office.apply()
        yield office, zones


def is_over(office: Agency) -> bool:
    """Whether everybody has had what may be had today, nothing is under way, and nobody is forgotten: what follows waits."""
    soon = datetime.now(UTC).timestamp() + 3600
    ((contacts,),) = office.rows("SELECT count(*) FROM interaction WHERE sort = 'contact'")
    ((waiting,),) = office.rows("SELECT count(*) FROM contact_item WHERE stage = 'pending' AND due_at > ?", soon)
    ((left,),) = office.rows("SELECT count(*) FROM contact_item WHERE stage = 'processing'")
    return bool(contacts == PER_DAY * (ACCOUNTS - ASLEEP) and waiting == ACCOUNTS and not left)


def test_dispatchers_that_are_killed_contact_nobody_twice(busy: tuple[Agency, dict[str, str]], tmp_path: Path) -> None:
    """C-02, C-07, AMB-C10, AMB-C11, AMB-C1: each try once, within limits and hours; no open item is left behind."""
    office, zones = busy
    with workers(office.world, tmp_path / "log", DISPATCHERS, threads=2) as crew:
        whole = PER_DAY * (ACCOUNTS - ASLEEP)
        for point in sorted(random.sample(range(1, whole * 9 // 10), KILLS)):
            until(
                lambda point=point: len(office.heard) + len(office.mailed) >= point,  # type: ignore[misc]
                f"{point}: {office.stages()}{crew.said()}",
                LONGEST,
            )
            crew.replace()
        until(lambda: is_over(office), f"the end: {office.stages()}{crew.said()}", LONGEST)
    contacts = office.contacts()
    tries = Counter((one.account, one.medium) for one in contacts)
    assert set(tries.values()) == {1}, [one for one, times in tries.items() if times > 1]
    assert not [one for one in contacts if one.medium == "email" and one.times > 1], "a mail in doubt is not sent again"
    rules = Rules(per_day=PER_DAY, opens=time(0), closes=time(12))
    assert faults(contacts, rules, zones, {}) == []
    begun = office.rows("SELECT account, at FROM interaction WHERE sort = 'contact' ORDER BY account, at")
    pairs = pairwise(begun)
    assert not [one for one, other in pairs if one[0] == other[0] and other[1] - one[1] < INTERVAL]
    stages = office.stages()
    unknown = stages.pop("unknown", 0)
    assert unknown <= KILLS * SLICE.most
    assert stages == {"completed": PER_DAY * (ACCOUNTS - ASLEEP) - unknown, "pending": ACCOUNTS}
    asleep = {f"A{one}" for one in range(1, ASLEEP + 1)}
    assert len({one.account for one in contacts} - asleep) == ACCOUNTS - ASLEEP
    assert not asleep & {one.account for one in contacts}
