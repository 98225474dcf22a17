"""The details of a campaign are changed from a page: name, purpose and days, as a patch or a branch. (C-22, AMB-C7)"""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import yaml

from reconciler.app import App
from reconciler.model.audit import Sought
from reconciler.model.plan import Code
from tests.commands.test_hold import SHARED
from tests.dashboard.showroom import Page, Room, demo, showroom
from tests.dashboard.staff import Person, named
from tests.dashboard.test_actions_changes import LETTER, _applies, _committed, _patch, git
from tests.world import World, blocked, planned

REF = "CollectionCampaign/gentle"
PAGE = "/resources/CollectionCampaign/gentle@1"
DO = f"{PAGE}/do/edit-details"
CAMPAIGN = """\
# The gentle one.
apiVersion: muster/v1
kind: CollectionCampaign
metadata: {name: gentle}
state: active
spec:
  title: "Gentle"   # what the board calls it
  objective: |
    Reach half.
    Without a call.

  strategy: soft
  startDate: 2027-01-01
  endDate: 2027-06-30   # the end of the half-year
"""
FIRM = """
    apiVersion: muster/v1
    kind: Strategy
    metadata: {name: firm}
    spec: {type: medium, steps: [{channel: letters, template: words}]}
"""
HOSTILE = '</pre><script>alert(1)</script> "x" \u202e'


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    world.write("shared.yaml", SHARED)
    world.write("firm.yaml", FIRM)
    world.write("gentle.yaml", CAMPAIGN)
    world.write("spring.yaml", LETTER)
    named(world, monkeypatch)
    for kind in ("CollectionCampaign", "EmailCampaign"):
        world.runtime(kind)
    world.apply()
    return world


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    _committed(world.root)
    with showroom(world) as opened:
        yield opened


@pytest.fixture
def olga(room: Room) -> Person:
    return Person(room, "olga")


def asked(one: Person, path: str = DO, **fields: str) -> Page:
    return one.get(f"{path}?{urlencode(fields)}")


def text(world: World, name: str = "gentle.yaml") -> str:
    return (world.manifests / name).read_text(encoding="utf-8")


def changed(page: Page) -> dict[str, str]:
    """What the form has, by name of its field."""
    found = re.findall(r'<input id="detail-\w+" name="(\w+)".*?value="([^"]*)"', page.text)
    return dict(found) | dict(re.findall(r'(?s)<textarea id="detail-\w+" name="(\w+)".*?>(.*?)</textarea>', page.text))


def told(page: Page, name: str) -> list[str]:
    """What is said to be wrong at a field."""
    assert (f'id="detail-{name}"' in page.text) is True
    return re.findall(rf'id="detail-{name}-fault\d+">(.*?)</span>', page.text)


def test_it_is_offered_and_begins_with_what_stands_there(olga: Person) -> None:
    assert DO in olga.get(PAGE).links
    page = olga.get(DO)
    assert changed(page) == {
        "title": "Gentle", "objective": "Reach half.\nWithout a call.", "startDate": "2027-01-01", "endDate": "2027-06-30",
    }  # fmt: skip
    assert '<option value="soft" selected>' in page.text
    assert "The change" not in page.text


def test_name_and_days_change_and_nothing_else_in_the_file(olga: Person, world: World) -> None:
    page = asked(olga, **changed(olga.get(DO)) | {"title": "Softly", "endDate": "2027-07-31"})
    _applies(world, world.root, _patch(page, olga))
    assert text(world) == CAMPAIGN.replace('"Gentle"', '"Softly"').replace("2027-06-30", "2027-07-31")
    plan = world.plan()
    found = planned(plan, REF)
    assert found is not None and [one.path for step in found.steps for one in step.changes] == [
        "/spec/endDate",
        "/spec/title",
    ]
    assert f"digest {plan.digest}" in page.text


def test_a_text_of_several_lines_and_another_strategy(olga: Person, world: World) -> None:
    page = asked(olga, objective="Two thirds.\rBy May.\r\n", strategy="firm")
    assert "cancel-pending-items" in page.words, "what the plan does about a new strategy (AMB-C7)"
    _applies(world, world.root, _patch(page, olga))
    spec = yaml.safe_load(text(world))["spec"]
    assert (spec["objective"], spec["strategy"]) == ("Two thirds.\nBy May.", "firm")


def test_what_was_not_there_is_written_in_its_place_and_what_is_emptied_goes(olga: Person, world: World) -> None:
    world.stored(REF, "draft")
    world.write("gentle.yaml", re.sub(r"(?s)  objective.*", "  strategy: soft\n", CAMPAIGN).replace("active", "draft"))
    page = asked(olga, title="", startDate="2027-02-01", endDate="2027-03-01")
    assert "Empty: the change takes it out." in page.words
    _applies(world, world.root, _patch(page, olga))
    assert text(world).endswith("spec:\n  strategy: soft\n  startDate: 2027-02-01\n  endDate: 2027-03-01\n")
    assert text(world).startswith("# The gentle one.\n")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("endDate", "31.12.2027", "Write a day as year, month and day: 2027-06-01."),
        ("endDate", "2027-02-30", "There is no day 2027-02-30."),
        ("startDate", "\u0662027-01-01", "Write a day as year, month and day: 2027-06-01."),
        ("title", "x" * 201, "Write at most 200 characters."),
        ("objective", "x" * 1001, "Write at most 1000 characters."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(olga: Person, world: World, name: str, value: str, says: str) -> None:
    page = asked(olga, **{name: value})
    assert (page.status, told(page, name)) == (200, [says])
    assert "No change can be prepared" in page.words
    assert not [link for link in page.links if "/patch" in link]
    patch = olga.get(f"{DO}/patch?{urlencode({name: value})}")
    assert (patch.status, text(world)) == (409, CAMPAIGN)


@pytest.mark.parametrize(
    ("fields", "name", "says"),
    [
        ({"endDate": ""}, "endDate", "Give a start date and an end date."),
        ({"startDate": "2027-07-01"}, "endDate", "Let it end no earlier than it starts."),
        ({"strategy": ""}, "strategy", "Assign a strategy before activating."),
    ],
)
def test_what_its_state_forbids_is_said_there_too(
    olga: Person, world: World, fields: dict[str, str], name: str, says: str
) -> None:
    """C-02, C-03, C-05: the plan's own words, at the field that they are about."""
    page = asked(olga, **fields)
    assert told(page, name) == [says]
    assert "Merged as it is, this would be refused." in page.words
    _applies(world, world.root, _patch(page, olga))
    found = blocked(world.plan(), REF)
    assert found is not None and found.refusals[0].code is Code.RULE


def test_what_is_completed_keeps_its_days_and_not_its_name(olga: Person, world: World) -> None:
    """AMB-C7: fixed fields say why, and where to go; whoever asks for them all the same hears what the plan says."""
    world.stored(REF, "completed")
    world.write("gentle.yaml", CAMPAIGN.replace("active", "completed"))
    page = olga.get(DO)
    assert (
        "End date : 2027-06-30 Fixed: a completed campaign keeps its dates; change a duplicate. [AMB-C7]" in page.words
    )
    assert changed(page).keys() == {"title", "objective"}
    assert f"{PAGE}/do/duplicate" in page.links
    forced = asked(olga, endDate="2027-07-31")
    assert "frozen-field [AMB-C7] /spec/endDate" in forced.words
    assert "muster duplicate CollectionCampaign/gentle" in forced.words, "the way out"
    assert "Merged as it is, this would be refused." not in asked(olga, title="The gentle one").words


def test_where_nothing_may_change_it_is_not_offered(olga: Person, world: World) -> None:
    """E-24: the page tells why; E-09: a scheduled mailing goes through draft."""
    world.stored("EmailCampaign/spring", "completed")
    there = "/resources/EmailCampaign/spring@1"
    assert "Edit details : a completed campaign is not edited; change a duplicate" in olga.get(there).words
    world.stored("EmailCampaign/spring", "scheduled")
    assert f"{there}/do/edit-details" in olga.get(there).links
    world.write("spring.yaml", LETTER.replace("state: draft", "state: scheduled"))
    said = asked(olga, f"{there}/do/edit-details", title="March").words
    assert "The change of campaigns.d/spring.yaml" in said
    assert "frozen-field" not in said


def test_nothing_new_is_no_change(olga: Person) -> None:
    page = asked(olga, **changed(olga.get(DO)))
    assert "No change can be prepared: this is what the manifest says already" in page.words
    assert olga.get("/resources/Strategy/soft@1/do/edit-details").status == 404


def test_a_branch_has_it_and_the_audit_says_so(room: Room, world: World) -> None:
    ada = Person(room, "ada")
    page = asked(ada, title="Softly", endDate="")
    came = ada.send(f"{DO}/branch", ada.form(page, reason="the board calls it so"))
    assert "on the branch muster/details-gentle" in ada.goes_on(came).words
    there = git(world.root, "show", "muster/details-gentle:campaigns.d/gentle.yaml").decode()
    assert there == re.sub(r"  endDate.*\n", "", CAMPAIGN.replace('"Gentle"', '"Softly"'))
    with world.store() as store:
        line = store.audit.find(Sought(), 1)[0]
    assert (line.actor, line.target) == ("user:ada", "CollectionCampaign/gentle@1")
    assert "edit-details" in line.action and "muster/details-gentle" in line.detail


def test_viewers_have_no_part_in_it(room: Room) -> None:
    vera = Person(room, "vera")
    assert "Edit details : this takes the role operator" in vera.get(PAGE).words
    assert [vera.get(one).status for one in (DO, f"{DO}/patch?title=x")] == [403, 403]
    assert Person(room, "olga").send(f"{DO}/branch", {"title": "x"}).status == 403


def test_hostile_words_come_out_harmless(olga: Person, world: World) -> None:
    page = asked(olga, title=HOSTILE.replace("\u202e", "").strip(), objective=HOSTILE)
    assert page.status == 200
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text
    _applies(world, world.root, _patch(page, olga))
    assert world.plan().resources, "it is a manifest still"


def test_what_an_environment_says_is_fixed_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = "{ref: CollectionCampaign/gentle, patch: {spec: {endDate: 2027-08-31}}}"
    head = "apiVersion: muster/v1\nkind: Environment\nstore: sqlite:.muster/state.db\n"
    world.write("../environments/live.yaml", f"{head}patches:\n  - {patch}\n")
    app = App.open(world.root, clock=world.clock, environment="live")
    app.given = world.runtimes
    monkeypatch.setattr(world, "app", lambda: app)
    with showroom(world) as room:
        olga = Person(room, "olga")
        fixed = "End date : 2027-08-31 Fixed: it comes from the environment, environments/live.yaml:5"
        assert fixed in olga.get(DO).words
        forced = asked(olga, title="Softly", endDate="2027-07-31").words
        assert "No change can be prepared: /spec/endDate comes from the environment" in forced
        assert "Show the change" in olga.get(DO).words


def test_what_is_too_long_for_a_form_is_left_to_the_file(olga: Person, world: World) -> None:
    world.write("gentle.yaml", CAMPAIGN.replace("    Reach half.\n", f"    {'Reach half. ' * 100}\n"))
    page = olga.get(DO)
    assert "Fixed: it is longer than 1000 characters: change it in campaigns.d/gentle.yaml." in page.words
    assert "objective" not in changed(page)


def test_every_kind_of_campaign_has_details(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of what is first in the form is one that real git takes."""
    world.clock.set("2026-11-23T09:00:00Z")
    demo(world)
    file = world.manifests / "referral" / "neighbour-always-on.yaml"
    file.write_text(re.sub(r"(?m)^  inProgress:.*\n", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    named(world, monkeypatch, (world.root / "muster.yaml").read_text(encoding="utf-8"))
    _committed(world.root)
    fields = {
        "EmailCampaign/winter-check@1": {"title", "description"},
        "LeadCampaign/solar-quotes@2": {"title", "description"},
        "ReceivablesCampaign/consumer-7-30@1": {"title", "description"},
        "ReferralCampaign/neighbour-friend-125@1": {"title", "description", "cutoff"},
        "CollectionCampaign/energy-0-60-dpd@1": {"title", "objective", "startDate", "endDate"},
    }
    with showroom(world) as room:
        olga = Person(room, "olga")
        for ref, names in fields.items():
            path = f"/resources/{ref}/do/edit-details"
            assert changed(olga.get(path)).keys() == names, ref
            page = asked(olga, path, title="Another name")
            git(world.root, "apply", "--check", "-", given=_patch(page, olga))
        path = "/resources/ReferralCampaign/neighbour-friend-125@1/do/edit-details"
        page = asked(olga, path, cutoff="2027-09-30")
        _applies(world, world.root, _patch(page, olga))
        gone = asked(olga, path, cutoff="")
        _applies(world, world.root, _patch(gone, olga))
    assert git(world.root, "diff", "--stat") == b"", "what was put in and taken out leaves nothing behind"
