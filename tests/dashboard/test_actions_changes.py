"""What lasts is prepared as a change of the manifest: patches that real git applies, branches that leave the checkout alone."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.app import App
from reconciler.dashboard.render import href
from reconciler.model.instant import from_text
from tests.commands.test_hold import CAMPAIGN, SHARED
from tests.dashboard.showroom import Page, Room, demo, showroom
from tests.dashboard.staff import Person, named
from tests.world import World, blocked, events_of

GENTLE, FIRM = "CollectionCampaign/gentle", "CollectionCampaign/firm"
PAGE = "/resources/CollectionCampaign/gentle@1"
LETTER = """\
# Who is written to.
apiVersion: muster/v1
kind: EmailCampaign
metadata: {name: spring}   # the season
state: draft  # for now
schedule:
  timezone: Europe/Berlin
  entries:
    - {at: 2027-03-01T09:00, state: running}  # the first Monday
spec:
  title: Spring
  subject: Hello
"""


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    world.write("shared.yaml", SHARED)
    world.write("gentle.yaml", CAMPAIGN % ("gentle", "growth"))
    world.write("firm.yaml", CAMPAIGN % ("firm", "risk"))
    world.write("spring.yaml", LETTER)
    named(world, monkeypatch)
    for kind in ("CollectionCampaign", "EmailCampaign"):
        world.runtime(kind)
    world.apply()
    world.stored("EmailCampaign/spring", "draft")
    return world


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    _committed(world.root)
    with showroom(world) as opened:
        yield opened


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    known = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = {f"GIT_{role}_{part}": "ana@shop.example" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, **known, **who},
    )
    assert done.returncode == 0, (arguments, done.stderr.decode())
    return done.stdout


def _committed(top: Path) -> None:
    (top / ".gitignore").write_text(".muster/\n", encoding="utf-8")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "begin")


def _patch(page: Page, one: Person) -> bytes:
    """What the page's link to the patch gives."""
    address = next(link for link in page.links if "/patch" in link)
    came = one.get(address)
    assert came.status == 200, came.text
    assert came.headers["content-disposition"].startswith("attachment")
    return came.text.encode()


def _applies(world: World, top: Path, patch: bytes) -> None:
    git(top, "apply", "--check", "-", given=patch)
    git(top, "apply", "-", given=patch)


def test_a_patch_is_applied_and_the_plan_does_what_the_page_said(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    page = olga.get(f"{PAGE}/do/take/pause")
    assert "Or for good, in the manifest" in page.words
    assert "1 to move" in page.words
    digest = re.search(r"digest (sha256:\w+)", page.text)
    assert digest is not None
    _applies(world, world.root, _patch(page, olga))
    plan = world.plan()
    assert events_of(plan, GENTLE) == ["pause"]
    assert plan.digest == digest[1]


def test_comments_and_the_rest_of_the_file_stay(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    patch = _patch(olga.get("/resources/EmailCampaign/spring@1/do/take/schedule"), olga)
    _applies(world, world.root, patch)
    text = (world.manifests / "spring.yaml").read_text(encoding="utf-8")
    assert text == LETTER.replace("state: draft", "state: scheduled", 1)


def test_what_would_be_refused_says_so_with_the_way_out(room: Room, world: World) -> None:
    """The letter is not complete: the page shows what `muster plan` would say, and why."""
    olga = Person(room, "olga")
    page = olga.get("/resources/EmailCampaign/spring@1/do/take/schedule")
    assert "Merged as it is, this would be refused." in page.words
    _applies(world, world.root, _patch(page, olga))
    said = blocked(world.plan(), "EmailCampaign/spring")
    assert said is not None
    assert said.refusals
    for refusal in said.refusals:
        assert refusal.message in page.words


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_one_document_of_many_in_a_folder_of_the_repository(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bytes
) -> None:
    """A project below the top of its repository, several documents in a file, a mark at its beginning, both line ends."""
    three = "---\n".join((CAMPAIGN % (name, "risk")).strip("\n") + "\n" for name in ("one", "two", "three"))
    many = world.write("many.yaml", three)
    data = b"\xef\xbb\xbf" + many.read_bytes().replace(b"\n", ends)
    many.write_bytes(data)
    for name in ("one", "two", "three"):
        world.stored(f"CollectionCampaign/{name}", "active")
    top = world.root.parent
    _committed(top)
    with showroom(world) as room:
        olga = Person(room, "olga")
        patch = _patch(olga.get("/resources/CollectionCampaign/two@1/do/take/pause"), olga)
    assert b"a/repository/campaigns.d/many.yaml" in patch
    _applies(world, top, patch)
    before, own, after = data.partition(b"name: two")
    assert many.read_bytes() == before + own + after.replace(b"state: active", b"state: paused", 1)
    assert events_of(world.plan(), "CollectionCampaign/two") == ["pause"]


def test_a_name_with_spaces_and_quotes(world: World) -> None:
    odd = 'a "b" c\u00e9 d.yaml'
    (world.manifests / "gentle.yaml").rename(world.manifests / odd)
    _committed(world.root)
    with showroom(world) as room:
        olga = Person(room, "olga")
        page = olga.get(f"{PAGE}/do/take/pause")
        _applies(world, world.root, _patch(page, olga))
    assert "state: paused" in (world.manifests / odd).read_text(encoding="utf-8")


def test_an_entry_that_has_the_last_word(room: Room, world: World) -> None:
    """The schedule has the last word over `state`: the change adds an entry, and the plan follows it."""
    world.clock.set("2027-03-02T09:00:00Z")
    world.write("spring.yaml", LETTER.replace("running}", "draft}"))
    olga = Person(room, "olga")
    page = olga.get("/resources/EmailCampaign/spring@1/do/take/delete")
    assert "this adds one behind it" in page.words
    _applies(world, world.root, _patch(page, olga))
    assert events_of(world.plan(), "EmailCampaign/spring") == ["edit", "delete"]


def test_a_schedule_is_edited(room: Room, world: World) -> None:
    olga, path = Person(room, "olga"), "/resources/EmailCampaign/spring@1/do/edit-schedule"
    asks = olga.get(path)
    assert 'value="2027-03-01T09:00"' in asks.text
    page = olga.get(f"{path}?asked=yes&timezone=&at0=2027-04-01T09:00&state0=running&at1=&state1=draft")
    _applies(world, world.root, _patch(page, olga))
    text = (world.manifests / "spring.yaml").read_text(encoding="utf-8")
    assert text == LETTER.replace("2027-03-01T09:00,", '"2027-04-01T09:00",')
    gone = olga.get(f"{path}?asked=yes&timezone=&at0=&state0=running")
    assert "-schedule:" in gone.text
    wrong = olga.get(f"{path}?asked=yes&timezone=&at0=soon&state0=running")
    assert "No change can be prepared" in wrong.words
    moved = olga.get(f"{path}?asked=yes&timezone=Europe/Lisbon&at0=2027-04-01T09:00&state0=running")
    assert "+  timezone: Europe/Lisbon" in moved.text


def test_a_schedule_begins_in_a_zone_that_is_named(room: Room, world: World) -> None:
    """Neither the project nor the manifest has one: the form names the one that it speaks of."""
    olga = Person(room, "olga")
    asks = olga.get(f"{PAGE}/do/edit-schedule")
    assert re.search(r'name="timezone" value="UTC"', asks.text)
    page = olga.get(f"{PAGE}/do/edit-schedule?asked=yes&timezone=UTC&at0=2027-04-01T09:00&state0=paused")
    _applies(world, world.root, _patch(page, olga))
    assert [one.at for one in world.plan().timeline if one.ref.name == "gentle"] == [from_text("2027-04-01T09:00:00Z")]


def test_a_duplicate_and_a_name_that_is_taken(room: Room, world: World) -> None:
    olga = Person(room, "olga")
    page = olga.get(f"{PAGE}/do/duplicate?name=softer")
    _applies(world, world.root, _patch(page, olga))
    assert events_of(world.plan(), "CollectionCampaign/softer") == ["create"]
    for name in ("firm", "../../etc", "-x", "a" * 70, "x\ny"):
        taken = olga.get(f"{PAGE}/do/duplicate?name={name.replace(chr(10), '%0A')}")
        assert (taken.status, "No change can be prepared" in taken.words) == (200, True), name


def test_a_branch_leaves_the_checkout_alone(room: Room, world: World) -> None:
    ada = Person(room, "ada")
    (world.root / "new.txt").write_text("somebody is at work here", encoding="utf-8")
    git(world.root, "add", "new.txt")
    (world.manifests / "firm.yaml").write_text("# unfinished\n" + (world.manifests / "firm.yaml").read_text())
    before = git(world.root, "status", "--porcelain"), git(world.root, "rev-parse", "HEAD")
    page = ada.get(f"{PAGE}/do/take/pause")
    came = ada.send(f"{PAGE}/do/take/pause/branch", ada.form(page, reason="complaints"))
    assert "on the branch muster/pause-gentle" in ada.goes_on(came).words
    assert (git(world.root, "status", "--porcelain"), git(world.root, "rev-parse", "HEAD")) == before
    said = git(world.root, "log", "-1", "--format=%an|%s|%b", "muster/pause-gentle").decode()
    assert said.startswith("ada|Pause gentle|complaints")
    assert git(world.root, "diff", "--name-only", "main", "muster/pause-gentle") == b"campaigns.d/gentle.yaml\n"
    assert b"state: paused" in git(world.root, "show", "muster/pause-gentle:campaigns.d/gentle.yaml")
    again = ada.send(f"{PAGE}/do/take/pause/branch", ada.form(page, reason="complaints"))
    assert (again.status, "exists" in again.words) == (409, True)
    git(world.root, "fsck", "--strict")


def test_a_branch_is_refused_where_it_would_not_be_what_was_shown(room: Room, world: World) -> None:
    ada, olga = Person(room, "ada"), Person(room, "olga")
    path = f"{PAGE}/do/take/pause"
    form = ada.form(ada.get(path), reason="complaints")
    file = world.manifests / "gentle.yaml"
    file.write_text(f"# mine\n{file.read_text()}")
    changed = ada.send(f"{path}/branch", form)
    assert (changed.status, "not the one that was shown" in changed.words) == (409, True)
    uncommitted = ada.send(f"{path}/branch", ada.form(ada.get(path), reason="complaints"))
    assert (uncommitted.status, "not as it was committed last" in uncommitted.words) == (409, True)
    assert olga.send(f"{path}/branch", olga.form(olga.get(path), reason="x")).status == 403
    assert git(world.root, "branch", "--list", "muster/*") == b""


def test_what_is_said_of_a_branch_is_one_line(room: Room, world: World) -> None:
    ada, path = Person(room, "ada"), f"{PAGE}/do/take/pause"
    for reason in ("", "x\nSigned-off-by: somebody", "x" * 501):
        assert ada.send(f"{path}/branch", ada.form(ada.get(path), reason=reason)).status == 409
    assert ada.send(f"{path}/branch", ada.form(ada.get(path), reason="--amend; $(touch /tmp/x)")).status == 303
    assert b"--amend; $(touch /tmp/x)" in git(world.root, "log", "-1", "--format=%b", "muster/pause-gentle")


def test_without_a_repository_there_is_the_patch_alone(world: World) -> None:
    with showroom(world) as room:
        ada = Person(room, "ada")
        page = ada.get(f"{PAGE}/do/take/pause")
        came = ada.send(f"{PAGE}/do/take/pause/branch", ada.form(page, reason="complaints"))
        assert (came.status, "in no git repository" in came.words) == (409, True)
        assert b"state: paused" in _patch(page, ada)


def test_what_an_environment_says_is_to_be_changed_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written into the manifest it would change nothing; and what the manifest says, it says for every environment."""
    patch = "{ref: CollectionCampaign/gentle, patch: {state: paused}}"
    head = "apiVersion: muster/v1\nkind: Environment\nstore: sqlite:.muster/state.db\n"
    world.write("../environments/live.yaml", f"{head}patches:\n  - {patch}\n")
    app = App.open(world.root, clock=world.clock, environment="live")
    app.given = world.runtimes
    monkeypatch.setattr(world, "app", lambda: app)
    with showroom(world) as room:
        olga = Person(room, "olga")
        there = olga.get(f"{PAGE}/do/take/complete")
        assert "No change can be prepared: /state comes from the environment, environments/live.yaml:5" in there.words
        other = olga.get("/resources/CollectionCampaign/firm@1/do/take/pause")
        assert "is the manifest of every environment, not of live alone" in other.words


def test_a_change_of_what_is_held_says_that_the_hold_comes_first(room: Room, world: World) -> None:
    """It is not refused, only late: merged, it is made so by the first apply after the hold."""
    world.hold(GENTLE, "2027-01-04T11:00:00Z", reason="an audit")
    olga = Person(room, "olga")
    page = olga.get(f"{PAGE}/do/take/pause")
    first = "The hold comes first: merged, nothing comes of the change before 2027-01-04 11:00Z, unless it is released"
    assert first in page.words
    assert "Merged as it is" not in page.words
    schedule = f"{PAGE}/do/edit-schedule?asked=yes&timezone=UTC&at0=2027-03-01T09:00&state0=paused"
    assert (
        "since 2027-01-04 09:00Z, until 2027-01-04 11:00Z: an audit. The hold comes first" in olga.get(schedule).words
    )
    assert "The hold comes first" not in olga.get("/resources/CollectionCampaign/firm@1/do/take/pause").words
    assert "The hold comes first" not in olga.get(f"{PAGE}/do/duplicate").words, "another campaign, which nobody holds"
    _applies(world, world.root, _patch(page, olga))
    assert world.cli("apply", "--yes", "--only", GENTLE).code == 10
    assert "makes it so once nothing holds it back" in olga.get(f"{PAGE}/do/take/pause").words
    world.clock.set("2027-01-04T11:00:00Z")
    world.apply(only=[GENTLE])
    assert world.state(GENTLE) == "paused"


def test_hostile_texts_in_a_manifest_come_out_harmless(room: Room, world: World) -> None:
    hostile = "Spring </pre><script>alert(1)</script> \u202e"
    world.write(
        "spring.yaml",
        LETTER.replace("title: Spring", f"title: '{hostile}'").replace("state: draft", f"state: draft # {hostile}"),
    )
    came = Person(room, "olga").get("/resources/EmailCampaign/spring@1/do/take/delete")
    assert came.status == 200
    assert "<script>alert" not in came.text
    assert "\u202e" not in came.text


def test_archiving_is_a_change_too(room: Room, world: World) -> None:
    """E-37, E-40: offered where it is allowed, and undone the same way."""
    world.stored("EmailCampaign/spring", "cancelled")
    world.write("spring.yaml", LETTER.replace("state: draft", "state: cancelled"))
    olga, path = Person(room, "olga"), "/resources/EmailCampaign/spring@1"
    assert [link for link in olga.get(path).links if link.endswith("/do/flag/archived")]
    page = olga.get(f"{path}/do/flag/archived")
    assert "Archive: spring" in page.words
    _applies(world, world.root, _patch(page, olga))
    assert "archived: true" in (world.manifests / "spring.yaml").read_text(encoding="utf-8")
    assert "says so already" in olga.get(f"{path}/do/flag/archived").words
    assert olga.get(f"{path}/do/flag/nonsense").status == 404
    assert not [link for link in olga.get(PAGE).links if "/do/flag/" in link]


def test_a_new_version_is_a_draft_beside_this_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    demo(world)
    settings = (world.root / "muster.yaml").read_text(encoding="utf-8")
    named(world, monkeypatch, settings)
    _committed(world.root)
    with showroom(world) as room:
        olga = Person(room, "olga")
        page = olga.get("/resources/LeadCampaign/solar-quotes@2/do/new-version")
        _applies(world, world.root, _patch(page, olga))
    said = world.plan(only=["LeadCampaign/solar-quotes@3"])
    assert events_of(said, "LeadCampaign/solar-quotes@3") == ["create"]


def test_every_offer_of_every_campaign_leads_somewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-15: and whatever change it prepares, real git takes."""
    world.clock.set("2026-11-23T09:00:00Z")
    demo(world)
    named(world, monkeypatch, (world.root / "muster.yaml").read_text(encoding="utf-8"))
    _committed(world.root)
    with world.store() as store:
        heads = sorted({(ref.kind, head.state): ref for ref, head in store.heads().items()}.values())
    seen = set()
    with showroom(world) as room:
        ada = Person(room, "ada")
        for ref in heads:
            for link in dict.fromkeys(ada.get(href(ref)).links):
                if "/do/" in link:
                    page = ada.get(link)
                    assert page.status == 200, (link, page.words)
                    seen.add(link.partition("/do/")[2])
                    if any("/patch" in one for one in page.links):
                        git(world.root, "apply", "--check", "-", given=_patch(page, ada))
    assert {"take/pause", "take/delete", "take/stop", "edit-schedule", "duplicate", "new-version", "hold"} <= seen
