"""Whatever the campaigns and whoever comes: what no answer may ever be."""

from datetime import datetime, timedelta
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds.referral.answer import Program, Running, Visitor
from reconciler.kinds.referral.states import EARN, KNOWN_FRIENDS, LIVE, NEW_FRIENDS, allows
from reconciler.model.ref import Ref
from tests.referral.program import NOW, PAUSED_AT, campaign, ref

STATES = ("not_launched", "live", "paused", "ended", "stopped")
NAMES = ("a", "b", "c", "d")
ROLES: tuple[Literal["advocate", "friend"], ...] = ("advocate", "friend")


def times() -> st.SearchStrategy[datetime]:
    return st.integers(-5, 5).map(lambda days: PAUSED_AT + timedelta(days=days))


@st.composite
def campaigns(draw: st.DrawFn) -> list[Running]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return [
        campaign(
            name,
            draw(st.sampled_from(STATES)),
            since=draw(times()),
            weight=draw(st.integers(1, 10)),
            goLiveAs=draw(st.sampled_from(["test", "test", "burst"])),
            journey=["s", "t"],
            inProgress=draw(st.sampled_from([{}, {"keepOffer": False}, {"from": "t"}, {"cutoff": "2027-03-02"}])),
        )
        for name in names
    ]


@st.composite
def visitors(draw: st.DrawFn) -> Visitor:
    return Visitor(
        draw(st.sampled_from(ROLES)),
        draw(st.text(max_size=3)),
        draw(st.none() | st.sampled_from(NAMES).map(ref)),
        draw(st.none() | times()),
        draw(st.dictionaries(st.sampled_from(["s", "t"]), times())),
        draw(st.dictionaries(st.sampled_from(NAMES).map(ref), times(), max_size=2)),
    )


@settings(max_examples=500, deadline=None)
@given(campaigns(), visitors(), st.randoms(use_true_random=False))
def test_no_answer_breaks_the_law(running: list[Running], who: Visitor, chance: object) -> None:
    """R-02 to R-09, R-12, R-13, AMB-R3, AMB-R7: by state, role and what was opened; whatever else is so."""
    found = Program.of(running).answer(who, NOW)
    chance.shuffle(running)  # type: ignore[attr-defined]
    assert Program.of(running).answer(who, NOW) == found, "the order of campaigns says nothing"
    states = {one.ref: one.state for one in running}
    assert found.eligible == (found.rewarding is not None)
    assert found.creative == found.rewarding, "who sees an offer earns by it"
    if found.creative is None:
        assert LIVE not in states.values(), "somebody is always answered while a campaign is live"
        return
    state = states[found.creative]
    assert allows(state, EARN)
    if not allows(state, NEW_FRIENDS):
        assert allows(state, KNOWN_FRIENDS)
        assert who.role == "friend" and found.creative in _opened(who)
    bursts = {one.ref for one in running if one.state == LIVE and one.spec.go_live_as == "burst"}
    if bursts and found.creative not in bursts:
        assert who.role == "friend" and found.creative in _opened(who), "beside a burst only what was opened before"


def _opened(who: Visitor) -> set[Ref]:
    return {*who.elsewhere, *([who.campaign] if who.campaign is not None and who.accessed_at is not None else [])}
