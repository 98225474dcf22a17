"""What is looked through page by page is what filtering everything would give, whatever was written before. (E-38, E-39)"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.controller.moving import Route, move
from reconciler.model.condition import Aspect, Condition, Status, Truth
from reconciler.model.hold import Hold, holding
from reconciler.model.listing import Archived, Besides, Filter, Listed, Order, Slice, Spot, searched, team_of
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.store import listing
from tests.store.stores import STORES
from tests.store.test_contract import intent, write

AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
KINDS = ("CollectionCampaign", "EmailCampaign", "Template")
STATES = ("active", "archived", "deleted", "draft", "paused")
TEAMS = ("", "growth", "Straße", "o'brien; --", "50%_!", "\u202egnp", "nul\0")
TITLES = (
    "Spring offer",
    "FRÜHLING in der Straße",
    "100 % off!_",
    "<script>alert('ü')</script>",
    "nul\0 \ud7ff",
    "",
    "İstanbul",
)
WORDS = ("spring", "OFFER", "frühling", "STRASSE", "%", "_", "!", "<script>", "'", "\0", "c-1", "nothing like it", "\\")
ALL = Filter(archived=Archived.ALSO)


def campaign(number: int, pick: random.Random) -> tuple[Ref, dict[str, Any]]:
    """A resource that nobody has written yet, and the values of its first write."""
    ref = Ref(KINDS[number % 3], f"c-{pick.randrange(10**6)}", pick.choice((1, 2, 10)))
    labels = {"team": team} if (team := pick.choice(TEAMS)) else {}
    spec = {"title": pick.choice(TITLES)} if number % 4 else {"description": pick.choice(TITLES)}
    until = AT + timedelta(hours=pick.choice((-1, 0, 1)))
    paths = pick.choice(((), ("/spec/title",)))
    hold = Hold("why", "dana", "2027-01-04T08:00:00Z", f"{until:%Y-%m-%dT%H:%M:%SZ}", paths)
    return ref, {
        "document": {"metadata": {"labels": labels}, "spec": spec},
        "flags": ("archived",) if not pick.randrange(5) else (),
        "holds": (hold,) if not pick.randrange(4) else None,
        "at": AT - timedelta(minutes=pick.randrange(30)),
    }


def refs_of_all() -> list[Ref]:
    """What `filled` writes."""
    pick = random.Random(8)
    return list(dict(campaign(number, pick) for number in range(160)))


def filled(store: Store, *without: str) -> Store:
    pick = random.Random(8)
    made = dict(campaign(number, pick) for number in range(160))
    made = {ref: {name: value for name, value in values.items() if name not in without} for ref, values in made.items()}
    assert store.commit([write(ref, 0, pick.choice(STATES), **values) for ref, values in made.items()]) == ()
    store.bulletin.put_statuses([status(ref, pick.choice(list(Aspect))) for ref in list(made)[::3]])
    return store


def status(ref: Ref, aspect: Aspect) -> Status:
    """What a pass found: one thing that holds, among others that do not."""
    aspects = (*(one for one in Aspect if one is not aspect), aspect)
    hostile = '["Drifted","True","","",""]'
    found = (Condition(one, Truth.TRUE if one is aspect else Truth.FALSE, "Why", hostile) for one in aspects)
    return Status(ref, tuple(found), 1)


@pytest.fixture(params=sorted(STORES))
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with closing(STORES[request.param](tmp_path)) as store:
        yield store


@pytest.fixture(scope="module", params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(STORES[request.param](tmp_path_factory.mktemp("listing"))) as opened:
        yield filled(opened)


# What a filter means, once more, over everything.


def meant(store: Store, wanted: Filter, order: Order, now: datetime) -> list[Ref]:
    loaded, statuses = store.load(store.heads()), store.bulletin.statuses()
    found = [one for one in loaded.values() if is_meant(wanted, one, statuses.get(one.ref), now)]
    found.sort(key=lambda one: (one.ref.name, one.ref.kind, one.ref.version))
    if order is Order.CHANGE:
        found.reverse()
        found.sort(key=lambda one: one.applied_at, reverse=True)
    return [one.ref for one in found]


def is_meant(wanted: Filter, one: Resource, told: Status | None, now: datetime) -> bool:
    put_away = "archived" in one.flags or one.state == "archived"
    bad = told is not None and Truth.TRUE in (told.truth(Aspect.DRIFTED), told.truth(Aspect.STALLED))
    bad |= one.ref in wanted.besides.refs or (one.ref.kind, one.state) in wanted.besides.stands
    words = (one.ref.name, searched(one.document))
    return (
        (not wanted.among or one.ref.kind in wanted.among)
        and (not wanted.kinds or one.ref.kind in wanted.kinds)
        and (one.state in wanted.states if wanted.states else one.state != "deleted")
        and (not wanted.teams or team_of(one.document) in wanted.teams)
        and (wanted.archived is Archived.ALSO or put_away is (wanted.archived is Archived.ONLY))
        and (not wanted.held or holding(one.holds, now) is not None)
        and (not wanted.attention or bad)
        and all(any(word in text for text in words) for word in wanted.words)
    )


FILTERS = st.builds(
    Filter,
    among=st.sampled_from([(), KINDS[:2], KINDS]),
    kinds=st.lists(st.sampled_from([*KINDS, "Nothing"]), max_size=3).map(tuple),
    states=st.lists(st.sampled_from([*STATES, "nothing"]), max_size=5).map(tuple),
    teams=st.lists(
        st.sampled_from([team_of({"metadata": {"labels": {"team": one}}}) for one in TEAMS]), max_size=3
    ).map(tuple),
    archived=st.sampled_from(Archived),
    held=st.booleans(),
    attention=st.booleans(),
    text=st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
    besides=st.builds(
        Besides,
        st.lists(st.sampled_from([*refs_of_all(), Ref("Template", "never-written")]), max_size=40).map(tuple),
        st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(STATES)), max_size=2).map(tuple),
    ),
)
ASK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def forwards(store: Store, wanted: Filter, order: Order, most: int, now: datetime) -> list[Listed]:
    pages = [store.listing.page(wanted, Slice(most), order, now)]
    while pages[-1].after:
        pages.append(store.listing.page(wanted, Slice(most, after=pages[-1].after), order, now))
    return pages


def backwards(store: Store, wanted: Filter, order: Order, most: int, now: datetime) -> list[Listed]:
    pages = [store.listing.page(wanted, Slice(most, last=True), order, now)]
    while pages[-1].before:
        pages.append(store.listing.page(wanted, Slice(most, before=pages[-1].before), order, now))
    return pages[::-1]


@ASK
@given(wanted=FILTERS, order=st.sampled_from(Order), most=st.integers(5, 60))
def test_pages_are_what_filtering_everything_gives(store: Store, wanted: Filter, order: Order, most: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _held_against_all(store, wanted, order, most, monkeypatch)


def _held_against_all(store: Store, wanted: Filter, order: Order, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = meant(store, wanted, order, AT)
    for pages in (forwards(store, wanted, order, most, AT), backwards(store, wanted, order, most, AT)):
        assert [ref for page in pages for ref in page.refs] == expected
        assert pages[0].before is None
        assert pages[-1].after is None
        assert all(len(page.refs) <= most for page in pages)
    facets = store.listing.facets(wanted, AT)
    for few in (0, 5, listing.FEW):  # found twice, or once
        monkeypatch.setattr(listing, "FEW", few)
        monkeypatch.setattr(listing, "SOME", few)
        monkeypatch.setattr(listing, "_AT_ONCE", 4 if few else 512)
        assert store.listing.look(wanted, Slice(most), order, AT) == (
            forwards(store, wanted, order, most, AT)[0],
            facets,
        )
        for page in forwards(store, wanted, order, most, AT):
            for part in (Slice(most, after=page.after), Slice(most, before=page.before), Slice(most, last=True)):
                looked = store.listing.look(wanted, part, order, AT)
                assert looked == (store.listing.page(wanted, part, order, AT), facets)


@ASK
@given(wanted=FILTERS)
def test_counts_are_those_of_filtering_everything(store: Store, wanted: Filter) -> None:
    found, loaded = store.listing.facets(wanted, AT), store.load(store.heads())

    def counted(name: str, value: str, other: Filter) -> int:
        changed: dict[str, Any] = {name: (value,)}
        return len(meant(store, replace(other, **changed), Order.NAME, AT))

    assert found.total == len(meant(store, wanted, Order.NAME, AT))
    assert store.listing.has_any(wanted.among)
    among = {one.ref.kind for one in loaded.values() if not wanted.among or one.ref.kind in wanted.among}
    assert found.kinds == {kind: count for kind in sorted(among) if (count := counted("kinds", kind, wanted))}
    assert found.states == {state: count for state in STATES if (count := counted("states", state, wanted))}
    teams = {team_of(one.document) for one in loaded.values()}
    assert found.teams == {team: count for team in sorted(teams) if (count := counted("teams", team, wanted))}


def test_archived_is_hidden_shown_too_or_shown_alone(empty: Store) -> None:
    """E-38, E-39: by the flag, or by a state of that name."""
    names = {"flag": ("completed", ("archived",)), "state": ("archived", ()), "neither": ("completed", ("pinned",))}
    empty.commit([write(Ref("EmailCampaign", name), 0, state, flags=flags) for name, (state, flags) in names.items()])
    assert shown(empty, Filter()) == ["neither"]
    assert shown(empty, Filter(archived=Archived.ALSO)) == ["flag", "neither", "state"]
    assert shown(empty, Filter(archived=Archived.ONLY)) == ["flag", "state"]


def test_a_deleted_one_is_shown_where_that_state_is_asked_for(empty: Store) -> None:
    empty.commit([write(Ref("EmailCampaign", name), 0, name) for name in ("deleted", "draft")])
    assert shown(empty, ALL) == ["draft"]
    assert shown(empty, Filter(states=("deleted",))) == ["deleted"]
    assert empty.listing.facets(Filter(), AT).states == {"deleted": 1, "draft": 1}


def test_a_hold_counts_up_to_its_end(empty: Store) -> None:
    hold = Hold("why", "dana", "2027-01-04T08:00:00Z", "2027-01-04T09:00:00Z")
    empty.commit([write(Ref("EmailCampaign", "held"), 0, "draft", holds=(hold,))])
    for moment, names in ((AT - timedelta(microseconds=1), ["held"]), (AT, []), (AT + timedelta(microseconds=1), [])):
        assert [one.name for one in empty.listing.page(Filter(held=True), Slice(9), Order.NAME, moment).refs] == names
    empty.commit([write(Ref("EmailCampaign", "held"), 1, "draft", holds=(), aside=True)])
    assert shown(empty, Filter(held=True), AT - timedelta(hours=1)) == []


def test_what_is_renamed_forgotten_and_made_again_is_followed(empty: Store) -> None:
    old, new, template = Ref("EmailCampaign", "old"), Ref("EmailCampaign", "new", 2), Ref("Template", "letter")
    document = {"metadata": {"labels": {"team": "growth"}}, "spec": {"title": "Hello"}}
    empty.commit([write(old, 0, "draft", document=document), write(template, 0, "present", document=document)])
    empty.commit([write(old, 1, "draft", op="move", renamed_to=new), write(template, 1, "deleted", forgotten=True)])
    assert shown(empty, Filter(states=("draft", "deleted"), teams=("growth",), text="hello")) == ["new"]
    empty.commit([write(template, 0, "present"), write(new, 2, "running")])
    assert shown(empty, Filter(states=("present",))) == ["letter"]
    assert shown(empty, Filter(text="hello")) == ["new"], "made again, it has the title of its new document"
    assert empty.listing.page(ALL, Slice(9), Order.NAME, AT).refs == (template, new)


def test_names_change_places(empty: Store) -> None:
    one, two, passing = (Ref("Template", name) for name in ("one", "two", "passing"))
    empty.commit([write(ref, 0, "present", document={"spec": {"title": ref.name}}) for ref in (one, two)])
    moves = [(one, passing), (two, one), (passing, two)]
    for ref, renamed in moves:
        empty.commit([write(ref, 1 if ref is not passing else 2, "present", op="move", renamed_to=renamed)])
    assert shown(empty, Filter(text="one")) == ["one", "two"], "one by its name, and two by its title"
    assert empty.listing.facets(ALL, AT).total == 2


def test_what_a_step_is_about_to_create_is_not_there_yet(empty: Store) -> None:
    new = intent(Ref("EmailCampaign", "spring"), 0, "running")
    assert empty.begin(new)
    assert empty.listing.facets(ALL, AT).total == 0
    assert not empty.listing.has_any()
    assert empty.advance(new)
    assert shown(empty, ALL) == ["spring"]


def test_attention_comes_and_goes_with_the_conditions(empty: Store) -> None:
    refs = [Ref("EmailCampaign", aspect.lower()) for aspect in Aspect]
    empty.commit([write(ref, 0, "draft") for ref in refs])
    empty.bulletin.put_statuses([status(ref, aspect) for ref, aspect in zip(refs, Aspect, strict=True)])
    assert shown(empty, Filter(attention=True)) == ["drifted", "stalled"]
    empty.bulletin.put_statuses(
        [status(Ref("EmailCampaign", "drifted"), Aspect.READY)], gone=[Ref("EmailCampaign", "stalled")]
    )
    assert shown(empty, Filter(attention=True)) == []


def test_what_no_condition_tells_of_may_be_named(empty: Store) -> None:
    """By its ref or by how it stands; it is counted, turned through and narrowed as all else is."""
    for name, state in (("a", "draft"), ("b", "draft"), ("c", "active"), ("d", "deleted"), ("e", "draft")):
        empty.commit([write(Ref("EmailCampaign", name), 0, state)])
    empty.commit([write(Ref("Template", "b"), 0, "draft"), write(Ref("EmailCampaign", "b", 2), 0, "draft")])
    empty.bulletin.put_statuses([status(Ref("EmailCampaign", "a"), Aspect.STALLED)])
    named = (Ref("EmailCampaign", "b"), Ref("EmailCampaign", "d"), Ref("EmailCampaign", "gone"))
    wanted = Filter(attention=True, besides=Besides(named, (("EmailCampaign", "active"),)))
    first, counted = empty.listing.look(wanted, Slice(2), Order.NAME, AT)
    assert ([ref.name for ref in first.refs], counted.total) == (["a", "b"], 3)
    assert counted.states == {"active": 1, "deleted": 1, "draft": 2}
    rest = empty.listing.look(wanted, Slice(2, after=first.after), Order.NAME, AT)[0]
    assert ([ref.name for ref in rest.refs], rest.after) == (["c"], None)
    assert shown(empty, replace(wanted, attention=False)) == ["a", "b", "b", "b", "c", "e"], "named for attention alone"


def test_a_spot_need_not_be_there_any_more(empty: Store) -> None:
    empty.commit([write(Ref("EmailCampaign", name), 0, "draft") for name in ("a", "c")])
    gone = Spot("b", "EmailCampaign", 1)
    assert [one.name for one in empty.listing.page(ALL, Slice(9, after=gone), Order.NAME, AT).refs] == ["c"]
    assert [one.name for one in empty.listing.page(ALL, Slice(9, before=gone), Order.NAME, AT).refs] == ["a"]


@pytest.mark.parametrize("way", [("sqlite", "postgres"), ("postgres", "sqlite")], ids="-to-".join)
def test_a_copy_lists_the_same(way: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    with closing(STORES[way[0]](tmp_path / "old")) as old, closing(STORES[way[1]](tmp_path / "new")) as new:
        filled(old, "holds")  # of which this log says nothing
        before = [forwards(old, Filter(text="off"), order, 7, AT) for order in Order], old.listing.facets(ALL, AT)
        move(old, new, Route("the old one", "the new one"))  # type: ignore[arg-type]
        assert (
            [forwards(new, Filter(text="off"), order, 7, AT) for order in Order],
            new.listing.facets(ALL, AT),
        ) == before
        assert Counter(new.heads()) == Counter(old.heads())


STEPS = st.lists(
    st.tuples(st.sampled_from(["edit", "hold", "archive", "rename", "forget", "go"]), st.integers(0, 39)), max_size=30
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS, seed=st.integers(0, 10**6))
def test_whatever_is_written_is_followed(empty: Store, steps: list[tuple[str, int]], seed: int) -> None:
    pick = random.Random(seed)
    for step, number in steps:
        heads = sorted(empty.heads().values(), key=lambda head: head.ref)
        if number >= len(heads):
            ref, values = campaign(number, pick)
            if ref not in empty.forgotten():
                empty.commit([write(ref, 0, pick.choice(STATES), **values)])
            continue
        head = heads[number]
        values = campaign(number, pick)[1]
        changes: dict[str, dict[str, Any]] = {
            "edit": {"document": values["document"], "op": "edit", "flags": head.flags},
            "hold": {"holds": values["holds"] or (), "aside": True, "flags": head.flags},
            "archive": {"flags": ("archived",)},
            "rename": {
                "renamed_to": Ref(head.ref.kind, f"r-{pick.randrange(10**9)}", head.ref.version),
                "flags": head.flags,
            },
            "forget": {"forgotten": True},
            "go": {"flags": head.flags},
        }
        state = pick.choice(STATES) if step == "go" else head.state
        empty.commit([write(head.ref, head.revision, state, at=values["at"], **changes[step])])
    for wanted in (ALL, Filter(), Filter(held=True), Filter(states=STATES, archived=Archived.ONLY), Filter(text="off")):
        for order in Order:
            found = [ref for page in forwards(empty, wanted, order, 5, AT) for ref in page.refs]
            assert found == meant(empty, wanted, order, AT)
        assert empty.listing.facets(wanted, AT).total == len(meant(empty, wanted, Order.NAME, AT))


def shown(store: Store, wanted: Filter, now: datetime = AT) -> list[str]:
    return [one.name for one in store.listing.page(wanted, Slice(99), Order.NAME, now).refs]
