"""What visitors of a referral program are answered: every row of tables that were written from the description of the states."""

import math
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.kinds.referral.answer import NOBODY, Program, Running, Visitor, answer
from reconciler.kinds.referral.share import Share, pick
from reconciler.kinds.referral.states import ALLOWED, makegood, payable
from reconciler.source.definitions import load_kinds
from tests.referral.program import BEFORE, NOW, PAUSED_AT, campaign, ref

TABLE: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("answers.yaml").read_text("utf-8"))
PAYMENTS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("payments.yaml").read_text("utf-8"))
STATES = ("not_launched", "live", "paused", "ended", "stopped")
OURS, OTHER = ref("ours"), ref("other")
VISITORS = {
    "advocate": Visitor("advocate", "ada", OURS),
    "known": Visitor("friend", "ada", OURS, BEFORE),
    "new": Visitor("friend", "ada", OURS),
}
CHOICES = {"ours": {OURS}, "other": {OTHER}, "either": {OURS, OTHER}, "none": {None}}


def test_the_table_has_every_row_once() -> None:
    rows = Counter((row["state"], row["other"], row["visitor"]) for row in TABLE)
    assert rows == Counter((s, o, v) for s in STATES for o in ("none", "live") for v in VISITORS)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['state']}-{row['other']}-{row['visitor']}")
def test_each_visitor_is_answered_as_the_table_says(row: dict[str, Any]) -> None:
    """R-02 to R-09, R-12, R-13, AMB-R1, AMB-R3, AMB-R7: the whole table, and the same whatever the order of campaigns."""
    running = [campaign("ours", row["state"], weight=1)]
    running += [campaign("other", "live", weight=1)] if row["other"] == "live" else []
    found = answer(running, VISITORS[row["visitor"]], NOW)
    assert found.creative in CHOICES[row["shown"]]
    assert found.rewarding in CHOICES[row["earns"]]
    assert found.eligible == (row["earns"] != "none")
    assert found.reason
    assert answer(running[::-1], VISITORS[row["visitor"]], NOW) == found
    if row["shown"] == "either":
        keys = (Visitor("advocate", str(number), OURS) for number in range(64))
        assert {answer(running, one, NOW).creative for one in keys} == {OURS, OTHER}


@pytest.mark.parametrize("row", PAYMENTS, ids=lambda row: row["state"])
def test_what_is_paid_and_made_good_in_each_state(row: dict[str, Any]) -> None:
    """R-10, R-13, R-14, AMB-R9, AMB-R10: a stopped campaign pays nothing and makes nothing good, and says so."""
    assert (payable(row["state"]) == "", makegood(row["state"]) == "") == (row["pays"], row["makes_good"])


def test_the_answers_are_those_of_the_definition() -> None:
    """R-01 to R-14: what a server knows by heart is what kind.yaml allows, word for word."""
    kinds, found = load_kinds((), Path())
    assert not found
    law = kinds.table["ReferralCampaign"].lifecycle
    assert set(ALLOWED) == set(law.states) == set(STATES) == {row["state"] for row in PAYMENTS}
    actions = {action for allowed in ALLOWED.values() for action in allowed}
    assert actions == {
        one.name for state in law.states.values() for one in (*state.allows, *state.forbids)
    } - {"edit", "schedule", "duplicate"}  # fmt: skip
    for state, allowed in ALLOWED.items():
        assert allowed == {one for one in actions if law.allows(state, one)}, state
        for why, action in ((payable(state), "pay-rewards"), (makegood(state), "makegood")):
            forbidden = law.forbidden(state, action)
            assert why == (forbidden.message if forbidden else ""), (state, action)
    (rests,) = law.preempts
    assert (rests.state, rests.instead) == ("live", "paused")


def test_nothing_is_known_of_a_state_that_is_none() -> None:
    assert payable("running") and makegood("running")
    assert answer([campaign("ours", "running")], VISITORS["new"], NOW) == NOBODY


# ---- friends in progress ---------------------------------------------------------------------------------------------

JOURNEY = ["applied", "approved", "funded"]


def _reached(**days: int) -> dict[str, datetime]:
    return {step: PAUSED_AT + timedelta(days=day) for step, day in days.items()}


@pytest.mark.parametrize(
    ("terms", "reached", "keeps"),
    [
        pytest.param({}, {}, True, id="the offer is kept where nothing is said"),
        pytest.param({"keepOffer": False}, {}, False, id="not kept"),
        pytest.param({"from": "approved"}, {}, False, id="only opened, and more is asked for"),
        pytest.param({"from": "approved"}, _reached(applied=-2), False, id="a step too early"),
        pytest.param({"from": "approved"}, _reached(applied=-2, approved=-1), True, id="just the step"),
        pytest.param({"from": "approved"}, _reached(approved=0), True, id="the step at the very instant"),
        pytest.param({"from": "approved"}, _reached(approved=1), False, id="the step after the pause"),
        pytest.param({"from": "approved"}, _reached(funded=-1), True, id="a later step, whose earlier one nobody told"),
        pytest.param(
            {"keepOffer": False, "from": "applied"}, _reached(applied=-1), False, id="not kept, whatever step"
        ),
    ],
)
def test_friends_in_progress_keep_the_offer_as_the_campaign_says(
    terms: dict[str, Any], reached: dict[str, datetime], keeps: bool
) -> None:
    """R-20 to R-22, R-24: `keepOffer` and `from` decide who goes on after the pause; others get the live campaign."""
    running = [campaign("ours", "paused", journey=JOURNEY, inProgress=terms), campaign("other", "live")]
    found = answer(running, Visitor("friend", "ada", OURS, BEFORE, reached), NOW)
    assert (found.creative, found.rewarding) == ((OURS, OURS) if keeps else (OTHER, OTHER))


def test_from_without_a_journey_is_that_step_alone() -> None:
    """R-20."""
    running = [campaign("ours", "paused", inProgress={"from": "approved"})]
    assert answer(running, Visitor("friend", "ada", OURS, BEFORE, _reached(approved=-1)), NOW).creative == OURS
    assert answer(running, Visitor("friend", "ada", OURS, BEFORE, _reached(funded=-1)), NOW) == NOBODY


def test_who_opens_the_offer_after_the_pause_has_not_come_before() -> None:
    """AMB-R3: to the instant."""
    running = [campaign("ours", "paused"), campaign("other", "live")]
    assert answer(running, Visitor("friend", "ada", OURS, PAUSED_AT), NOW).creative == OURS
    assert answer(running, Visitor("friend", "ada", OURS, PAUSED_AT + timedelta(seconds=1)), NOW).creative == OTHER


@pytest.mark.parametrize(
    ("zone", "cutoff", "last", "over"),
    [
        ("UTC", "2027-03-10", "2027-03-10T23:59:59+00:00", "2027-03-11T00:00:00+00:00"),
        ("America/New_York", "2027-03-10", "2027-03-11T04:59:59+00:00", "2027-03-11T05:00:00+00:00"),
        # clocks go forward in the night of the 14th: the day has 23 hours
        ("America/New_York", "2027-03-14", "2027-03-15T03:59:59+00:00", "2027-03-15T04:00:00+00:00"),
        ("Europe/Amsterdam", "2027-03-28", "2027-03-28T21:59:59+00:00", "2027-03-28T22:00:00+00:00"),
        # and back: 25 hours
        ("Europe/Amsterdam", "2027-10-31", "2027-10-31T22:59:59+00:00", "2027-10-31T23:00:00+00:00"),
        # midnight is skipped there: the day after begins at one o'clock
        ("Africa/Cairo", "2027-04-29", "2027-04-29T21:59:59+00:00", "2027-04-29T22:00:00+00:00"),
        ("Pacific/Kiritimati", "2027-03-10", "2027-03-10T09:59:59+00:00", "2027-03-10T10:00:00+00:00"),
    ],
)
def test_the_cutoff_is_a_whole_day_of_the_programs_zone(zone: str, cutoff: str, last: str, over: str) -> None:
    """R-20: the last day counts to its end, also where clocks change."""
    running = [campaign("ours", "paused", zone=zone, inProgress={"cutoff": cutoff}), campaign("other", "live")]
    assert answer(running, VISITORS["known"], datetime.fromisoformat(last)).creative == OURS
    assert answer(running, VISITORS["known"], datetime.fromisoformat(over)).creative == OTHER


def test_the_cutoff_does_not_bind_a_live_campaign() -> None:
    """R-20: it is for those under way when the campaign is no longer live."""
    running = [campaign("ours", "live", inProgress={"cutoff": "2020-01-01"})]
    assert answer(running, VISITORS["known"], NOW).creative == OURS


@pytest.mark.parametrize(("cutoff", "shown"), [("9999-12-31", OURS), ("0001-01-01", None)])
def test_the_ends_of_the_calendar_are_dates_too(cutoff: str, shown: object) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        running = [campaign("ours", "paused", zone=zone, inProgress={"cutoff": cutoff})]
        assert answer(running, VISITORS["known"], NOW).creative == shown


def test_a_friend_keeps_the_offer_of_a_burst_that_they_came_to_by_an_older_link() -> None:
    """R-06, R-07: while the burst was live the link led to it; after it the link's own campaign is live again."""
    running = [campaign("ours", "live", weight=1), campaign("burst", "paused", goLiveAs="burst")]
    friend = Visitor("friend", "ada", OURS, elsewhere={ref("burst"): BEFORE})
    assert answer(running, friend, NOW).creative == ref("burst")
    assert answer([running[0], campaign("burst", "ended", goLiveAs="burst")], friend, NOW).creative == OURS


def test_of_several_paused_campaigns_the_one_opened_last_is_kept() -> None:
    """R-06."""
    running = [campaign("ours", "paused"), campaign("other", "paused")]
    friend = Visitor("friend", "ada", OURS, BEFORE, elsewhere={OTHER: BEFORE + timedelta(days=1)})
    assert answer(running, friend, NOW).creative == OTHER
    friend = Visitor("friend", "ada", OURS, BEFORE, elsewhere={OTHER: BEFORE - timedelta(days=1)})
    assert answer(running, friend, NOW).creative == OURS


def test_a_friend_stays_with_the_live_offer_that_they_have_opened() -> None:
    """AMB-R7: also when another campaign comes and would win the advocate's share."""
    running = [campaign("ours", "ended"), campaign("a", "live", weight=1), campaign("b", "live", weight=10_000)]
    assert answer(running, Visitor("friend", "ada", OURS, BEFORE), NOW).creative == ref("b")
    assert answer(running, Visitor("friend", "ada", OURS, BEFORE, elsewhere={ref("a"): BEFORE}), NOW).creative == ref(
        "a"
    )


# ---- tests and bursts ------------------------------------------------------------------------------------------------

ADVOCATES = 10_000


def _arms(**weights: int) -> list[Running]:
    return [campaign(name, "live", weight=weight) for name, weight in weights.items()]


def _split(running: list[Running]) -> dict[str, object]:
    program = Program.of(running)
    return {str(number): program.answer(Visitor("advocate", str(number)), NOW).creative for number in range(ADVOCATES)}


@pytest.mark.parametrize(
    "weights", [{"a": 60, "b": 40}, {"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 9_999}, {"a": 5, "b": 3, "c": 2}]
)
def test_the_shares_are_those_of_the_weights(weights: dict[str, int]) -> None:
    """AMB-R7: within five standard deviations, which a fair split leaves once in two million times."""
    counts, total = Counter(_split(_arms(**weights)).values()), sum(weights.values())
    for name, weight in weights.items():
        share = weight / total
        bound = 5 * math.sqrt(ADVOCATES * share * (1 - share)) + 1
        assert abs(counts[ref(name)] - ADVOCATES * share) <= bound, name


def test_an_advocate_and_their_friends_have_the_same_campaign_for_ever() -> None:
    """AMB-R7: the same key, the same answer; values worked out apart hold it for other machines and versions."""
    running = _arms(a=60, b=40)
    first = _split(running)
    assert _split(running[::-1]) == first
    friends = (answer(running, Visitor("friend", key), NOW).creative for key in first)
    assert list(friends) == list(first.values())
    assert "".join(str(first[str(number)])[17] for number in range(32)) == "babbaabaaaaabbbaaaabbbbbbbabbbaa"


def test_a_campaign_that_comes_moves_only_those_that_it_gets() -> None:
    """AMB-R7: and one that goes only its own; a weight that grows takes and gives nothing away."""
    before, after = _split(_arms(a=60, b=40)), _split(_arms(a=60, b=40, c=100))
    assert {after[key] for key in before if after[key] != before[key]} == {ref("c")}
    assert {key for key in before if after[key] == ref("c")} == {key for key in before if after[key] != before[key]}
    heavier = _split(_arms(a=60, b=60))
    assert {(before[key], heavier[key]) for key in before if heavier[key] != before[key]} == {(ref("a"), ref("b"))}


def test_a_draw_is_never_none_or_all() -> None:
    """Whatever the hash: no draw divides by nothing, and any text is a key."""
    share = Share.of(OURS, 10_000)
    assert all(math.isfinite(share.draw(key)) and share.draw(key) > 0 for key in (b"", b"\xff" * 1000))
    assert pick([share, Share.of(OTHER, 1)], "\ud800") in (OURS, OTHER)
    assert pick([], "ada") is None


def test_a_burst_wins_over_tests_that_are_live_beside_it() -> None:
    """AMB-R7: they count as paused from the moment on that it is live, in whatever order they are carried out."""
    burst = campaign("burst", "live", goLiveAs="burst", since=PAUSED_AT)
    running = [
        burst,
        campaign("ours", "live", weight=1, since=BEFORE),
        campaign("other", "live", weight=1, since=BEFORE),
    ]
    assert {answer(running, Visitor("advocate", str(key)), NOW).creative for key in range(64)} == {burst.ref}
    assert answer(running, VISITORS["new"], NOW).creative == burst.ref
    assert answer(running, VISITORS["known"], NOW).creative == OURS
    between = Visitor("friend", "ada", OURS, PAUSED_AT - timedelta(minutes=1))
    assert answer(running, between, NOW).creative == OURS, "it was live until the burst began"
    late = Visitor("friend", "ada", OURS, PAUSED_AT + timedelta(minutes=1))
    assert answer(running, late, NOW).creative == burst.ref
