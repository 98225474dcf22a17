"""What doctor notices, of a store that somebody has changed behind its back, with the triggers out of the way."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from reconciler.model import canonical
from reconciler.model.event import GENESIS, chain
from tests.world import World

Database = sqlite3.Connection


def campaign(name: str, state: str = "draft") -> str:
    return (
        f"apiVersion: muster/v1\nkind: LeadCampaign\nmetadata: {{name: {name}}}\nstate: {state}\nspec: {{title: T}}\n"
    )


@pytest.fixture
def world(world: World) -> World:
    """Three campaigns; solar and wind go on from draft to test, so there are five events, all sealed."""
    for name in ("solar", "water", "wind"):
        world.write(f"{name}.yaml", campaign(name))
    world.apply()
    for name in ("solar", "wind"):
        world.write(f"{name}.yaml", campaign(name, "test"))
    world.apply()
    assert doctor(world) == []
    return world


def doctor(world: World, *arguments: str) -> list[str]:
    """The complaints; what text and exit code say agrees."""
    code, out, err = world.cli("doctor", "--format", "json", *arguments)
    assert not err
    complaints = [f"{one['ref'] or 'log'}: {one['message']}" for one in json.loads(out)["complaints"]]
    assert code == (1 if complaints else 0)
    told = world.cli("doctor", *arguments)
    assert told.code == code
    assert all(f"wrong {one}\n" in told.out for one in complaints)
    assert ("healthy:" in told.out) is not bool(complaints)
    return complaints


def seal_of(world: World) -> str:
    return str(json.loads(world.cli("doctor", "--format", "json").out)["seal"])


def tampered(world: World, change: Callable[[Database], Any]) -> None:
    """The store after `change`, which no trigger stops."""
    with closing(sqlite3.connect(world.root / ".muster/state.db")) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        change(db)
        db.commit()


def _rewrite(db: Database) -> None:
    """Another past for the last campaign, every hash of its chain and its row made anew: consistent in itself."""
    uid = db.execute("SELECT uid FROM resource WHERE ref = 'LeadCampaign/wind@1'").fetchone()[0]
    head = GENESIS
    rows = db.execute("SELECT serial, body FROM event WHERE uid = ? ORDER BY serial", (uid,)).fetchall()
    for serial, text in rows:
        body = canonical.encode({**canonical.decode(text), "actor": "user:nobody"})
        previous, head = head, chain(head, body)
        row = (previous, head, body.decode(), serial)
        db.execute("UPDATE event SET previous = ?, hash = ?, body = ? WHERE serial = ?", row)
    db.execute("UPDATE resource SET head = ? WHERE uid = ?", (head, uid))


def _undo_last(db: Database) -> None:
    """The last event and all that it did: the store as if it had never been."""
    uid, previous = db.execute("SELECT uid, previous FROM event ORDER BY serial DESC LIMIT 1").fetchone()
    at = canonical.decode(db.execute("SELECT body FROM event WHERE hash = ?", (previous,)).fetchone()[0])["at"]
    db.execute("DELETE FROM event WHERE serial = (SELECT max(serial) FROM event)")
    row = (previous, at, at, uid)
    db.execute(
        "UPDATE resource SET state = 'draft', satisfied = 'draft', asked = 'draft', revision = 1, head = ?,"
        " entered_at = ?, applied_at = ? WHERE uid = ?",
        row,
    )


def _swap(db: Database) -> None:
    db.execute("UPDATE event SET serial = 0 WHERE serial = 1")
    db.execute("UPDATE event SET serial = 1 WHERE serial = 2")
    db.execute("UPDATE event SET serial = 2 WHERE serial = 0")


def _vanish(db: Database) -> None:
    """A resource with its row and its whole log, and what came after it moved up."""
    uid = db.execute("SELECT uid FROM resource WHERE ref = 'LeadCampaign/water@1'").fetchone()[0]
    db.execute("DELETE FROM event WHERE uid = ?", (uid,))
    db.execute("DELETE FROM resource WHERE uid = ?", (uid,))
    for number, (serial,) in enumerate(db.execute("SELECT serial FROM event ORDER BY serial").fetchall(), 1):
        db.execute("UPDATE event SET serial = ? WHERE serial = ?", (number, serial))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("UPDATE resource SET state = 'published' WHERE ref = 'LeadCampaign/solar@1'", "state in the snapshot is not"),
        ("UPDATE resource SET revision = 9 WHERE ref = 'LeadCampaign/solar@1'", "revision in the snapshot is not"),
        ("UPDATE resource SET entered_at = '2020-01-01T00:00:00Z'", "entered in the snapshot is not what the log"),
        ("DELETE FROM resource WHERE ref = 'LeadCampaign/solar@1'", "the log knows a resource that the snapshot lost"),
        ("UPDATE event SET body = replace(body, 'tester', 'nobody') WHERE serial = 2", "event 2 was altered"),
        ("UPDATE event SET ref = 'LeadCampaign/sun@1' WHERE serial = 5", "filed under another name"),
        ("DELETE FROM event WHERE serial = 2", "the log jumps from event 1 to 3: lines are missing"),
        ("DELETE FROM event WHERE serial = 5", "the log ends with event 4, but was sealed 2027-01-04T09:00:00Z up to event 5"),
        ("UPDATE log_seal SET hash = 'sha256:00'", "events 1 to 5 are not those that were sealed"),
        (_swap, "events 1 to 5 are not those that were sealed"),
        (_rewrite, "events 1 to 5 are not those that were sealed"),
        (_undo_last, "the log ends with event 4, but was sealed"),
        (_vanish, "the log ends with event 4, but was sealed"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)  # fmt: skip
def test_tampering_is_noticed(world: World, change: str | Callable[[Database], Any], complaint: str) -> None:
    tampered(world, (lambda db: db.execute(change)) if isinstance(change, str) else change)
    assert any(complaint in one for one in doctor(world))


@pytest.mark.parametrize("change", [_rewrite, _undo_last, _vanish])
def test_without_seals_only_one_that_was_noted_elsewhere_tells(world: World, change: Callable[[Database], Any]) -> None:
    noted = seal_of(world)

    def wholly(db: Database) -> None:
        change(db)
        db.execute("DELETE FROM log_seal")

    tampered(world, wholly)
    assert doctor(world) == []
    found = doctor(world, "--expect", noted)
    assert found == [f"log: this log never had the seal {noted}: it was cut or rewritten, or is another one"]


def test_a_seal_holds_for_ever(world: World) -> None:
    noted = seal_of(world)
    for number in range(3):
        world.clock.advance(days=1)
        world.write("water.yaml", campaign("water").replace("title: T", f"title: T{number}"))
        world.apply()
        assert doctor(world, "--expect", noted) == []
        assert seal_of(world) != noted
        with world.store() as store:
            assert [one.serial for one in store.log_seals()] == list(range(5, 7 + number))


def test_the_place_of_the_change_is_told_between_two_seals(world: World) -> None:
    world.write("water.yaml", campaign("water", "test"))
    world.apply()
    assert doctor(world) == []
    tampered(world, lambda db: db.execute("UPDATE event SET hash = replace(hash, '0', '1') WHERE serial = 6"))
    assert any("events 6 to 6 are not those that were sealed" in one for one in doctor(world))


def test_what_is_broken_is_not_sealed(world: World) -> None:
    tampered(world, lambda db: db.execute("UPDATE resource SET state = 'published'"))
    world.clock.advance(days=1)
    before = world.cli("doctor", "--format", "json").out
    with world.store() as store:
        assert len(store.log_seals()) == 1
    assert json.loads(before)["complaints"]


def test_an_empty_store_is_not_sealed(tmp_path: Any) -> None:
    empty = World(tmp_path / "empty")
    assert empty.cli("doctor").code == 0
    with empty.store() as store:
        assert store.log_seals() == ()


def test_what_is_no_seal_is_refused(world: World) -> None:
    assert world.cli("doctor", "--expect", "812").code == 64
