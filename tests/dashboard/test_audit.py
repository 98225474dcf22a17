"""What is asked for through the dashboard is written down, whatever comes of it. (issue 8)"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.dashboard import building
from reconciler.dashboard.auditor import AT_ONCE, Auditor
from reconciler.dashboard.page import Missing, Page, Refused
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.model.audit import Entry, Outcome, Sought
from reconciler.model.errors import StoreError, Usage
from reconciler.web.door import Answer
from tests.dashboard.people import in_role, shows, staffed
from tests.dashboard.showroom import showroom
from tests.world import World

AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> \"'\u202e=cmd()\n\x1b[31m"


def _try(visit: Visit) -> Answer:
    """An action that ends as it is told to."""
    action = visit.ask.params["event"]
    visit.note(f"noted {visit.sent('text')}")
    if action == "refuse":
        raise Refused("it is held")
    if action == "miss":
        raise Missing("there is none")
    if action == "usage":
        raise Usage("no such word")
    if action == "lose":
        raise StoreError("the store is gone")
    if action == "break":
        raise ZeroDivisionError("the secret is 42")
    if action == "again":
        return Answer(422, b"fill it in")
    return visit.done("/campaigns", "It is done.")


OTHERS = Page(
    "pay", "/try/others/{id}", lambda visit: visit.done("/campaigns", "Paid."), Role.OPERATOR, ("POST",), 4096
)
TRIES = Page("try", "/try/{kind}/{name}/{event}", _try, Role.OPERATOR, ("POST",), 4096)


@pytest.fixture(autouse=True)
def _tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "PAGES", (*building.PAGES, OTHERS, TRIES))


def lines(world: World, **sought: str) -> Sequence[Entry]:
    """Oldest first."""
    with world.store() as store:
        return store.audit.find(Sought(**sought), 1000)[::-1]  # type: ignore[arg-type]


@pytest.mark.usefixtures("any_store")
@pytest.mark.parametrize(
    ("action", "status", "outcome", "detail"),
    [
        ("do", 303, Outcome.DONE, "noted x; It is done."),
        ("refuse", 409, Outcome.REFUSED, "noted x; it is held"),
        ("miss", 404, Outcome.REFUSED, "noted x; there is none"),
        ("usage", 400, Outcome.REFUSED, "noted x; no such word"),
        ("again", 422, Outcome.REFUSED, "noted x"),
        ("lose", 503, Outcome.FAILED, "noted x; the store is gone"),
        ("break", 500, Outcome.FAILED, "noted x; a bug"),
    ],
)
def test_every_action_leaves_a_line(world: World, action: str, status: int, outcome: Outcome, detail: str) -> None:
    with showroom(staffed(world)) as room:
        olga = in_role(room, Role.OPERATOR)
        came = olga.post(f"/try/EmailCampaign/spring@1/{action}", {"text": "x"}, X_Forwarded_For="192.0.2.7")
        assert came.status == status, came.text
        (line,) = lines(world, action=action)
        assert line.id
        assert replace(line, id=0) == Entry(
            world.clock.now(), "user:olga", "operator", "127.0.0.1", action, "EmailCampaign/spring@1", outcome, detail
        )
        assert "secret is 42" not in came.text and "Traceback" not in came.text
        if action == "do":
            assert "It is done." in olga.get(came.headers["location"]).words
            assert "It is done." not in in_role(room, Role.VIEWER).get(came.headers["location"]).words


def test_what_is_no_resource_is_named_by_its_address(world: World) -> None:
    with showroom(staffed(world)) as room:
        assert in_role(room, Role.OPERATOR).post("/try/others/7%20x").status == 303
        (line,) = lines(world, action="pay")
        assert line.target == "/try/others/7%20x"


def test_who_may_not_is_written_down_too_but_only_so_often(world: World) -> None:
    """A viewer cannot fill the disk."""
    with showroom(staffed(world)) as room:
        vi = in_role(room, Role.VIEWER)
        seal = vi.seal()
        for _ in range(AT_ONCE + 10):
            assert vi.post("/try/EmailCampaign/spring@1/do", {"seal": seal}).status == 403
        found = lines(world, action="do")
        assert {(one.actor, one.role, one.outcome) for one in found} == {("user:vi", "viewer", Outcome.DENIED)}
        assert len(found) == AT_ONCE


def test_what_was_no_form_of_theirs_has_not_reached_an_action(world: World) -> None:
    with showroom(staffed(world)) as room:
        olga = in_role(room, Role.OPERATOR)
        assert olga.post("/try/EmailCampaign/spring@1/do", {"seal": "x"}).status == 403
        assert lines(world, action="do") == []


@pytest.mark.usefixtures("any_store")
def test_coming_and_going_is_written_down(world: World) -> None:
    with showroom(staffed(world)) as room:
        shows(room, "no token of ours")
        in_role(room, Role.OPERATOR).post("/leave")
        found = [(one.actor, one.role, one.action, one.outcome.value) for one in lines(world)]
        assert found == [
            ("", "", "enter", "denied"), ("user:olga", "operator", "enter", "done"), ("user:olga", "operator", "leave", "done"),
        ]  # fmt: skip
        assert "no token of ours" not in str(lines(world)), "what was tried may be somebody's token, with a slip"


def test_guesses_from_everywhere_do_not_fill_it() -> None:
    """Each line that is written says how many before it were not."""
    told: list[Entry] = []
    now = [0.0]

    class Taking:
        """A store that takes lines."""

        audit = property(lambda self: self)

        def write(self, entry: Entry) -> int:
            told.append(entry)
            return len(told)

    auditor = Auditor(print, lambda: now[0])
    guess = Entry(AT, "", "", "192.0.2.1", "enter", outcome=Outcome.DENIED, detail="a wrong token")
    for number in range(1000):
        auditor.sparingly(Taking(), replace(guess, client=f"192.0.2.{number}"), "strangers")  # type: ignore[arg-type]
    assert len(told) == AT_ONCE
    now[0] += 3600
    auditor.sparingly(Taking(), guess, "strangers")  # type: ignore[arg-type]
    assert told[-1].detail == "a wrong token; 970 more before this were not written down"


def test_what_cannot_be_kept_is_in_the_log() -> None:
    """What was done is done: nobody is told to do it again."""
    said: list[str] = []

    class Broken:
        """A store that takes nothing."""

        @property
        def audit(self) -> object:
            raise StoreError("the disk is full")

    def say(message: str, /, **data: object) -> None:
        said.append(f"{message} {data}")

    auditor = Auditor(say, lambda: 0.0)
    auditor.write(Broken(), Entry(AT, "user:olga", "operator", "", "pause", "A/b@1"))  # type: ignore[arg-type]
    assert "user:olga" in said[0] and "A/b@1" in said[0] and "the disk is full" in said[0]


def test_only_administrators_read_it(world: World) -> None:
    with showroom(staffed(world)) as room:
        for role, status in ((Role.VIEWER, 403), (Role.OPERATOR, 403), (Role.ADMINISTRATOR, 200)):
            somebody = in_role(room, role)
            assert {somebody.get(f"/audit{kind}").status for kind in ("", ".csv", ".jsonl")} == {status}, role
            assert ("/audit" in somebody.get("/campaigns").links) is (status == 200)


def _filled(world: World, number: int) -> None:
    with world.store() as store:
        for one in range(number):
            store.audit.write(Entry(AT, "user:olga", "operator", "192.0.2.7", "pause", "A/b@1", detail=f"line {one}"))
        store.audit.write(Entry(AT, "user:eve", "viewer", HOSTILE, HOSTILE, HOSTILE, Outcome.DENIED, HOSTILE))


@pytest.mark.usefixtures("any_store")
def test_it_is_read_page_by_page_and_by_what_stands_in_it(world: World) -> None:
    with showroom(staffed(world)) as room:
        ada = in_role(room, Role.ADMINISTRATOR)
        _filled(world, 120)
        first = ada.get("/audit")
        met = re.findall(r"line \d+", first.words)
        page = first
        while older := [one for one in page.links if "before=" in one]:
            page = ada.get(older[0])
            met.extend(re.findall(r"line \d+", page.words))
        assert met == [f"line {number}" for number in range(119, -1, -1)]
        assert "Latest" in page.words
        assert "line 1" in ada.get("/audit?actor=olga").words and "somebody" not in ada.get("/audit?actor=olga").words
        assert "eve" in ada.get("/audit?outcome=denied").words
        assert "Nothing like that" in ada.get("/audit?actor=nobody%27--").words
        assert [ada.get(f"/audit?{bad}").status for bad in ("outcome=x", "before=x", "before=-1", "before=" + "9" * 30)] == [
            400, 400, 400, 400,
        ]  # fmt: skip


def test_it_can_be_taken_away(world: World) -> None:
    with showroom(staffed(world)) as room:
        ada = in_role(room, Role.ADMINISTRATOR)
        _filled(world, 2)
        table = ada.get("/audit.csv?action=pause")
        assert table.headers["content-disposition"] == 'attachment; filename="audit.csv"'
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert [(row["actor"], row["detail"]) for row in rows] == [("user:olga", "line 1"), ("user:olga", "line 0")]
        found = [json.loads(line) for line in ada.get("/audit.jsonl").text.splitlines()]
        assert [one["actor"] for one in found] == ["user:eve", "user:olga", "user:olga", "user:ada"]


def test_hostile_lines_are_harmless(world: World) -> None:
    with showroom(staffed(world)) as room:
        ada = in_role(room, Role.ADMINISTRATOR)
        _filled(world, 0)
        page = ada.get("/audit")
        assert "<script>alert" not in page.text and "\u202e" not in page.text and "\x1b" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        echoed = ada.get("/audit?actor=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
        assert "<script>alert" not in echoed
        with world.store() as store:
            store.audit.write(Entry(AT, "user:eve", "viewer", "", "=cmd()", "", Outcome.DENIED, "+1"))
        first = next(csv.DictReader(io.StringIO(ada.get("/audit.csv").text)))
        assert (first["action"], first["detail"]) == ("'=cmd()", "'+1")


def test_what_people_write_is_kept_tidy(world: World) -> None:
    with showroom(staffed(world)) as room:
        in_role(room, Role.OPERATOR).post("/try/A/b/do", {"text": HOSTILE + "x" * 3000})
        (line,) = lines(world, action="do")
        assert len(line.detail) == 1000 and line.detail.isprintable()
