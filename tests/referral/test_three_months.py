"""Three months after its end a campaign stops by itself, and what it still owes is void (R-11, AMB-R5, AMB-R6)."""

import pytest

from reconciler.model.reward import Fate
from tests.referral.bureau import FRIEND, Bureau

CASES = {
    "a month's end is clamped": ("2026-11-30T15:00:00Z", "2027-02-28T14:59:59Z", "2027-02-28T15:00:00Z"),
    "in a leap year one day later": ("2027-11-30T15:00:00Z", "2028-02-29T14:59:59Z", "2028-02-29T15:00:00Z"),
    "over a change of clocks the local time stays": (
        "2027-01-15T14:00:00Z", "2027-04-15T12:59:59Z", "2027-04-15T13:00:00Z",
    ),
    "the date is the program's, not UTC's": ("2026-12-01T03:30:00Z", "2027-03-01T03:29:59Z", "2027-03-01T03:30:00Z"),
    "and back in autumn": ("2027-08-20T14:00:00Z", "2027-11-20T14:59:59Z", "2027-11-20T15:00:00Z"),
}  # fmt: skip


@pytest.mark.parametrize(("ended", "before", "due"), CASES.values(), ids=list(CASES))
def test_what_is_owed_is_void_when_three_months_are_over(bureau: Bureau, ended: str, before: str, due: str) -> None:
    """R-11, R-13, AMB-R5, AMB-R6: not a second before; a reward in review as one that waits. What was paid stays paid."""
    rules = [
        FRIEND,
        {**FRIEND, "to": "advocate", "wait": "200d"},
        {**FRIEND, "on": "first_deposit", "approval": "manual"},
    ]
    bureau.set("2026-10-01T12:00:00Z")
    if ended.startswith("2027"):
        bureau.set(f"{ended[:5]}01-02T12:00:00Z")
    bureau.put("summer", "live", rules)
    bureau.refer("fred", bureau.share("ada"))
    bureau.event("fred", "first_deposit")
    with bureau.store() as store:
        (paid,) = store.rewards.hand_over(bureau.offering(store).uid, "one", bureau.clock.now(), 100)
    bureau.set(ended)
    bureau.put("summer", "ended", rules)
    bureau.set(before)
    bureau.apply()
    assert bureau.fates() == {"fulfilled": 1, "pending": 1, "review": 1}
    bureau.set(due)
    bureau.apply()
    assert bureau.world.state("ReferralCampaign/summer") == "stopped"
    assert bureau.fates() == {"fulfilled": 1, "void": 2}
    bureau.apply()
    bureau.world.clock.advance(days=300)
    with bureau.store() as store:
        assert store.rewards.hand_over(bureau.offering(store).uid, "two", bureau.clock.now(), 100) == []
    assert [one.id for one in bureau.rewards(Fate.FULFILLED)] == [paid.id]


def test_leaving_ended_begins_the_three_months_anew(bureau: Bureau) -> None:
    """AMB-R2, AMB-R5: relaunched and ended again, it is owed for three months more."""
    bureau.set("2027-01-10T12:00:00Z")
    bureau.put("summer", "live", [{**FRIEND, "wait": "400d"}])
    bureau.refer("fred", bureau.share("ada"))
    for day, state in (("2027-01-11", "ended"), ("2027-03-01", "live"), ("2027-03-02", "ended")):
        bureau.set(f"{day}T12:00:00Z")
        bureau.put("summer", state, [{**FRIEND, "wait": "400d"}])
    bureau.set("2027-04-15T12:00:00Z")
    bureau.apply()
    assert bureau.fates() == {"pending": 1}
    bureau.set("2027-06-02T12:00:00Z")
    bureau.apply()
    assert bureau.fates() == {"void": 1}
