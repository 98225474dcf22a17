"""What every store promises of groups: of those who come in at once one does, and nobody is in the way of anybody else."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from reconciler.model.instant import to_text
from reconciler.model.ports import Intent, Lease, Seat, Store, Write
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from reconciler.store import postgres_migrate
from reconciler.store.postgres import PostgresStore
from tests.store.test_contract import AT, LIST, SPRING, SUMMER, intent, opens, store, write
from tests.store.test_postgres import Aside, Slow, db, slow

__all__ = ["db", "opens", "slow", "store"]
"""Fixtures."""

Open = Callable[[], Store]


_OF_THE_FIRST_VERSION = """
INSERT INTO resource (uid, ref, state, digest, satisfied, flags, revision, entered_at, applied_at, file, revised, head, document)
VALUES (nextval('resource_uid'), %s, 'draft', '', 'draft', '', 1, %s, %s, '', '', '', '{}')
"""
"""A row as it was written before there were groups."""


def into(one: Write, seen: int, *keys: str, known: tuple[str, ...] = ()) -> Write:
    """A write that comes into groups."""
    return replace(one, seats=tuple(Seat(key, seen, known) for key in keys or ("a",)))


def begun(one: Write, owner: str = "") -> Intent:
    lease = Lease(owner, AT + timedelta(hours=1)) if owner else None
    return Intent(f"{one.ref}-{one.revision}", one.ref, one.revision, ("start",), one, AT, lease)


def test_of_two_who_have_not_seen_each_other_one_comes_in(store: Store, opens: Open) -> None:
    seen = store.serial()
    assert store.commit([into(write(SPRING, 0, "draft"), seen)]) == ()
    assert opens().commit([into(write(SUMMER, 0, "draft"), seen)]) == (SUMMER,)
    assert set(store.heads()) == {SPRING}
    assert opens().commit([into(write(SUMMER, 0, "draft"), store.serial())]) == (), "who has seen the first may"


def test_other_groups_and_who_comes_into_none(store: Store) -> None:
    assert store.commit([into(write(SPRING, 0, "draft"), 0, "a", "b")]) == ()
    assert store.commit([into(write(SUMMER, 0, "draft"), 0, "c")]) == ()
    assert store.commit([into(write(LIST, 0, "present"), 0, "c", "b")]) == (LIST,), "one of them is enough"
    assert store.commit([write(LIST, 0, "present")]) == ()


def test_one_commit_was_judged_together(store: Store) -> None:
    assert store.commit([into(write(SPRING, 0, "draft"), 0), into(write(SUMMER, 0, "draft"), 0)]) == ()


def test_a_run_knows_whom_it_has_let_in_itself(store: Store) -> None:
    first, second = into(write(SPRING, 0, "draft"), 0), into(write(SUMMER, 0, "draft"), 0)
    assert store.commit([first]) == ()
    assert store.commit([replace(second, seats=(Seat("a", 0, (first.entry,)),))]) == ()
    late = into(write(LIST, 0, "present"), 0, known=(first.entry,))
    assert store.commit([late]) == (LIST,), "somebody else came after the entry that it knows of"


def test_who_lost_has_not_come_in(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft")])
    assert store.commit([into(write(SPRING, 7, "running"), store.serial()), write(LIST, 0, "present")]) == (SPRING,)
    assert store.commit([into(write(SUMMER, 0, "draft"), 0)]) == ()


def test_who_comes_in_by_several_steps_of_one_commit(store: Store) -> None:
    steps = [write(SPRING, 0, "draft"), into(write(SPRING, 1, "running"), 0), write(SPRING, 2, "paused")]
    assert store.commit(steps) == ()
    assert store.commit([into(write(SUMMER, 0, "draft"), 1)]) == (SUMMER,)
    assert store.commit([into(write(SUMMER, 0, "draft"), store.serial())]) == ()


def test_who_may_not_come_in_is_not_made_either(store: Store) -> None:
    """All steps of a resource in one commit are done, or none: whoever is told that it lost knows what was written."""
    assert store.commit([into(write(SPRING, 0, "draft"), 0)]) == ()
    steps = [write(SUMMER, 0, "draft"), into(write(SUMMER, 1, "running"), 0), write(LIST, 0, "present")]
    assert store.commit(steps) == (SUMMER,)
    assert set(store.heads()) == {SPRING, LIST}


def test_an_intent_keeps_its_place(store: Store, opens: Open) -> None:
    first, second = begun(into(write(SPRING, 0, "draft"), 0)), begun(into(write(SUMMER, 0, "draft"), 0))
    other = opens()
    assert store.begin(first)
    assert not other.begin(second), "nothing of the second is performed"
    assert other.commit([second.write]) == (SUMMER,)
    assert other.commit([into(write(LIST, 0, "present"), 0, "b")]) == ()
    assert store.advance(first), "its own place does not hinder it"
    assert not other.begin(second)
    assert not other.begin(replace_seen(second, 1)), "that was before the first came in"
    assert other.begin(replace_seen(second, store.serial()))


def replace_seen(one: Intent, seen: int) -> Intent:
    return begun(into(one.write, seen))


def test_a_run_knows_whom_it_has_left_on_the_way_in(store: Store, opens: Open) -> None:
    """Who fails is in the way of others, not of those whom the same run has judged with it."""
    left = begun(into(write(SPRING, 0, "draft"), 0), "mine")
    assert store.begin(left)
    assert store.hand_over(left, None)
    assert opens().commit([into(write(SUMMER, 0, "draft"), 0)]) == (SUMMER,)
    assert store.commit([into(write(SUMMER, 0, "draft"), 0, known=(left.write.entry,))]) == ()


def test_an_intent_that_was_given_up_lets_others_in(store: Store, opens: Open) -> None:
    first, second = begun(into(write(SPRING, 0, "draft"), 0)), begun(into(write(SUMMER, 0, "draft"), 0))
    assert store.begin(first)
    assert store.abandon(first)
    assert opens().begin(second)


def test_a_step_that_another_run_has_finished_is_not_ones_own(store: Store, opens: Open) -> None:
    """Whose lease ran out takes it that its step was lost: what it lets in afterwards is to be judged anew."""
    mine = begun(into(write(SPRING, 0, "draft"), 0), "mine")
    assert store.begin(mine)
    (left,) = opens().intents()
    theirs = Lease("theirs", AT + timedelta(hours=2))
    assert opens().hand_over(left, theirs)
    (taken,) = opens().intents()
    assert opens().advance(taken)
    assert not store.advance(mine)
    assert store.commit([into(write(SUMMER, 0, "draft"), 0)]) == (SUMMER,)


def test_an_intent_without_groups_is_in_no_ones_way(store: Store, opens: Open) -> None:
    store.commit([write(SPRING, 0, "draft")])
    assert store.begin(intent(SPRING, 1, "running"))
    assert opens().commit([into(write(SUMMER, 0, "draft"), 0)]) == ()


# Servers, where two are at it at once.


@pytest.mark.parametrize("second", ["commit", "intent"])
def test_who_comes_in_at_the_same_moment_waits_and_loses(
    database: str, slow: Callable[..., Slow], db: psycopg.Connection[Any], second: str
) -> None:
    first = slow(into(write(SPRING, 0, "draft"), 0))
    with closing(PostgresStore(database)) as other:
        late = into(write(SUMMER, 0, "draft"), 0)
        waiting = Aside(lambda: other.commit([late]) == () if second == "commit" else other.begin(begun(late)))
        waiting.wait_until_blocked(db)
        assert other_goes_on(database)
        assert (first.finish(), waiting.answer()) == ((), False)
        assert (set(other.heads()), other.intents()) == ({SPRING, LIST}, ())


def other_goes_on(database: str) -> bool:
    """Whether who comes into another group waits for nobody."""
    with closing(PostgresStore(database)) as free:
        return free.commit([into(write(LIST, 0, "present"), 0, "b")]) == ()


def test_many_who_come_into_many_groups_at_once(database: str) -> None:
    """Each wants all groups, resources new and old, in orders of its own: nobody waits in a circle."""
    with closing(PostgresStore(database)) as one:
        refs = [Ref("RecipientList", f"list-{number}") for number in range(10)]

        def work(step: int) -> int:
            won = 0
            with closing(PostgresStore(database)) as mine:
                for turn in range(12):
                    seen, heads = mine.serial(), mine.heads()
                    order = [refs[(step * number + turn) % 10] for number in range(10)]
                    writes = [
                        into(write(ref, heads[ref].revision if ref in heads else 0, "present"), seen,
                             f"{number % 3}", f"{(number + step) % 4}")
                        for number, ref in enumerate(order)
                    ]  # fmt: skip
                    new = begun(into(write(Ref("Template", f"t-{step}-{turn}"), 0, "present"), mine.serial(), "1", "2"))
                    won += len(writes) - len(mine.commit(writes))
                    if mine.begin(new):
                        won += mine.advance(new)
            return won

        crowd = [Aside(lambda step=step: work(step)) for step in (1, 3, 7, 9)]
        assert sum(each.answer() for each in crowd) == one.serial() > 0
        assert one.intents() == ()


def test_a_server_of_the_first_version_is_brought_up_to_date(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = postgres_migrate._scripts()[:1]
    with monkeypatch.context() as patch:
        patch.setattr(postgres_migrate, "_scripts", lambda: first)
        patch.setattr(postgres_migrate.queue, "install", lambda _db: None)  # it came later
        PostgresStore(database).close()
    with psycopg.connect(database) as old:
        old.execute(_OF_THE_FIRST_VERSION, (str(SPRING), to_text(AT), to_text(AT)))
    with closing(PostgresStore(database)) as again:
        assert again.commit([into(write(SUMMER, 0, "draft"), 1)]) == ()
        assert set(again.heads()) == {SPRING, SUMMER}
