"""Open pages follow the store: one thread looks, and nothing of the content goes out."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from reconciler.dashboard import live as live_module
from reconciler.dashboard.hearing import Hearing
from reconciler.dashboard.live import MOST, Live
from reconciler.dashboard.repository import Repository
from reconciler.dashboard.visitor import Role
from reconciler.web import listening
from tests.daemons import until
from tests.dashboard.people import in_role, staffed
from tests.dashboard.showroom import Room, demo, showroom
from tests.dashboard.test_list import lead
from tests.world import World

WINTER = "EmailCampaign/winter-check"


class Line:
    """A line that is read as it comes."""

    def __init__(self, room: Room, since: float) -> None:
        self.there = http.client.HTTPConnection(urlsplit(room.base).netloc, timeout=60)
        if not room.cookie:
            room.enter()
        self.there.request("GET", f"/live?since={since}", headers={"Cookie": room.cookie})
        self.answer = self.there.getresponse()

    def said(self) -> str:
        """The next paragraph."""
        lines = []
        while (line := self.answer.readline()).strip():
            lines.append(line.decode().strip())
        return "\n".join(lines)


@contextmanager
def line(room: Room, since: float) -> Iterator[Line]:
    made = Line(room, since)
    try:
        yield made
    finally:
        made.there.close()


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(world)) as found:
        yield found


def _after(room: Room) -> float:
    """Later than anything that has happened."""
    return room.world.clock.now().timestamp() + 1


def test_who_is_not_known_hears_nothing(room: Room) -> None:
    assert room.ask("GET", "/live").status in (303, 401)


def test_a_change_is_told_without_its_content(room: Room) -> None:
    with line(room, _after(room)) as heard:
        assert heard.answer.status == 200
        assert heard.answer.headers["content-type"].startswith("text/event-stream")
        assert "no-transform" in heard.answer.headers["cache-control"]
        assert heard.said() == "retry: 3000"
        heard.said()  # the first look: nobody knows what was before
        room.world.clock.advance(seconds=5)
        room.world.hold(WINTER, "2026-12-01T00:00:00Z", reason="a secret matter")
        told = heard.said()
        while told.startswith(":"):
            told = heard.said()
        name, data = told.split("\n")
        assert (name, json.loads(data.removeprefix("data: "))) == ("event: changed", {"topics": ["log", "work"]})


def test_who_comes_late_is_told_at_once(room: Room) -> None:
    """A page that was made before the last change is told of it, however the change and the line fall together."""
    made_at = room.world.clock.now().timestamp()
    with line(room, _after(room)) as first:
        assert [first.said(), first.said()][1].startswith("event: changed")
        with line(room, made_at) as late, line(room, _after(room)) as current:
            assert late.said() == current.said() == "retry: 3000"
            assert late.said().startswith("event: changed")
            room.world.clock.advance(seconds=5)
            room.world.hold(WINTER, "2026-12-01T00:00:00Z")
            assert current.said().startswith("event: changed"), "it was not told of what it had seen"


def test_a_changed_file_is_told_and_planned(room: Room) -> None:
    """Nobody writes into the store: a file is saved, another one breaks, and what is open hears of it and asks anew."""
    room.get("/plan")
    with line(room, _after(room)) as heard:
        heard.said(), heard.said()  # the first look
        lead(room.world, "saved")
        assert _topics(heard) == ["files"]
        assert "saved" in room.get("/plan?only=LeadCampaign/saved&show=changes").words
        (room.world.manifests / "saved.yaml").write_text("kind: [")
        assert _topics(heard) == ["files"]
        assert "saved.yaml" in room.get("/plan").words


def _topics(heard: Line) -> list[str]:
    """Of the next change that is told."""
    for _ in range(3):  # a heartbeat comes every fifteen seconds
        told = heard.said()
        if told.startswith("event"):
            topics: list[str] = json.loads(told.partition("data: ")[2])["topics"]
            return topics
    raise AssertionError("nothing is told")


def test_a_line_outlives_the_time_that_a_request_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "REQUEST", 0.3)
    monkeypatch.setattr(live_module, "HEARTBEAT", 0.2)
    with showroom(demo(world)) as room, line(room, _after(room)) as heard:
        began = time.monotonic()
        while time.monotonic() - began < 1.0:
            heard.said()
        assert not heard.answer.isclosed()


def test_a_line_ends_when_its_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "LONGEST", 0.5)
    monkeypatch.setattr(live_module, "HEARTBEAT", 0.1)
    with showroom(demo(world)) as room, line(room, _after(room)) as heard:
        assert b"retry" in heard.answer.read()


def test_open_lines_do_not_hold_up_the_end(world: World) -> None:
    """A server waits for what is under way for ten seconds: a line is told to end first."""
    with showroom(demo(world)) as room:
        lines = [Line(room, _after(room)) for _ in range(3)]
        began = time.monotonic()
    assert time.monotonic() - began < listening.LAST / 2
    for one in lines:
        one.answer.read()
        one.there.close()


def test_a_page_that_goes_gives_its_place_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST", 1)
    monkeypatch.setattr(live_module, "HEARTBEAT", 0.1)
    with showroom(demo(world)) as room:
        with line(room, _after(room)) as first:
            assert first.answer.status == 200
            with line(room, _after(room)) as second:
                assert second.answer.status == 503
                assert second.answer.headers["retry-after"] == "30"
            first.there.sock.shutdown(socket.SHUT_RDWR)

        def is_free() -> bool:
            with line(room, _after(room)) as third:
                return third.answer.status == 200

        until(is_free)


def test_nobody_takes_all_lines_from_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "EACH", 2)
    with showroom(staffed(world)) as room, ExitStack() as open_now:
        greedy, other = in_role(room, Role.VIEWER).cookie, in_role(room, Role.ADMINISTRATOR).cookie

        def listens(cookie: str) -> int:
            room.cookie = cookie
            return open_now.enter_context(line(room, _after(room))).answer.status

        assert [listens(one) for one in (greedy, greedy, greedy, other)] == [200, 200, 503, 200]


def test_nobody_looks_where_nobody_listens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread begins with the first line, and rests a while after the last."""
    monkeypatch.setattr(live_module, "REST", 3)
    demo(world)

    async def listens(live: Live) -> None:
        made = live.line(asyncio.get_running_loop(), 0.0, "ana")
        assert made is not None
        await asyncio.wait_for(made.woken.wait(), 10)
        live.leave(made)

    def say(_message: str, /, **_data: object) -> None:
        return None

    files = Hearing(Repository(world.app(), time.monotonic), say)
    live = Live(lambda: world.app().store(), files, world.clock, say, look=0.01)
    assert live._thread is None
    asyncio.run(listens(live))
    until(lambda: live._thread is None)
    asyncio.run(listens(live))
    live.close()
    assert live.line(asyncio.new_event_loop(), 0.0, "ana") is None
    assert MOST >= 100


def test_who_ends_listening_ends_no_others(world: World) -> None:
    """The thread that comes to rest may still be ending when the next one has begun."""
    lead(world, "one")

    def say(_message: str, /, **_data: object) -> None:
        return None

    files = Hearing(Repository(world.app(), time.monotonic), say)
    before = set(threading.enumerate())

    def ears() -> int:
        return sum(one.name == "watch" and one not in before for one in threading.enumerate())

    resting, next_one = files.begin(), files.begin()
    assert ears() == 2
    resting()
    assert ears() == 1
    next_one()
    assert ears() == 0
