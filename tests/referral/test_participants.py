"""People come by links and earn rewards, each once, by the states of the campaigns at the time (R-02 … R-14, R-25)."""

from decimal import Decimal

from reconciler.kinds.referral.asked import AdvocateSaid, LinkSaid
from reconciler.kinds.referral.reception import Refused, Why
from reconciler.model.referral import Role, Taken
from reconciler.model.reward import Fate, Wanted
from tests.referral.bureau import ADVOCATE, FRIEND, Bureau


def test_a_friend_who_came_by_a_link_earns_for_both(bureau: Bureau) -> None:
    """R-02, R-03, R-25: the rule is copied as it was, with value, currency, waiting period and beneficiary."""
    bureau.put("summer", "live", [{**FRIEND, "wait": "7d"}, ADVOCATE])
    code = bureau.share("ada")
    assert bureau.share("ada") == code, "shared again, it is the same link"
    assert bureau.open("fred", code) == "summer"
    friend, advocate = sorted(bureau.event("fred"), key=lambda one: one.role, reverse=True)
    assert (friend.role, friend.beneficiary, friend.value, friend.currency) == (
        "friend",
        "fred",
        Decimal("50.00"),
        "USD",
    )
    assert (advocate.beneficiary, advocate.friend, advocate.fate) == ("ada", "fred", Fate.PENDING)
    assert (friend.payable_at - friend.earned_at).days == 7
    bureau.put("summer", "live", [{**FRIEND, "value": "60.00"}, ADVOCATE])
    (kept,) = [one for one in bureau.rewards() if one.id == friend.id]
    assert kept.rule == {**FRIEND, "wait": "7d"} and kept.value == Decimal("50.00"), "later rules change nothing of it"


def test_a_replay_changes_nothing_and_another_event_under_its_id_is_refused(bureau: Bureau) -> None:
    """R-25: idempotent by the event's id; the same id for something else is a mistake of the caller."""
    bureau.put("summer", "live")
    bureau.open("fred", bureau.share("ada"))
    first, again = bureau.told("fred", id_="e1"), bureau.told("fred", id_="e1")
    assert isinstance(first, Taken) and first == again
    other = bureau.told("fred", "first_deposit", id_="e1")
    assert isinstance(other, Refused) and other.why is Why.CONFLICT
    step = bureau.told("fred", id_="e2")
    assert isinstance(step, Taken) and not step.is_first and not step.rewards, "the step was taken before"
    assert len(bureau.rewards()) == 2


def test_who_came_by_no_link_earns_nothing(small: Bureau) -> None:
    """R-03: eligible through referral links; a link that is told with the event counts."""
    small.put("summer", "live")
    code = small.share("ada")
    assert small.event("stranger") == []
    assert len(small.event("late", code=code)) == 2
    with small.store() as store:
        taken = store.referral.event(small.offering(store).uid, "stranger-account_created")
    assert taken is not None and taken.event.verdicts[0]["reason"] == "this friend came by no link"


def test_a_paused_campaign_rewards_whom_it_had_reached(bureau: Bureau) -> None:
    """R-05, R-06, R-07, AMB-R3: who came before goes on; who comes now goes to the live campaign, or nowhere."""
    bureau.put("summer", "live")
    code = bureau.share("ada")
    bureau.open("old", code)
    bureau.world.clock.advance(hours=1)
    bureau.put("summer", "paused")
    assert bureau.open("new", code) == "", "none is live"
    assert bureau.event("new", "account_created") == []
    assert {one.campaign for one in bureau.event("old")} == {bureau.uid("summer")}
    bureau.world.clock.advance(hours=1)
    bureau.put("autumn", "live", [{**FRIEND, "value": "10.00"}])
    assert bureau.open("newer", code) == "autumn"
    assert [one.value for one in bureau.event("newer")] == [Decimal("10.00")]
    assert bureau.open("old", code) == "summer"


def test_after_the_end_events_earn_by_the_live_campaign(bureau: Bureau) -> None:
    """R-09, R-10, AMB-R4, AMB-R10: what happened before the end is owed still, also where it is heard of later."""
    bureau.put("summer", "live")
    bureau.open("fred", code := bureau.share("ada"))
    bureau.open("late", code)
    before = bureau.world.clock.now()
    bureau.world.clock.advance(days=1)
    bureau.campaign("autumn", "live", [{**FRIEND, "value": "10.00"}])
    bureau.put("summer", "ended")
    bureau.world.clock.advance(days=1)
    assert [one.value for one in bureau.event("fred")] == [Decimal("10.00")]
    late = bureau.event("late", at=before.isoformat())
    assert {one.campaign for one in late} == {bureau.uid("summer")} and {one.fate for one in late} == {Fate.PENDING}


def test_a_late_event_is_rewarded_by_the_rules_of_its_time(bureau: Bureau) -> None:
    """R-25, AMB-R10: the rule as it was at the event, though it was edited before that was heard of."""
    bureau.put("summer", "live", [FRIEND])
    for friend in ("early", "late"):
        bureau.open(friend, bureau.share("ada"))
    then = bureau.world.clock.now()
    bureau.world.clock.advance(hours=1)
    bureau.put("summer", "live", [{**FRIEND, "value": "5.00"}, ADVOCATE])
    assert [one.value for one in bureau.event("early", at=then.isoformat())] == [Decimal("50.00")]
    assert sorted(one.value for one in bureau.event("late")) == [Decimal("5.00"), Decimal("25.00")]


def test_a_campaign_rewards_nothing_of_before_it_was_there(bureau: Bureau) -> None:
    """AMB-R4, AMB-R10: also one that began live, with no state before; so limits are not got round by days long past either."""
    before = bureau.world.clock.now()
    bureau.world.clock.advance(hours=1)
    bureau.put("summer", "live")
    bureau.open("fred", code := bureau.share("ada"))
    bureau.open("anna", code)
    assert bureau.event("fred", at=before.isoformat()) == []
    assert len(bureau.event("anna")) == 2


def test_stopping_voids_what_is_not_paid_and_nothing_revives_it(bureau: Bureau) -> None:
    """R-13, AMB-R2, AMB-R6, AMB-R10: also what was earned before and is heard of after the stop, or after a relaunch."""
    bureau.put("summer", "live", [{**FRIEND, "approval": "manual"}, ADVOCATE])
    bureau.open("fred", code := bureau.share("ada"))
    bureau.open("late", code)
    bureau.open("later", code)
    before = bureau.world.clock.now()
    bureau.event("fred")
    assert bureau.fates() == {"review": 1, "pending": 1}
    bureau.world.clock.advance(days=1)
    bureau.put("summer", "stopped", [{**FRIEND, "approval": "manual"}, ADVOCATE])
    assert bureau.fates() == {"void": 2}
    assert {one.fate for one in bureau.event("late", at=before.isoformat())} == {Fate.VOID}
    bureau.world.clock.advance(days=1)
    assert bureau.event("fred", "first_deposit") == []
    bureau.put("summer", "live", [ADVOCATE])
    assert {one.fate for one in bureau.event("later", at=before.isoformat())} == {Fate.VOID}
    assert bureau.fates() == {"void": 6}
    assert [one.fate for one in bureau.refer("fresh", code)] == [Fate.PENDING]


def test_a_plan_that_stops_says_what_that_would_void(bureau: Bureau) -> None:
    """AMB-R6, X-10: how many rewards, and what they are worth, before it is done; also when the three months will be over."""
    bureau.put("summer", "live")
    bureau.refer("fred", bureau.share("ada"))
    said = "rewards not yet paid become void: 2, worth 75.00 USD"
    bureau.campaign("summer", "stopped")
    assert said in bureau.world.cli("plan").out
    bureau.put("summer", "ended")
    assert said in bureau.world.cli("plan", "--horizon", "20w").out
    assert bureau.fates() == {"pending": 2}


def test_self_referral_is_denied_and_one_household_is_looked_at(small: Bureau) -> None:
    """R-25: by id, by e-mail address however it is written, by household; as the campaign's `fraud` says."""
    small.put("summer", "live")
    code = small.share("ada", email="Ada@R.example", household="1 Main St")
    small.open("ada", code)
    small.open("twin", code, email="ada@r.example")
    small.open("son", code, household="1  MAIN st")
    assert {one.reason for one in small.event("ada")} == {"the friend is the advocate"}
    assert {one.fate for one in small.event("twin")} == {Fate.DENIED}
    assert {(one.fate, one.reason) for one in small.event("son")} == {
        (Fate.REVIEW, "friend and advocate share a household")
    }
    with small.store() as store:
        known = store.referral.person(small.offering(store).uid, Role.ADVOCATE, "ada")
    assert known is not None and "ada" not in known.contact and len(known.contact) == 64, "no address is kept"


def test_an_advocate_who_is_not_known_shares_nothing(small: Bureau) -> None:
    small.put("summer", "live")
    with small.reception() as reception:
        found = reception.share(LinkSaid("nobody"), bytes)
    assert isinstance(found, Refused) and found.why is Why.UNKNOWN_ADVOCATE


def test_limits_count_by_the_calendar_of_the_program(bureau: Bureau) -> None:
    """R-25: so many a year and person, where years begin in the program's zone."""
    limited = [{**ADVOCATE, "limit": {"count": 2, "per": "year"}}]
    bureau.set("2027-12-31T20:00:00Z")
    bureau.put("summer", "live", limited)
    code = bureau.share("ada")
    fates = []
    for number, text in enumerate(("21:00", "22:00", "23:00")):
        bureau.set(f"2027-12-31T{text}:00Z")
        fates += [one.fate for one in bureau.refer(f"f{number}", code)]
    bureau.set("2028-01-01T04:59:59Z")  # still the old year in New York
    fates += [one.fate for one in bureau.refer("f4", code)]
    bureau.set("2028-01-01T05:00:00Z")
    fates += [one.fate for one in bureau.refer("f5", code)]
    assert fates == [Fate.PENDING, Fate.PENDING, Fate.DENIED, Fate.DENIED, Fate.PENDING]
    with bureau.store() as store:
        found = store.rewards.find(Wanted(bureau.offering(store).uid, fates=[Fate.DENIED], beneficiary="ada"))
    assert {one.reason for one in found} == {"the limit of 2 is reached"}


def test_what_is_denied_or_void_counts_towards_no_limit(bureau: Bureau) -> None:
    """R-25, AMB-R6: by a person, and by a stop; the next one is earned all the same."""
    limited = [{**ADVOCATE, "limit": {"count": 1, "per": "year"}, "approval": "manual"}]
    bureau.put("summer", "live", limited)
    code = bureau.share("ada")
    (first,) = bureau.refer("f1", code)
    with bureau.store() as store:
        assert store.rewards.review(first.id, Fate.DENIED, "no customer", bureau.clock.now())
    assert [one.fate for one in bureau.refer("f2", code)] == [Fate.REVIEW]
    assert [one.fate for one in bureau.refer("f3", code)] == [Fate.DENIED], "that one counts"
    bureau.world.clock.advance(minutes=1)
    bureau.put("summer", "stopped", limited)
    bureau.world.clock.advance(minutes=1)
    bureau.put("summer", "live", limited)
    assert [one.fate for one in bureau.refer("f4", code)] == [Fate.REVIEW]
    assert bureau.fates() == {"denied": 2, "void": 1, "review": 1}


def test_what_is_learned_later_of_somebody_is_filled_in(bureau: Bureau) -> None:
    """R-25: what is not told again stays, and what is told otherwise is a conflict."""
    bureau.put("summer", "live")
    code = bureau.share("ada")
    bureau.share("ada", email="ada@r.example")
    bureau.share("ada", household="here")
    bureau.open("twin", code, email="ADA@r.example")
    assert {one.reason for one in bureau.event("twin")} == {"the friend is the advocate"}
    with bureau.reception() as reception:
        other = reception.enrol(AdvocateSaid("ada", email="eve@r.example"))
    assert isinstance(other, Refused) and other.why is Why.CONFLICT
