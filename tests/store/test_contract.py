"""Every promise of `ports.Store`, asked of every store there is. What only SQLite can break stands at the end.

A new store joins by a line in STORES of tests/store/stores.py.
"""

import hashlib
import json
import multiprocessing
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.commands import run
from reconciler.controller.doctor import examine
from reconciler.model import canonical
from reconciler.model.errors import Busy, StoreError
from reconciler.model.event import GENESIS, Event, verify
from reconciler.model.hold import Hold
from reconciler.model.instant import to_text
from reconciler.model.log_seal import LogSeal
from reconciler.model.ports import Intent, Lease, Seat, Store, Write
from reconciler.model.record import replace as replace_record
from reconciler.model.ref import Ref
from reconciler.store import sqlite
from reconciler.store.contents import TABLES
from reconciler.store.sqlite import SqliteStore
from tests.store.stores import STORES

Open = Callable[[], Store]
"""Opens the same store again, as another process would."""

AT = datetime(2027, 1, 4, 9, 0, 0, 250_000, tzinfo=UTC)
SPRING, SUMMER = Ref("EmailCampaign", "spring"), Ref("EmailCampaign", "summer", 12)
LIST = Ref("RecipientList", "subscribers")


@pytest.fixture(params=sorted(STORES))
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def again() -> Store:
        opened.append(STORES[request.param](tmp_path))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(opens: Open) -> Store:
    return opens()


def write(ref: Ref, revision: int, state: str, **given: Any) -> Write:
    """A step as the executor writes it: the row's values and a body that says the same."""
    document = given.pop("document", {"spec": {"subject": f"{ref.name} {state}"}} if revision == 0 else None)
    body: dict[str, Any] = {
        "ref": str(given.get("renamed_to", ref)), "op": given.pop("op", "create" if revision == 0 else "transition"),
        "to": state, "satisfied": [state], "flags": list(given.get("flags", ())),
    }  # fmt: skip
    if "renamed_to" in given:
        body["changes"] = [{"path": "/metadata/name", "before": ref.name, "after": given["renamed_to"].name}]
    if document is not None:
        given.setdefault("digest", canonical.digest(document))
        body |= {"document": document, "digest": given["digest"]}
    given = {"satisfied": (state,), "flags": (), "at": AT, "body": body} | given
    return Write(ref=ref, revision=revision, state=state, document=document, **given)


def intent(ref: Ref, revision: int, state: str, key: str = "", effects: tuple[str, ...] = ("start-sending",)) -> Intent:
    return Intent(key or f"{ref}-{revision}-{state}", ref, revision, effects, write(ref, revision, state), AT)


def broken(events: list[Event]) -> list[int]:
    """The serials of lines that were altered or do not follow their predecessor in the chain of their resource."""
    found, last, names = [], dict[Ref, Event](), dict[Ref, Ref]()
    for event in events:
        first = event.sequence == 1
        before = None if first else last.get(names.get(event.ref, event.ref))
        fits = event.previous == (before.hash if before else GENESIS)
        counted = event.sequence == (before.sequence + 1 if before else 1)
        said = event.body["ref"] == str(event.ref)
        if not (verify(event) and fits and counted and said):
            found.append(event.serial)
        last[names.get(event.ref, event.ref)] = event
    return found


def log(store: Store, ref: Ref | None = None) -> list[tuple[str, str]]:
    return [(event.body["op"], event.body["to"]) for event in store.events(ref)]


HOLD = Hold("looking into it", "dana", "2027-01-04T09:00:00Z", "2027-01-04T11:00:00Z")


def test_the_resources_of_one_kind(store: Store) -> None:
    """A kind whose name begins like another's is another one."""
    refs = [Ref(kind, name) for kind in ("Email", "EmailCampaign", "EmailCampaignList") for name in ("a", "zürich")]
    assert not store.commit([write(ref, 0, "draft") for ref in refs])
    for kind in ("Email", "EmailCampaign", "EmailCampaignList"):
        assert store.heads(kind) == {ref: head for ref, head in store.heads().items() if ref.kind == kind}
        assert len(store.heads(kind)) == 2
    assert not store.heads("Nobody")


def test_the_pulse_moves_with_every_write_of_others(opens: Open) -> None:
    """Of the log and beside it; and stands still while nobody writes, whoever reads."""
    looking, writing = opens(), opens()
    writing.commit([write(SPRING, 0, "draft")])
    first = looking.pulse()
    writing.heads()
    assert [looking.pulse(), looking.pulse()] == [first, first]
    writing.commit([write(SUMMER, 0, "draft")])
    second = looking.pulse()
    writing.ledger.mark("an effect", AT)
    third = looking.pulse()
    assert len({first, second, third}) == 3


# Compare and set.


def test_what_was_created_is_there_in_short_and_in_full(store: Store, opens: Open) -> None:
    later = AT + timedelta(days=1)
    assert (
        store.commit(
            [
                write(
                    SPRING, 0, "draft", flags=("archived",), satisfied=("draft", "idle"), file="a.yaml", commit="c0ffee"
                )
            ]
        )
        == ()
    )
    assert store.commit([write(SPRING, 1, "running", at=later, entered=True, file="b.yaml")]) == ()
    for one in (store, opens()):
        head, full = one.heads()[SPRING], one.load([SPRING])[SPRING]
        assert (head.ref, head.state, head.revision, head.satisfied, head.flags) == (
            SPRING,
            "running",
            2,
            ("running",),
            (),
        )
        assert full.document == {"spec": {"subject": "spring draft"}}, "a step without a document leaves the stored one"
        assert full.digest == head.digest == canonical.digest(full.document)
        assert (full.entered_at, full.applied_at, full.file, full.commit) == (later, later, "b.yaml", "")
        assert full.head == list(one.events(SPRING))[-1].hash


def test_a_write_that_enters_no_state_keeps_the_time_of_entering(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft", entered=True)])
    store.commit(
        [write(SPRING, 1, "draft", op="edit", at=AT + timedelta(hours=1), document={"spec": {"subject": "new"}})]
    )
    full = store.load([SPRING])[SPRING]
    assert (full.entered_at, full.applied_at) == (AT, AT + timedelta(hours=1))
    assert full.document == {"spec": {"subject": "new"}}
    assert full.digest == canonical.digest(full.document)


def test_what_is_asked_for_stays_until_something_else_is_asked(store: Store, opens: Open) -> None:
    asked = []
    for number, wanted in enumerate(("", "draft", "", "running")):
        store.commit([write(SPRING, number, "draft", asked=wanted)])
        asked.append((store.heads()[SPRING].asked, opens().load([SPRING])[SPRING].asked))
    assert asked == [("", ""), ("draft", "draft"), ("draft", "draft"), ("running", "running")]
    assert store.commit([write(LIST, 0, "present", asked="present"), write(LIST, 1, "present")]) == ()
    assert (store.heads()[LIST].asked, store.heads()[LIST].applied_at) == ("present", to_text(AT))


def test_the_last_write_is_that_of_the_last_line_of_the_log(store: Store) -> None:
    assert store.last_write() is None
    for number, days in enumerate((3, 1)):
        at = AT + timedelta(days=days)
        one = write(SPRING, number, "draft", at=at)
        store.commit([replace_record(one, body={**one.body, "at": to_text(at)})])
        assert store.last_write() == at


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        (write(SPRING, 0, "draft"), "it exists"),
        (write(SPRING, 1, "running"), "its revision is older"),
        (write(SPRING, 3, "running"), "its revision is newer"),
        (write(SUMMER, 1, "running"), "it does not exist"),
        (write(Ref("EmailCampaign", "spring", 2), 2, "running"), "another version is another resource"),
        (write(SPRING, 0, "draft", forgotten=True), "it exists"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_lost_comparison_writes_nothing(store: Store, lost: Write, why: str) -> None:
    store.commit([write(SPRING, 0, "draft")])
    store.commit([write(SPRING, 1, "scheduled")])
    before, serial = dict(store.heads()), store.serial()
    assert store.commit([lost]) == (lost.ref,), why
    assert (dict(store.heads()), store.serial()) == (before, serial)


def test_each_write_of_a_commit_has_a_comparison_of_its_own(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present")])
    autumn, winter = Ref("EmailCampaign", "autumn"), Ref("EmailCampaign", "winter")
    batch = [
        write(autumn, 0, "draft"), write(SPRING, 0, "draft"), write(winter, 0, "draft"),
        write(LIST, 1, "deleted"), write(SUMMER, 4, "running"), write(winter, 1, "scheduled"),
    ]  # fmt: skip
    assert set(store.commit(batch)) == {SPRING, SUMMER}
    states = {ref: (head.state, head.revision) for ref, head in store.heads().items()}
    assert states == {SPRING: ("draft", 1), LIST: ("deleted", 2), autumn: ("draft", 1), winter: ("scheduled", 2)}
    assert store.serial() == 2 + 4
    assert not broken(list(store.events()))


def test_a_resource_that_lost_once_is_out_for_the_rest_of_its_commit(store: Store) -> None:
    """Its later steps count on revisions that are now somebody else's."""
    store.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present")])
    store.commit([write(SPRING, 1, "scheduled")])  # somebody else's step
    batch = [
        write(SPRING, 1, "running"),
        write(SPRING, 2, "paused"),
        write(LIST, 1, "deleted"),
        write(SPRING, 3, "cancelled"),
    ]
    assert store.commit(batch) == (SPRING,)
    assert log(store, SPRING) == [("create", "draft"), ("transition", "scheduled")]
    assert store.heads()[LIST].state == "deleted"


def test_a_creation_that_lost_takes_its_later_steps_with_it(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft")])
    assert store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft"), write(SPRING, 1, "running")]) == (
        SPRING,
    )
    assert (store.heads()[SPRING].state, store.heads()[SUMMER].state) == ("draft", "draft")


def test_the_same_new_resource_twice_in_one_commit_is_made_once(store: Store) -> None:
    assert store.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present"), write(SPRING, 0, "draft")]) == (SPRING,)
    assert log(store, SPRING) == [("create", "draft")]


def test_a_whole_life_in_one_commit(store: Store) -> None:
    states = ["draft", "scheduled", "draft", "running", "paused", "cancelled"]
    assert store.commit([write(SPRING, number, state) for number, state in enumerate(states)]) == ()
    assert [event.sequence for event in store.events(SPRING)] == [1, 2, 3, 4, 5, 6]
    assert store.heads()[SPRING].revision == 6
    assert examine(store).complaints == ()


def test_nothing_to_write_is_nothing_written(store: Store) -> None:
    assert store.commit([]) == ()
    assert (store.serial(), dict(store.heads()), list(store.events())) == (0, {}, [])


# The log.


def test_a_seal_of_the_log_is_kept_once_and_for_good(opens: Open) -> None:
    store, other = opens(), opens()
    first, second = LogSeal(2, "sha256:aa", "2027-01-04T09:00:00Z"), LogSeal(10, "sha256:bb", "2027-01-05T09:00:00Z")
    assert store.log_seals() == ()
    assert other.add_log_seal(second)
    assert store.add_log_seal(first)
    assert not other.add_log_seal(replace(first, hash="sha256:cc"))
    assert store.log_seals() == other.log_seals() == (first, second)
    assert (store.serial(), store.mark()) == (0, "")


def test_serials_grow_and_orders_are_kept(store: Store) -> None:
    seen = [store.serial()]
    for number, state in enumerate(("draft", "scheduled", "draft")):
        store.commit([write(SPRING, number, state), write(SUMMER, number, state)])
        seen.append(store.serial())
    assert seen == [0, 2, 4, 6]
    serials = [event.serial for event in store.events()]
    assert serials == sorted(set(serials))
    assert [event.serial for event in store.events(SPRING)] == [1, 3, 5]


def test_each_resource_has_a_chain_of_its_own(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft")])
    store.commit([write(SPRING, 1, "scheduled")])
    store.commit([write(SUMMER, 1, "running"), write(SPRING, 2, "draft")])
    events = list(store.events())
    assert not broken(events)
    for ref in (SPRING, SUMMER):
        chain = [event for event in events if event.ref == ref]
        assert chain == list(store.events(ref))
        assert [event.previous for event in chain] == [GENESIS, *(event.hash for event in chain[:-1])]
    assert list(store.events(LIST)) == []


def test_an_event_keeps_what_it_was_given(store: Store) -> None:
    odd = {"spec": {"subject": 'Grüße "quoted" 🎉\n\x00', "n": 2**63 - 1, "x": 0.1, "deep": [[{}], None, True]}}
    store.commit([write(SPRING, 0, "draft", document=odd)])
    event = next(iter(store.events(SPRING)))
    assert event.body["document"] == store.load([SPRING])[SPRING].document == odd
    assert verify(event)


def test_the_hash_is_over_predecessor_and_content(store: Store) -> None:
    """Computed here anew: a line cut out cannot be covered up by letting the next one name an older predecessor."""
    for number, state in enumerate(("draft", "scheduled", "draft")):
        store.commit([write(SPRING, number, state)])
    for event in store.events():
        content = json.dumps(event.body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert event.hash == hashlib.sha256((event.previous + content).encode()).hexdigest()
    first, _, third = store.events()
    assert broken([first, _with(previous=first.hash, sequence=2)(third)])


Alter = Callable[[Event], Event]


def _with(**values: Any) -> Alter:
    return lambda event: Event(**{name: getattr(event, name) for name in Event.__slots__} | values)


@pytest.mark.parametrize(
    "alter",
    [
        lambda e: _with(body={**e.body, "to": "deleted"})(e),
        lambda e: _with(body={**e.body, "extra": None})(e),
        lambda e: _with(body={name: value for name, value in e.body.items() if name != "satisfied"})(e),
        _with(previous=GENESIS),
        _with(previous="f" * 64),
        _with(hash="f" * 64),
        _with(sequence=9),
        _with(ref=SUMMER),
    ],
)
def test_an_altered_line_does_not_verify_or_does_not_follow(store: Store, alter: Alter) -> None:
    for number, state in enumerate(("draft", "scheduled", "draft", "running")):
        store.commit([write(SPRING, number, state)])
    events = list(store.events())
    assert not broken(events)
    assert broken([*events[:2], alter(events[2]), events[3]])


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (1, 0, 2, 3), (0, 1, 3), (0, 1, 1, 2, 3), (3, 2, 1, 0), (1, 2, 3)])
def test_lines_moved_dropped_or_repeated_do_not_follow(store: Store, order: tuple[int, ...]) -> None:
    for number, state in enumerate(("draft", "scheduled", "draft", "running")):
        store.commit([write(SPRING, number, state)])
    events = list(store.events())
    assert broken([events[number] for number in order])


@dataclass
class Life:
    """One resource of the model: what its row says, and everything that happened to it."""

    revision: int = 0
    forgotten: bool = False
    told: list[str] = field(default_factory=list)


@dataclass
class Model:
    """Compare-and-set as a dictionary does it, one write at a time."""

    lives: dict[Ref, Life] = field(default_factory=dict)
    given_up: set[Ref] = field(default_factory=set)

    def commit(self, writes: list[Write]) -> set[Ref]:
        lost: set[Ref] = set()
        out: set[Ref | None] = set()
        for one in writes:
            if one.ref in out or not self._set(one):
                lost.add(one.ref)
                out |= {one.ref, one.renamed_to}
        return lost

    def _set(self, one: Write) -> bool:
        life = self.lives.get(one.ref, Life())
        fits = (life.forgotten or not life.revision) if one.revision == 0 else life.revision == one.revision
        if not fits or (one.revision and life.forgotten) or one.renamed_to in self.lives:
            return False
        self.lives.pop(one.ref, None)
        self.lives[one.renamed_to or one.ref] = life
        self.given_up |= {one.ref} if one.renamed_to else set()
        life.revision, life.forgotten = life.revision + 1, one.forgotten
        life.told.append(one.body["op"])
        return True


NAMES = [Ref("RecipientList", name) for name in "abc"]
moves = st.one_of(
    st.builds(lambda ref, revision: write(ref, revision, f"s{revision}"), st.sampled_from(NAMES), st.integers(0, 4)),
    st.builds(
        lambda ref, revision, to: write(ref, revision, "s", op="move", renamed_to=to),
        st.sampled_from(NAMES), st.integers(1, 4), st.sampled_from(NAMES),
    ).filter(lambda one: one.ref != one.renamed_to),
    st.builds(
        lambda ref, revision: write(ref, revision, "s", op="forget", forgotten=True),
        st.sampled_from(NAMES), st.integers(1, 4),
    ),
)  # fmt: skip


@given(st.lists(st.lists(moves, max_size=12), max_size=6))
@settings(max_examples=80, deadline=None)
@pytest.mark.parametrize("make", sorted(STORES))
def test_any_commits_agree_with_a_plain_model(make: str, batches: list[list[Write]]) -> None:
    """A dictionary says who wins; the chains hold what happened, and fold to the snapshot."""
    model = Model()
    with tempfile.TemporaryDirectory() as directory:
        store = STORES[make](Path(directory))
        for batch in batches:
            assert set(store.commit(batch)) == model.commit(batch)
        present = {ref: life for ref, life in model.lives.items() if not life.forgotten}
        assert {ref: head.revision for ref, head in store.heads().items()} == {
            ref: life.revision for ref, life in present.items()
        }
        assert store.forgotten() == (model.lives.keys() | model.given_up) - present.keys()
        assert store.serial() == sum(life.revision for life in model.lives.values())
        for ref, life in model.lives.items():
            assert [event.body["op"] for event in store.events(ref)] == life.told
        assert examine(store).complaints == ()
        store.close()


def test_two_may_exchange_their_names_through_a_third(store: Store) -> None:
    one, two, between = (Ref("RecipientList", name) for name in ("one", "two", "between"))
    store.commit([write(one, 0, "present"), write(two, 0, "present")])
    batch = [
        write(one, 1, "present", op="move", renamed_to=between),
        write(two, 1, "present", op="move", renamed_to=one),
        write(between, 2, "present", op="move", renamed_to=two),
        write(two, 3, "deleted"),
    ]
    assert store.commit(batch) == ()
    assert {ref: head.revision for ref, head in store.heads().items()} == {one: 2, two: 4}
    assert [op for op, _ in log(store, two)] == ["create", "move", "move", "transition"]
    assert examine(store).complaints == ()


# Reading.


@pytest.mark.parametrize("count", [3, 700])
def test_short_and_full_agree_for_few_and_for_many(store: Store, count: int) -> None:
    refs = [Ref("RecipientList", f"list-{number}", number % 3 + 1) for number in range(count)]
    store.commit([write(ref, 0, "present") for ref in refs])
    store.commit([write(refs[0], 1, "present", forgotten=True, op="forget"), write(refs[1], 1, "deleted")])
    heads, full = store.heads(), store.load([*refs, SPRING, refs[2]])
    assert heads.keys() == full.keys() == set(refs) - {refs[0]}
    for ref, head in heads.items():
        one = full[ref]
        assert (one.ref, one.state, one.digest, one.satisfied, one.flags, one.revision) == tuple(
            getattr(head, name) for name in ("ref", "state", "digest", "satisfied", "flags", "revision")
        )
    assert dict(store.load([])) == {}


# Leaving and moving.


def test_forgotten_is_out_of_the_snapshot_and_stays_in_the_log(store: Store) -> None:
    store.commit([write(LIST, 0, "present"), write(SPRING, 0, "draft")])
    assert store.forgotten() == frozenset()
    assert store.commit([write(LIST, 1, "present", forgotten=True, op="forget")]) == ()
    assert store.forgotten() == {LIST}
    assert (set(store.heads()), dict(store.load([LIST]))) == ({SPRING}, {})
    assert log(store, LIST) == [("create", "present"), ("forget", "present")]
    assert store.commit([write(LIST, 2, "deleted")]) == (LIST,), "it is no longer there to be changed"


def test_what_was_forgotten_may_be_made_again_and_its_chain_goes_on(store: Store) -> None:
    store.commit([write(LIST, 0, "present")])
    store.commit([write(LIST, 1, "present", forgotten=True, op="forget")])
    other = Ref("RecipientList", "customers")
    assert store.commit([write(LIST, 0, "present", document={"spec": {"again": 1}}), write(other, 0, "present")]) == ()
    assert store.forgotten() == frozenset()
    assert store.load([LIST])[LIST].document == {"spec": {"again": 1}}
    assert [event.sequence for event in store.events(LIST)] == [1, 2, 3]
    assert store.commit([write(LIST, 0, "present")]) == (LIST,), "and only once"
    assert examine(store).complaints == ()


def test_a_renamed_resource_keeps_its_history_under_both_names(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present")])
    store.commit([write(SPRING, 1, "draft", op="move", renamed_to=SUMMER)])
    store.commit([write(SUMMER, 2, "running")])
    assert set(store.heads()) == {SUMMER, LIST}
    assert (store.heads()[SUMMER].revision, dict(store.load([SPRING]))) == (3, {})
    told = [("create", "draft"), ("move", "draft"), ("transition", "running")]
    assert log(store, SUMMER) == log(store, SPRING) == told
    assert [event.ref for event in store.events(SUMMER)] == [SPRING, SUMMER, SUMMER]
    assert store.forgotten() == {SPRING}, "a name that was given up"
    assert store.commit([write(SPRING, 2, "running")]) == (SPRING,), "nothing is called so any more"


def test_an_old_name_may_be_taken_by_another(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft")])
    store.commit([write(SPRING, 1, "draft", op="move", renamed_to=SUMMER)])
    assert store.commit([write(SPRING, 0, "draft")]) == ()
    assert log(store, SPRING) == [("create", "draft")], "its own log, not that of who had the name before"
    assert log(store, SUMMER) == [("create", "draft"), ("move", "draft")]


@pytest.mark.parametrize("taken_by", ["present", "forgotten"])
def test_a_rename_onto_a_name_that_is_taken_loses_alone(store: Store, taken_by: str) -> None:
    store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft"), write(LIST, 0, "present")])
    if taken_by == "forgotten":
        store.commit([write(SUMMER, 1, "draft", forgotten=True, op="forget")])
    serial = store.serial()
    assert store.commit([write(LIST, 1, "deleted"), write(SPRING, 1, "draft", op="move", renamed_to=SUMMER)]) == (
        SPRING,
    )
    assert (store.heads()[LIST].state, store.heads()[SPRING].revision, store.serial()) == ("deleted", 1, serial + 1)


# Intents.


def test_begin_advance(store: Store, opens: Open) -> None:
    store.commit([write(SPRING, 0, "draft")])
    begun = intent(SPRING, 1, "running", effects=("snapshot-recipients", "start-sending"))
    assert store.begin(begun)
    (read,) = opens().intents()
    assert (read.key, read.ref, read.revision, read.effects, read.begun_at) == (
        begun.key, SPRING, 1, ("snapshot-recipients", "start-sending"), AT,
    )  # fmt: skip
    assert canonical.encode(read.write) == canonical.encode(begun.write)
    assert store.heads()[SPRING].state == "draft", "begun is not done"
    assert log(store, SPRING) == [("create", "draft")]
    assert opens().advance(read), "another process may finish it"
    assert (store.heads()[SPRING].state, store.intents()) == ("running", ())
    assert log(store, SPRING) == [("create", "draft"), ("transition", "running")]
    assert not broken(list(store.events()))


def test_an_intent_carries_every_part_of_its_write(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft")])
    document = {"spec": {"subject": "ü"}}
    moved = write(SPRING, 1, "draft", op="move", renamed_to=SUMMER, flags=("archived",), document=document)
    full = replace_record(moved, entered=True, file="a.yaml", commit="c0ffee", asked="running")
    full = replace_record(full, holds=(HOLD,), aside=True, operated="operator:it burns", seats=(Seat("a", 7, ("b",)),))
    store.begin(Intent("k", SPRING, 1, (), full, AT))
    (read,) = store.intents()
    for name in (
        "ref",
        "revision",
        "state",
        "satisfied",
        "flags",
        "at",
        "digest",
        "document",
        "entered",
        "file",
        "commit",
        "renamed_to",
        "asked",
        "holds",
        "aside",
        "operated",
        "seats",
    ):
        assert getattr(read.write, name) == getattr(full, name), name
    assert store.advance(read)
    assert store.load([SUMMER])[SUMMER].flags == ("archived",)


def test_holds_stay_until_a_write_says_otherwise_and_are_no_application(store: Store, opens: Open) -> None:
    later, part = AT + timedelta(hours=1), replace_record(HOLD, paths=("/state", "/spec/a"))
    store.commit([write(SPRING, 0, "draft")])
    assert (store.heads()[SPRING].holds, opens().load([SPRING])[SPRING].holds) == ((), ())
    assert store.commit([write(SPRING, 1, "draft", at=later, op="hold", holds=(HOLD, part), aside=True)]) == ()
    for held in (store.heads()[SPRING], opens().load([SPRING])[SPRING]):
        assert held.holds == (HOLD, part)
    assert (store.heads()[SPRING].applied_at, store.load([SPRING])[SPRING].applied_at) == (to_text(AT), AT)
    assert store.commit([write(SPRING, 1, "draft", holds=())]) == (SPRING,), "who has not seen the hold loses"
    after = [
        write(SPRING, 2, "draft", at=later, holds=(), aside=True),
        write(SPRING, 3, "running", at=later, entered=True),
    ]
    assert store.commit(after) == ()
    assert (store.heads()[SPRING].holds, store.heads()[SPRING].applied_at) == ((), to_text(later))


def test_why_an_operator_took_it_there_goes_with_the_state(store: Store, opens: Open) -> None:
    told = []
    store.commit([write(SPRING, 0, "draft")])
    for revision, more in enumerate(
        ({"entered": True, "operated": "operator:it burns"}, {}, {"entered": True}), start=1
    ):
        store.commit([write(SPRING, revision, "running", **more)])
        told.append((store.heads()[SPRING].operated, opens().load([SPRING])[SPRING].operated))
    assert told == [("operator:it burns",) * 2, ("operator:it burns",) * 2, ("", "")]


def test_an_intent_to_create(store: Store) -> None:
    assert store.begin(intent(SPRING, 0, "draft"))
    assert store.advance(store.intents()[0])
    assert store.heads()[SPRING].revision == 1
    assert not store.begin(intent(SPRING, 0, "draft", key="again")), "it exists now"


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_begin_needs_the_revision_that_is_stored(store: Store, revision: int) -> None:
    store.commit([write(SPRING, 0, "draft"), write(SPRING, 1, "scheduled")])
    assert not store.begin(intent(SPRING, revision, "running"))
    assert store.intents() == ()


def test_begin_on_what_is_not_there(store: Store) -> None:
    assert not store.begin(intent(SPRING, 1, "running"))
    store.commit([write(LIST, 0, "present")])
    store.commit([write(LIST, 1, "present", forgotten=True, op="forget")])
    assert not store.begin(intent(LIST, 2, "deleted")), "forgotten"
    assert store.intents() == ()


def test_one_intent_is_open_for_a_resource_at_a_time(store: Store, opens: Open) -> None:
    store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft")])
    assert store.begin(intent(SPRING, 1, "running"))
    assert not opens().begin(intent(SPRING, 1, "scheduled"))
    assert not store.begin(intent(SPRING, 1, "running")), "the same again is not a second permission"
    assert store.begin(intent(SUMMER, 1, "running")), "others are free"
    assert {one.ref for one in store.intents()} == {SPRING, SUMMER}
    store.abandon(intent(SPRING, 1, "running"))
    assert store.begin(intent(SPRING, 1, "scheduled"))


def test_intents_are_listed_oldest_first(store: Store) -> None:
    refs = [Ref("EmailCampaign", name) for name in ("c", "a", "b")]
    store.commit([write(ref, 0, "draft") for ref in refs])
    for number, ref in enumerate(refs):
        made = intent(ref, 1, "running")
        store.begin(Intent(made.key, ref, 1, made.effects, made.write, AT + timedelta(microseconds=number)))
    assert [one.ref for one in store.intents()] == refs


def test_abandoned_is_closed_and_nothing_else_happened(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft")])
    store.begin(begun := intent(SPRING, 1, "running", key="k"))
    serial = store.serial()
    assert store.abandon(begun)
    assert not store.abandon(begun), "it is closed once"
    assert (store.intents(), store.serial(), store.heads()[SPRING].revision) == ((), serial, 1)


def test_an_open_intent_owns_its_resource(store: Store, opens: Open) -> None:
    """Its effects may have been performed: nobody takes another step before the intent is advanced or abandoned."""
    store.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present")])
    begun = intent(SPRING, 1, "running", key="k")
    store.begin(begun)
    other = opens()
    batch = [write(SPRING, 1, "deleted"), write(LIST, 1, "deleted"), write(SPRING, 2, "draft")]
    assert other.commit(batch) == (SPRING,)
    assert other.commit([write(SPRING, 1, "draft", op="move", renamed_to=SUMMER)]) == (SPRING,)
    assert (store.heads()[SPRING].state, store.heads()[LIST].state, SUMMER in store.heads()) == (
        "draft",
        "deleted",
        False,
    )
    assert store.advance(begun)
    assert other.commit([write(SPRING, 2, "cancelled")]) == ()


def test_an_open_intent_to_create_owns_the_name(store: Store) -> None:
    store.begin(begun := intent(SPRING, 0, "draft", key="k"))
    assert store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft")]) == (SPRING,)
    store.abandon(begun)
    assert store.commit([write(SPRING, 0, "draft")]) == ()


def test_advance_compares_too(store: Store) -> None:
    store.commit([write(SPRING, 0, "draft")])
    store.begin(begun := intent(SPRING, 1, "running", key="k"))
    before = list(store.events())
    for lost in (write(SPRING, 2, "running"), write(SPRING, 0, "draft"), write(SUMMER, 1, "running")):
        assert not store.advance(replace(begun, write=lost))
    assert (list(store.events()), store.heads()[SPRING].revision) == (before, 1)
    assert [one.key for one in store.intents()] == ["k"], "whoever lost still has to settle it"


def test_an_intent_advances_once(store: Store, opens: Open) -> None:
    store.commit([write(SPRING, 0, "draft")])
    begun = intent(SPRING, 1, "running", key="k")
    store.begin(begun)
    assert store.advance(begun)
    assert not opens().advance(begun)
    assert log(store, SPRING) == [("create", "draft"), ("transition", "running")]


MINE = Lease("me", AT + timedelta(minutes=1))
YOURS = Lease("you", AT + timedelta(minutes=2))


def test_an_intent_is_in_the_hands_of_whoever_its_lease_names(store: Store, opens: Open) -> None:
    store.commit([write(SPRING, 0, "draft")])
    mine = replace(intent(SPRING, 1, "running"), lease=MINE)
    assert store.begin(mine)
    assert opens().intents()[0].lease == MINE
    for other in (replace(mine, lease=YOURS), replace(mine, lease=None)):
        assert not store.hand_over(other, YOURS)
        assert not store.abandon(other)
        assert not store.advance(other)
    assert (store.intents()[0].lease, store.heads()[SPRING].state) == (MINE, "draft")
    assert store.advance(mine)
    assert store.heads()[SPRING].state == "running"


@pytest.mark.parametrize("to", [YOURS, None], ids=["another", "nobody"])
def test_an_intent_that_was_handed_over_is_no_longer_mine(store: Store, to: Lease | None) -> None:
    store.commit([write(SPRING, 0, "draft")])
    mine = replace(intent(SPRING, 1, "running"), lease=MINE)
    store.begin(mine)
    assert store.hand_over(mine, to)
    assert store.intents()[0].lease == to
    assert not store.hand_over(mine, MINE)
    assert not store.advance(mine)
    assert not store.abandon(mine)
    assert log(store, SPRING) == [("create", "draft")]
    assert store.advance(replace(mine, lease=to))
    assert not store.hand_over(replace(mine, lease=to), MINE), "it is closed"
    assert log(store, SPRING) == [("create", "draft"), ("transition", "running")]


def test_of_two_who_take_an_intent_over_one_does(store: Store, opens: Open) -> None:
    store.commit([write(SPRING, 0, "draft")])
    store.begin(left := intent(SPRING, 1, "running"))
    assert [one.hand_over(left, lease) for one, lease in ((store, MINE), (opens(), YOURS))] == [True, False]


# Many processes.


def _create_all(make: str, directory: Path, worker: int, start: Barrier) -> None:
    start.wait(timeout=30)
    store = STORES[make](directory)
    for number in range(25):
        ref = Ref("RecipientList", f"list-{number}")
        store.commit([write(ref, 0, f"by-{worker}"), write(Ref("Own", f"of-{worker}-{number}"), 0, "present")])
        revision = store.heads()[ref].revision
        store.commit([write(ref, revision, f"then-{worker}")])
    store.close()


@pytest.mark.parametrize("make", sorted(STORES))
def test_processes_that_open_and_write_at_once(make: str, tmp_path: Path) -> None:
    """Migrations run once, every comparison has one winner, nothing is lost, chains are whole."""
    processes = multiprocessing.get_context("fork")
    start = processes.Barrier(4)
    crowd = [processes.Process(target=_create_all, args=(make, tmp_path, worker, start)) for worker in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(timeout=60)
    assert [one.exitcode for one in crowd] == [0, 0, 0, 0]
    store = STORES[make](tmp_path)
    events = list(store.events())
    assert [event.serial for event in events] == list(range(1, len(events) + 1))
    assert sum(event.body["op"] == "create" and event.ref.kind == "RecipientList" for event in events) == 25
    assert len([ref for ref in store.heads() if ref.kind == "Own"]) == 100
    assert sum(head.revision for head in store.heads().values()) == len(events)
    assert examine(store).complaints == ()
    assert not broken(events)
    store.close()


def _open_new(make: str, directory: Path, start: Barrier) -> None:
    for number in range(30):
        start.wait(timeout=30)
        STORES[make](directory / str(number)).close()


@pytest.mark.parametrize("make", sorted(STORES))
def test_a_new_store_may_be_opened_by_several_at_the_same_moment(make: str, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / str(number)).mkdir()
    processes = multiprocessing.get_context("fork")
    start = processes.Barrier(3)
    crowd = [processes.Process(target=_open_new, args=(make, tmp_path, start)) for _ in range(3)]
    for one in crowd:
        one.start()
    crowd[0].join(timeout=60)
    start.abort()
    for one in crowd:
        one.join(timeout=60)
    assert [one.exitcode for one in crowd] == [0, 0, 0]
    for number in range(30):
        with closing(STORES[make](tmp_path / str(number))) as store:
            assert store.commit([write(SPRING, 0, "draft"), write(SPRING, 1, "running")]) == ()
            assert examine(store).complaints == ()


# What only a file can suffer.


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft")])
    store.commit([write(SPRING, 1, "scheduled"), write(SPRING, 2, "draft")])
    store.close()
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET body = '{}' WHERE serial = 1",
        "UPDATE event SET serial = 99 WHERE serial = 4",
        "UPDATE OR IGNORE event SET hash = previous",
        "DELETE FROM event WHERE serial = 4",
        "DELETE FROM event",
        "REPLACE INTO event SELECT serial, uid, sequence, ref, previous, hash, '{}' FROM event WHERE serial = 1",
        "REPLACE INTO event SELECT 99, uid, sequence, ref, previous, hash, '{}' FROM event WHERE serial = 1",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(file: Path, statement: str) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    before = db.execute("SELECT * FROM event ORDER BY serial").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    assert db.execute("SELECT * FROM event ORDER BY serial").fetchall() == before
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE event SET body = replace(body, '"to":"scheduled"', '"to":"running"') WHERE serial = 3""",
        "UPDATE event SET body = replace(body, 'draft', 'drift') WHERE serial = 4",
        "UPDATE event SET hash = (SELECT hash FROM event WHERE serial = 1) WHERE serial = 3",
        f"UPDATE event SET previous = '{GENESIS}' WHERE serial = 3",
        "UPDATE event SET sequence = 7 - sequence WHERE sequence IN (2, 3)",
        "UPDATE event SET serial = 100 + 7 - serial WHERE serial IN (3, 4)",
        "DELETE FROM event WHERE serial = 3",
        "DELETE FROM event WHERE serial = 4",
        "DELETE FROM event WHERE serial = 2",
        f"UPDATE event SET ref = '{SUMMER}' WHERE serial = 4",
        "UPDATE resource SET state = 'running' WHERE uid = 1",
        "UPDATE resource SET document = '{}' WHERE uid = 2",
        "UPDATE resource SET head = (SELECT head FROM resource WHERE uid = 2) WHERE uid = 1",
        "DELETE FROM resource WHERE uid = 2",
    ],
)
def test_who_takes_the_triggers_away_and_tampers_is_found_out(file: Path, statement: str) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    for trigger in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {trigger[0]}")
    store = SqliteStore(file)
    assert examine(store).complaints == ()
    assert db.execute(statement).rowcount > 0
    assert examine(store).complaints
    store.close()
    db.close()


def test_opening_again_changes_nothing(file: Path) -> None:
    db = sqlite3.connect(file)
    before = list(db.iterdump()), db.execute("PRAGMA user_version").fetchone()
    for _ in range(3):
        SqliteStore(file).close()
    assert (list(db.iterdump()), db.execute("PRAGMA user_version").fetchone()) == before
    db.close()


def test_a_store_of_the_first_version_is_brought_up_to_date(file: Path) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    for (trigger,) in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'resource'"
    ).fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    for column in ("asked", "holds", "operated", "title", "team", "held_until"):
        db.execute(f"ALTER TABLE resource DROP COLUMN {column}")
    later = {*TABLES, "closure", "seat", "bucket", "listed", "daemon_pass"} - {"resource", "former", "event", "intent"}
    for table in sorted(later):
        db.execute(f"DROP TABLE {table}")
    db.execute("PRAGMA user_version = 1")
    db.close()
    with closing(SqliteStore(file)) as store:
        found = store.heads()
        assert found and {head.asked for head in found.values()} == {""}
        assert {resource.asked for resource in store.load(found).values()} == {""}
        assert {(head.holds, head.operated) for head in found.values()} == {((), "")}
        assert examine(store).complaints == ()


def test_a_store_of_a_newer_program_is_left_alone(file: Path) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    newer = db.execute("PRAGMA user_version").fetchone()[0] + 1
    db.execute(f"PRAGMA user_version = {newer}")
    before = list(db.iterdump())
    with pytest.raises(StoreError, match=rf"version {newer}.*knows {newer - 1}.*upgrade"):
        SqliteStore(file)
    assert list(db.iterdump()) == before
    db.close()


@pytest.mark.parametrize(
    "content",
    [b"kind: EmailCampaign\n" * 100, b"SQLite format 3\x00" + bytes(200), random.Random(7).randbytes(8192)],
    ids=["text", "a header", "noise"],
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_damaged_store_says_so(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="the store"):
        list(SqliteStore(file).events())


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("CREATE TABLE visits (url TEXT)")
    before = list(db.iterdump())
    with pytest.raises(StoreError, match=r"history\.db"):
        SqliteStore(path)
    assert list(db.iterdump()) == before
    db.close()


@pytest.mark.parametrize("place", ["a directory", "under a file"])
def test_a_place_where_no_file_can_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(tmp_path / {"a directory": "here", "under a file": "file/state.db"}[place])


def _as_nobody(work: Callable[[], None], answer: Path) -> None:
    if os.getuid() == 0:
        os.setuid(65534)  # root may write everywhere
    try:
        work()
        said = "no error"
    except StoreError as error:
        said = f"StoreError {error}"
    answer.write_text(said)


@pytest.mark.parametrize("existing", [False, True])
def test_a_directory_that_may_not_be_written(existing: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory, answer = Path(name) / "repository", Path(name) / "answer"
        directory.mkdir()
        answer.write_text("")
        if existing:
            store = SqliteStore(directory / "state.db")
            store.commit([write(SPRING, 0, "draft")])
            store.close()
            (directory / "state.db").chmod(0o444)
        for path, mode in ((Path(name), 0o755), (directory, 0o555), (answer, 0o666)):
            path.chmod(mode)
        work = lambda: SqliteStore(directory / "state.db").commit([write(SPRING, 1, "running")])  # noqa: E731
        child = multiprocessing.get_context("fork").Process(target=_as_nobody, args=(work, answer))
        child.start()
        child.join(timeout=30)
        assert answer.read_text().startswith("StoreError the store")
        directory.chmod(0o755)
        assert [path.name for path in directory.iterdir()] == (["state.db"] if existing else [])


def _write_for_a_moment(path: Path, ready: Connection) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ready.send("it is locked")
        ready.poll(0.2)  # nobody answers: a wait
        other.execute("COMMIT")


def test_opening_a_new_store_waits_for_whoever_is_opening_it(tmp_path: Path) -> None:
    """SQLite itself does not wait when it changes the journal: it says `locked` at once."""
    processes = multiprocessing.get_context("fork")
    here, there = processes.Pipe()
    child = processes.Process(target=_write_for_a_moment, args=(tmp_path / "state.db", there))
    child.start()
    assert here.poll(30)
    store = SqliteStore(tmp_path / "state.db")
    assert store.commit([write(SPRING, 0, "draft")]) == ()
    store.close()
    child.join(timeout=30)
    assert child.exitcode == 0


def test_another_writer_is_waited_for_and_then_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    store = SqliteStore(file)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="another writer") as caught:
        store.commit([write(SPRING, 3, "running")])
    assert caught.value.exit_code == 7
    for locked in (
        lambda: store.begin(intent(SPRING, 3, "running")),
        lambda: store.abandon(intent(SPRING, 3, "running")),
    ):
        with pytest.raises(Busy):
            locked()
    assert store.heads()[SPRING].state == "draft", "reading goes on meanwhile"
    assert len(list(SqliteStore(file).events())) == 4, "and opening does too"
    other.execute("COMMIT")
    assert store.commit([write(SPRING, 3, "running")]) == (), "and writing, once the other is done"
    other.close()
    store.close()


def test_a_locked_store_is_exit_7_at_the_door(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    (tmp_path / "campaigns.d").mkdir()
    manifest = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: UTC}\n"
    (tmp_path / "campaigns.d" / "program.yaml").write_text(manifest)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    code = run(["-C", str(tmp_path), "--store", f"sqlite://{file}", "apply", "--yes"])
    other.execute("ROLLBACK")
    other.close()
    assert (code, "another writer" in capsys.readouterr().err) == (7, True)


def test_a_write_that_fails_midway_leaves_nothing(file: Path) -> None:
    """A body that cannot be encoded, after a write that could: one transaction, so neither."""
    store = SqliteStore(file)
    serial = store.serial()
    with pytest.raises(TypeError):
        store.commit([write(SPRING, 3, "running"), write(SUMMER, 1, "running", body={"to": object()})])
    assert (store.serial(), store.heads()[SPRING].state) == (serial, "draft")
    assert store.commit([write(SPRING, 3, "running")]) == (), "and the store goes on"
    store.close()
