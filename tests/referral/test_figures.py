"""The figures of a program that people look at: funnel, sums by state and currency, rewards from the newest on (R-25)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from reconciler.kinds.referral.answer import Program, Running
from reconciler.kinds.referral.audience import live, sights, tills
from reconciler.kinds.referral.deciding import Desk
from reconciler.model.referral import Funnel
from reconciler.model.reward import Fate, Owed, Wanted
from tests.referral.bureau import ADVOCATE, FRIEND, Bureau
from tests.referral.program import NOW, campaign, ref

EURO = {"to": "advocate", "on": "first_deposit", "value": "7.50", "currency": "EUR", "approval": "manual"}


def test_the_funnel_counts_what_came_of_a_campaign(bureau: Bureau) -> None:
    """R-25: links, clicks, friends, and who of them took which step after they opened the offer."""
    bureau.put("summer", "live")
    ada, ben = bureau.share("ada"), bureau.share("ben")
    for friend, code in (("fred", ada), ("finn", ada), ("fay", ben)):
        bureau.open(friend, code)
    bureau.event("stranger", "account_created")  # by no link: nobody's
    for friend in ("fred", "finn"):
        bureau.event(friend, "account_created")
    bureau.event("fred", "first_deposit")
    bureau.told("fred", "first_deposit", id_="again")
    with bureau.store() as store:
        uid, summer = bureau.offering(store).uid, bureau.uid("summer")
        store.referral.click(ada, summer, bureau.clock.now())
        store.referral.click(ada, summer, bureau.clock.now() + timedelta(hours=3))
        store.referral.click(ada, 0, bureau.clock.now())
        assert store.referral.funnel(uid, summer) == Funnel(2, 2, 3, {"account_created": 2, "first_deposit": 1})
        assert store.referral.funnel(uid, 0) == Funnel(0, 1, 0, {})


def test_sums_are_by_state_and_currency(bureau: Bureau) -> None:
    bureau.put("summer", "live", [FRIEND, ADVOCATE, EURO])
    code = bureau.share("ada")
    for friend in ("fred", "finn"):
        bureau.refer(friend, code)
        bureau.event(friend, "first_deposit")
    (first, _) = bureau.rewards(Fate.REVIEW)
    with bureau.store() as store:
        assert Desk(store, "user:eve", bureau.clock.now()).decide(first.id, Fate.DENIED, "no")
        found = store.rewards.sums(bureau.uid("summer"))
    assert found == {
        Fate.PENDING: Owed(4, {"USD": Decimal("150.0000")}),
        Fate.REVIEW: Owed(1, {"EUR": Decimal("7.5000")}),
        Fate.DENIED: Owed(1, {"EUR": Decimal("7.5000")}),
    }


def test_rewards_come_from_the_newest_on(bureau: Bureau) -> None:
    bureau.put("summer", "live")
    code = bureau.share("ada")
    for friend in ("a", "b", "c"):
        bureau.refer(friend, code)
        bureau.clock.advance(hours=1)  # type: ignore[attr-defined]
    with bureau.store() as store:
        uid = bureau.offering(store).uid
        forward = list(store.rewards.find(Wanted(uid)))
        back, after = [], None
        while page := store.rewards.find(Wanted(uid, newest=True), after, 4):
            back += page
            after = page[-1].earned_at, page[-1].id
    assert back == forward[::-1] and len(back) == 6


def _said(one: Running, *others: Running) -> dict[str, tuple[list[str], bool]]:
    program = Program.of([one, *others])
    found = next(each for each in program.running if each.ref == one.ref)
    return {each.who: ([part.ref.name for part in each.sees], each.own) for each in sights(program, found, NOW)}


BEFORE = "Friends who came before"
BY_LINK = "Friends who come now by its links"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("live", {"Advocates": ["old", "new"], BY_LINK: ["old"], BEFORE: ["old"]}),
        ("paused", {"Advocates": ["new"], BY_LINK: ["new"], BEFORE: ["old"]}),
        ("ended", {"Advocates": ["new"], BY_LINK: ["new"], BEFORE: ["new"]}),
        ("stopped", {"Advocates": ["new"], BY_LINK: ["new"], BEFORE: ["new"]}),
        ("not_launched", {"Advocates": ["new"], BY_LINK: ["new"], BEFORE: ["new"]}),
    ],
)
def test_who_sees_what(state: str, expected: dict[str, list[str]]) -> None:
    """R-02, R-03, R-04, R-05, R-06, R-08, R-09, R-12, AMB-R3: by the state of one campaign beside a live one."""
    found = _said(campaign("old", state), campaign("new", "live"))
    assert {who: sorted(sees) for who, (sees, _) in found.items()} == {w: sorted(s) for w, s in expected.items()}
    assert [own for _, own in found.values()] == [state == "live", state == "live", state in ("live", "paused")]


def test_while_none_is_live_only_who_came_before_sees_a_paused_one() -> None:
    found = _said(campaign("old", "paused"))
    assert found == {"Advocates": ([], False), BY_LINK: ([], False), BEFORE: (["old"], True)}


def test_an_offer_that_is_not_kept_is_nobodys() -> None:
    """R-20, R-22: keepOffer false denies it to those who came before, too."""
    found = _said(campaign("old", "paused", inProgress={"keepOffer": False}), campaign("new", "live"))
    assert found[BEFORE] == (["new"], False)


def test_a_cut_off_day_ends_the_kept_offer() -> None:
    one = campaign("old", "paused", zone="Europe/Amsterdam", inProgress={"cutoff": "2027-03-31", "from": "opened"})
    kept = sights(Program.of([one]), one, NOW)[2]
    assert kept.who == f"{BEFORE} and have come to opened" and kept.own
    assert kept.until is not None and kept.until.isoformat() == "2027-03-31T22:00:00+00:00"


def test_a_burst_is_alone_and_a_test_is_shared() -> None:
    """AMB-R7."""
    arms = [campaign("a", "live", weight=60), campaign("b", "live", weight=40)]
    assert [(one.ref.name, one.percent) for one in live(Program.of(arms))] == [("a", 60.0), ("b", 40.0)]
    burst = campaign("burst", "live", goLiveAs="burst")
    assert [one.ref for one in live(Program.of([*arms, burst]))] == [ref("burst")]


def test_what_is_done_with_rewards() -> None:
    """R-10, R-13, R-14: each state says what it pays, and why it does not."""
    assert {state: [one.done for one in tills(state)] for state in ("live", "paused", "ended", "stopped")} == {
        "live": [True, True, True], "paused": [True, True, True], "ended": [False, True, True],
        "stopped": [False, False, False],
    }  # fmt: skip
    assert all(one.done or one.why for state in ("ended", "stopped", "not_launched") for one in tills(state))
