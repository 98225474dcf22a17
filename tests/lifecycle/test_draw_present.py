"""The picture of a lifecycle with the present in it: where a resource is, and what leads on from there (R-15)."""

from xml.etree import ElementTree

import pytest

from reconciler.lifecycle.draw_present import Present
from reconciler.lifecycle.draw_svg import layout_of, svg
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.plan import Verdict
from tests.lifecycle.test_draw import LAWS, SVG, groups, rect, words

VERDICTS = list(Verdict)
CASES = [(law, state) for law in LAWS for state in law.states]


def present(law: Lifecycle, state: str) -> Present:
    """The verdicts in turn, so that each is there where there are ways enough."""
    edges = law.leaving(state)
    return Present(
        state, {edge.index: VERDICTS[number % 3] for number, edge in enumerate(edges)}, frozenset({law.initial})
    )


@pytest.mark.parametrize(("law", "state"), CASES, ids=[f"{law.kind}-{state}" for law, state in CASES])
def test_each_state_of_each_kind_can_be_the_present_one(law: Lifecycle, state: str) -> None:
    now = present(law, state)
    root = ElementTree.fromstring(svg(law, now))
    here = groups(root, "here")
    assert [words(one)[0] for one in here] == [state]
    flag = groups(root, "here-flag")
    assert [words(one) for one in flag] == [["is here"]]
    assert abs(rect(flag[0])[0] - rect(here[0])[0]) < 20, "the flag is on the box"
    opened = [one.get("class", "").split()[-1] for one in root.findall(f"{SVG}g") if " open " in one.get("class", "")]
    assert sorted(opened) == sorted(map(str, now.verdicts.values()))
    said = root.findtext(f"{SVG}desc") or ""
    assert f"Now in state {state}." in said
    assert all(edge.event in said for edge in law.leaving(state))


def test_a_way_that_does_not_begin_here_is_quiet_and_says_no_verdict() -> None:
    law = next(law for law in LAWS if law.kind == "EmailCampaign")
    root = ElementTree.fromstring(svg(law, present(law, "paused")))
    for one in groups(root, "event"):
        title = one.findtext(f"{SVG}title") or ""
        leads_on = ": paused to " in title
        assert ("quiet" in one.get("class", "").split()) is not leads_on
        assert ("; now: " in title) is leads_on


def test_what_is_out_of_reach_is_quiet() -> None:
    law = next(law for law in LAWS if law.kind == "EmailCampaign")
    root = ElementTree.fromstring(svg(law, present(law, "paused")))
    quiet = {words(one)[0] for one in groups(root, "state") if "quiet" in one.get("class", "").split()}
    assert quiet == {"draft", "scheduled", "deleted"}
    law = next(law for law in LAWS if law.kind == "ReferralCampaign")
    assert "out of reach" not in svg(law, present(law, "not_launched"))


def test_a_kept_layout_makes_the_same_picture() -> None:
    law = next(law for law in LAWS if law.kind == "CollectionCampaign")
    now = present(law, "active")
    assert svg(law, now, layout_of(law)) == svg(law, now)
    assert svg(law, None, layout_of(law)) == svg(law)


def test_two_pictures_of_one_page_share_no_id() -> None:
    law = LAWS[0]
    alone, inside = (ElementTree.fromstring(text) for text in (svg(law), svg(law, present(law, law.initial))))
    first, second = ({one.get("id") for one in root.iter() if one.get("id")} for root in (alone, inside))
    assert first & second == {"head"}, "the arrow's head is the same in both"
