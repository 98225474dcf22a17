"""What ReferralCampaigns are advised: PAUSED against ENDED, explained from `inProgress` (R-20 to R-24). Nothing is refused."""

from typing import Any

import pytest

from reconciler.model.diagnostic import Severity
from tests.world import World

PROGRAM = """\
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: America/New_York}
"""
CAMPAIGN = """\
    apiVersion: muster/v1
    kind: ReferralCampaign
    metadata: {name: summer}
    state: %s
    schedule: {entries: [%s]}
    spec:
      program: friends
      journey: [applied, approved, funded]
      rewards:
        - {to: friend, on: approved, value: "50.00", currency: USD}
      inProgress: {%s}
"""
SUMMER = "ReferralCampaign/summer"
PAUSES = "{at: 2027-06-01T00:00:00Z, state: live}, {at: 2027-07-01T00:00:00Z, state: paused}"

PERIOD = "nothing happens when the pending period is over"
NO_TIME = "the campaign never ends by itself"
NO_END = "paused keeps the offer for friends who came before, and nothing says for how long"
PROMISED = "ended denies the offer to friends in progress at once"
DENIED = "inProgress.from and cutoff say which friends keep the offer"
EARNED = "friends keep the offer from a step on after which nothing is left to earn"


@pytest.mark.parametrize(
    ("entries", "terms", "advised"),
    [
        ("", "", []),
        ("", "pendingPeriod: 60d", [PERIOD]),
        ("", "thenState: ended", [NO_TIME]),
        ("", "pendingPeriod: 60d, thenState: ended", []),
        (PAUSES, "", [NO_END]),
        (PAUSES, "keepOffer: true", [NO_END]),
        (PAUSES, "keepOffer: false", [NO_END]),
        (PAUSES, "cutoff: 2027-08-01", []),
        (PAUSES, "keepOffer: false, cutoff: 2027-08-01", [DENIED, NO_END]),
        (PAUSES, "pendingPeriod: 60d, thenState: ended", []),
        (PAUSES, "keepOffer: false, pendingPeriod: 7d, thenState: ended", []),
        ("", "keepOffer: false, from: applied", [DENIED]),
        ("", "from: applied", []),
        ("", "from: approved", [EARNED]),
        ("", "from: funded", [EARNED]),
        ("", "keepOffer: true, from: funded, pendingPeriod: 60d", [EARNED, PERIOD]),
    ],
)
def test_what_is_advised(world: World, entries: str, terms: str, advised: list[str]) -> None:
    """R-20 to R-24: each a warning with a way out, the same of `validate` and of the plan of a new manifest."""
    world.write("program.yaml", PROGRAM)
    world.write("summer.yaml", CAMPAIGN % ("not_launched", entries, terms))
    assert _advised(world, advised) == len(advised)
    answer = world.cli("validate")
    assert (answer.code, answer.err.count("warning[advice]")) == (0, len(advised))
    assert all(text in answer.err for text in advised)
    world.apply()
    assert world.state(SUMMER) == "not_launched"


def _advised(world: World, expected: list[str]) -> int:
    found = [one for one in world.plan().diagnostics if one.code == "advice"]
    assert sorted(
        next((text for text in expected if one.detail.startswith(text)), one.detail) for one in found
    ) == sorted(expected)
    assert all(one.severity is Severity.WARNING and one.help and one.place.line and one.ref for one in found)
    return len(found)


@pytest.mark.parametrize(
    ("origin", "target", "terms", "advised"),
    [
        ("live", "ended", "", [PROMISED]),
        ("live", "ended", "keepOffer: true", [PROMISED]),
        ("live", "ended", "keepOffer: false", []),
        ("paused", "ended", "", []),
        ("live", "stopped", "", []),
        ("live", "paused", "", [NO_END]),
        ("live", "paused", "pendingPeriod: 60d, thenState: ended", []),
    ],
)
def test_what_is_advised_of_a_move(world: World, origin: str, target: str, terms: str, advised: list[str]) -> None:
    """R-21, R-22: who ends a live campaign whose offer is to be kept is told to pause it first; once, while it is planned."""
    world.write("program.yaml", PROGRAM)
    world.write("summer.yaml", CAMPAIGN % (origin, "", terms))
    world.stored_all({SUMMER: origin, "ReferralProgram/friends": "present"})
    world.write("summer.yaml", CAMPAIGN % (target, "", terms))
    assert _advised(world, advised) == len(advised)
    assert not world.apply().failed
    assert world.state(SUMMER) == target
    assert _advised(world, []) == 0, "what has not changed is not told again"


def test_manifests_that_say_the_same_are_told_apart_by_what_they_were(world: World) -> None:
    """R-21, R-22: of two campaigns that end, the one that was live is told; the other was paused first."""
    world.write("program.yaml", PROGRAM)
    states = {"summer": "live", "autumn": "paused"}
    for name, state in states.items():
        world.write(f"{name}.yaml", CAMPAIGN.replace("summer", name) % (state, "", ""))
    world.stored_all({f"ReferralCampaign/{name}": state for name, state in states.items()})
    for name in states:
        world.write(f"{name}.yaml", CAMPAIGN.replace("summer", name) % ("ended", "", ""))
    assert [one.ref for one in world.plan().diagnostics if one.code == "advice"] == ["ReferralCampaign/summer@1"]


def test_advice_names_guards_that_exist(world: World) -> None:
    world.write("../muster.yaml", "kinds: [kinds]\n")
    world.write("../kinds/booth/schema.json", '{"type": "object", "additionalProperties": false, "properties": {}}')
    law: dict[str, Any] = {"kind": "Booth", "role": "supporting", "states": {"open": {"initial": True, "final": True}}}
    world.write("../kinds/booth/kind.yaml", str({**law, "advice": ["tidy"]}).replace("True", "true"))
    assert "the guard 'tidy' is not declared" in world.cli("validate").err
