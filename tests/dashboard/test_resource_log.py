"""What happened to a resource, and what is to come: the log page by page, with blame, and the axis."""

import re

from reconciler.model.ports import Write
from reconciler.model.ref import Ref
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.test_resource import SPRING, applied, sound, words_once
from tests.repository import under_git
from tests.world import World

HISTORY = "/resources/EmailCampaign/spring@1/history"


def grown(world: World, count: int) -> None:
    """So many holds and releases, one after the other, after the creation."""
    applied(world, SPRING)
    ref = Ref("EmailCampaign", "spring")
    with world.store() as store:
        for number in range(count):
            at, op = world.clock.advance(minutes=1), "hold" if number % 2 else "release"
            body = {"ref": str(ref), "op": op, "event": op, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "actor": f"user:u{number}",
                    "cause": "test", "to": "draft", "from": "draft"}  # fmt: skip
            assert not store.commit([Write(ref, number + 1, "draft", ("draft",), (), at, body, aside=True)])


def actors(room: Room, path: str) -> tuple[list[int], str]:
    """Whose events stand on a page, and where the older ones are."""
    came = room.get(path)
    sound(came, path)
    older = next((link for link in came.links if "before=" in link), "")
    return [int(one) for one in re.findall(r"by user:u(\d+)", came.words)], older


def test_the_log_is_read_page_by_page_from_its_end(world: World) -> None:
    grown(world, 120)
    with showroom(world) as room:
        found: list[int] = []
        path, pages = HISTORY, 0
        while path:
            some, path = actors(room, path)
            found += some
            pages += 1
        assert (found, pages) == (list(range(119, -1, -1)), 3)
        assert "create" in room.get(f"{HISTORY}?before=2").words


def test_the_log_can_be_narrowed_to_one_sort(world: World) -> None:
    grown(world, 120)
    with showroom(world) as room:
        words = sound(room.get(f"{HISTORY}?sort=states"), "states")
        assert "create" in words
        assert "by user:u" not in words
        some, older = actors(room, f"{HISTORY}?sort=holds")
        assert len(some) == 50
        assert "sort=holds&before=" in older
        rest, _ = actors(room, older)
        assert rest[0] == some[-1] - 1
        assert not actors(room, f"{HISTORY}?sort=edits")[0]


def test_what_is_asked_wrongly_is_the_newest_page(world: World) -> None:
    grown(world, 3)
    with showroom(world) as room:
        for query in ("before=x", "before=-1", "before=99999999999999999999", "sort=nothing", "before=%D9%A3"):
            assert actors(room, f"{HISTORY}?{query}")[0] == [2, 1, 0], query


def test_the_log_tells_the_commit_its_subject_and_its_author(world: World) -> None:
    """E-32, X-02: who, by which line, by which commit."""
    world.write("spring.yaml", SPRING)
    (world.root / ".gitignore").write_text(".muster\n", encoding="utf-8")
    git = under_git(world)
    applied(world, SPRING)
    world.write("spring.yaml", SPRING.replace("Hello", "Good morning"))
    commit = git.commit("Greet politely <b>", author="Ann")
    assert world.cli("apply", "--yes").code == 0
    with showroom(world) as room:
        words = sound(room.get(HISTORY), "history")
        assert f"Commit {commit[:12]} Greet politely <b> by Ann" in words
        assert "manifest:campaigns.d/spring.yaml:" in words
        assert "Changed: /spec/subject" in words
        document = room.get("/resources/EmailCampaign/spring@1/document")
        assert re.search(
            rf'/spec/subject "Good morning" .* Ann .*edit commit {commit[:12]}', sound(document, "document")
        )
        assert f"{HISTORY}?before=3#event-2" in document.links
        world.write("spring.yaml", SPRING.replace("Hello", "Good evening"))
        last = git.commit("Greet later", author="Ben")
        changes = words_once(room, "/resources/EmailCampaign/spring@1/diff", "Manifest by")
        assert re.search(rf"Manifest by Ben .*commit {last[:12]} Greet later", changes)


def test_past_now_and_future_are_on_one_axis(world: World) -> None:
    """X-12: what the schedule does, in the order of time, with its verdict and its line."""
    applied(
        world,
        """
        apiVersion: muster/v1
        kind: ReferralProgram
        metadata: {name: friends}
        spec: {title: Friends, timezone: Europe/Amsterdam, apiKey: {env: KEY}}
        ---
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {name: summer}
        state: not_launched
        schedule:
          timezone: Europe/Amsterdam
          entries:
            - {at: 2027-02-01T09:00, state: live}
            - {at: 2027-08-01T09:00, state: paused}
        spec: {program: friends}
        """,
    )
    with showroom(world) as room:
        path = "/resources/ReferralCampaign/summer@1/timeline"
        came = room.get(path)
        words = sound(came, path)
        assert re.search(r"create not_launched .* now not_launched .*2027-02-01 08:00.* launch", words)
        assert "2027-02-01 09:00 Europe/Amsterdam" in words
        assert "<svg" in came.text
        assert 'class="title"' not in came.text, "the page has a heading of its own"
        assert "2027-08-01" not in words
        for span, seen in (("1mo", False), ("1y", True), ("all", True), ("nothing", False)):
            assert ("2027-08-01" in sound(room.get(f"{path}?span={span}"), span)) is seen, span
