"""A simulated quarter over changes of clocks: whatever comes in at random, limits and hours are never exceeded."""

import random
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from reconciler.model.contact_queue import Sort, Told
from reconciler.model.ref import Ref
from tests.contacts.agency import KIND, Agency, account
from tests.contacts.checker import DAYS, Rules, faults

ACCOUNTS = 300
ZONES = ("", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland")
"""Clocks change in most of them within the quarter; in one by half an hour."""
START = datetime(2027, 3, 1, 12, tzinfo=UTC)
END = datetime(2027, 5, 31, tzinfo=UTC)
STEP = timedelta(hours=3, minutes=7)
TOLD = 8
"""Accounts of which something is heard between two looks, at most."""
SORTS = (Sort.PROMISE, Sort.PAYMENT, Sort.CONVERSATION, Sort.RESPONSE, Sort.OPT_OUT, Sort.OPT_IN)


def heard(chance: random.Random, number: int, now: datetime) -> Told:
    """Something that happened with an account."""
    sort = chance.choice(SORTS)
    due = (now + timedelta(days=3)).date().isoformat() if sort is Sort.PROMISE else ""
    amount = Decimal(10) if sort in (Sort.PROMISE, Sort.PAYMENT) else Decimal(0)
    return Told(f"e{number}", sort, now, amount, "USD" if amount else "", due)


@pytest.mark.parametrize("seed", [7])
def test_a_quarter_keeps_to_limits_and_hours(office: Agency, seed: int) -> None:
    """C-02, AMB-C3, AMB-C11: per day, week and interval, hours and days by each contact's clock, calls by the policy pack."""
    chance = random.Random(seed)
    zones = {f"A{one}": chance.choice(ZONES) for one in range(1, ACCOUNTS + 1)}
    rules = Rules(1, 3, timedelta(hours=20), time(9), time(19), DAYS[:6], "America/Chicago", pack=True)
    limits = {"perDay": 1, "perWeek": 3, "minInterval": "20h"}
    hours = {"from": "09:00", "to": "19:00", "days": list(DAYS[:6])}
    office.settings(timezone=rules.zone, schedulerCycle="1h", policyPack="us-reg-f", limits=limits, allowedHours=hours)
    calls = [office.step("voice", wait=f"{wait}h", retries=6, retryDelay="5h") for wait in (1, 30, 2)]
    office.strategy(office.step("mail"), *calls, office.step("sms", wait="3d"), *calls, office.step("mail", wait="1d"))
    office.accounts([account(one, timezone=zones[f"A{one}"]) for one in range(1, ACCOUNTS + 1)])
    office.answer = lambda body: (200, {"reached": chance.random() < (0.3 if body["medium"] == "voice" else 1.0)})
    office.campaign("active", end="2027-05-15")
    office.apply()
    talks: dict[str, list[datetime]] = {}
    out: dict[str, datetime] = {}
    told = 0
    with closing(office.room.open()) as store:
        worker = office.room.app().workers(store)[KIND]
        source = store.ledger.uid(Ref("AccountSource", "portfolio"))
        while office.clock.now() < END:
            office.worked(store, worker)
            office.clock.advance(seconds=1)
            for _ in range(chance.randrange(TOLD)):
                number, told = chance.choice(list(zones)), told + 1
                one = heard(chance, told, office.clock.now())
                store.contact_queue.told(source, number, one, one.at)
                if one.sort is Sort.CONVERSATION:
                    talks.setdefault(number, []).append(one.at)
                if one.sort is Sort.OPT_OUT:
                    out[number] = one.at
                if one.sort is Sort.OPT_IN:
                    out.pop(number, None)
            office.clock.moment += STEP
    contacts = office.contacts()
    assert len(contacts) > 4 * ACCOUNTS
    assert faults(contacts, rules, zones, talks) == []
    assert not [one for one in contacts if one.account in out and one.at > out[one.account]], "who has opted out"
    assert max(one.at for one in contacts) < datetime(2027, 5, 16, 5, tzinfo=UTC), "its last day is over in Chicago"
    assert "processing" not in office.stages()
