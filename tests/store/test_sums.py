"""What the rows of a job add up to: the sums agree with each other and with the rows, in every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Return, Sign
from reconciler.model.work import Demand, Phase, Result, Settling, Stage
from reconciler.store import ledger_view
from tests.engine.desk import NOW, campaign, nothing, taken
from tests.store.stores import STORES

VIAS = ("main", "main", "spare")
DOMAINS = ("a.example", "b.example", "c.example", "")
ENDS = (Stage.SENT, Stage.FAILED, Stage.SUPPRESSED, Stage.UNKNOWN, Stage.PENDING)
MINUTES = st.integers(0, 600)
FATES = st.lists(
    st.tuples(
        st.sampled_from(DOMAINS),
        st.sampled_from(ENDS),
        st.lists(st.tuples(st.sampled_from(list(Sign)), MINUTES), max_size=4),
    ),
    max_size=25,
)


@pytest.fixture(scope="module", params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(STORES[request.param](tmp_path_factory.mktemp("sums"))) as found:
        yield found


def played(
    store: Store, fates: list[tuple[str, Stage, list[tuple[Sign, int]]]], *, is_over: bool = True
) -> tuple[int, list[str]]:
    """A job of its own whose units met with these fates; its uid, and the keys."""
    name = f"c{len(store.heads())}"
    uid = campaign(store, Ref("EmailCampaign", name, 1))
    keys = [f"n{number}@{domain}" if domain else f"n{number}" for number, (domain, *_) in enumerate(fates)]
    ledger = store.ledger
    ledger.prepare(uid, "running", nothing)
    ledger.add(uid, [(key, {}) for key in keys])
    ledger.assign(uid, VIAS, lambda position: position % len(VIAS), nothing)
    ledger.enter(uid, Phase.OPEN, NOW)
    stages = {key: stage for key, (_, stage, _) in zip(keys, fates, strict=True)}
    for lane in range(min(len(VIAS), len(keys))):
        claim = taken(store, f"w{uid}-{lane}", lane)
        window = ledger.window(claim, None, Demand(1, 100, NOW + timedelta(minutes=5)), NOW)
        assert window is not None
        results = {
            unit.id: Result(stages[unit.key], {"code": 550}, NOW + timedelta(days=1))
            for unit in window.units
            if stages[unit.key] is not Stage.PENDING
        }
        ledger.release(claim, Settling(1, results, NOW, len(results)), None, None, NOW)
    store.returns.record(
        [
            Return(f"{uid}-{number}-{index}", uid, keys[number], sign, NOW + timedelta(minutes=minutes))
            for number, (_, _, signs) in enumerate(fates)
            for index, (sign, minutes) in enumerate(signs)
        ]
    )
    ledger.enter(uid, Phase.CLOSED if is_over else Phase.STOPPED, NOW)
    return uid, keys


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(FATES)
def test_the_sums_are_those_of_the_rows(store: Store, fates: list[tuple[str, Stage, list[tuple[Sign, int]]]]) -> None:
    uid, keys = played(store, fates)
    sums = store.sums
    by_stage = Counter(stage for _, stage, _ in fates)
    found = sums.stages(uid)
    assert Counter({stage: sum(one.units for one in found if one.stage is stage) for stage in ENDS}) == by_stage
    by_via = Counter(VIAS[number % len(VIAS)] for number in range(len(fates)))
    assert {via: sum(one.units for one in found if one.via == via) for via in by_via} == by_via
    view = store.ledger.view(uid, NOW)
    assert view is not None
    assert by_stage == Counter(view.stages)

    heard = sums.signs(uid)
    tally = {sign: units for sign, (_, units) in store.returns.tally(uid).items()}
    tally[Sign.BOUNCED] = tally.get(Sign.BOUNCED, 0) - sums.refused(uid)
    for sign in Sign:
        units = {
            key for key, (_, stage, signs) in zip(keys, fates, strict=True)
            if sign in {one for one, _ in signs} and (sign, stage) != (Sign.BOUNCED, Stage.FAILED)
        }  # fmt: skip
        assert sum(one.units for one in heard if one.sign is sign) == len(units) == tally.get(sign, 0)

    domains = sums.domains(uid, 100)
    assert {domain: sum(stages.values()) for domain, stages in domains.items()} == Counter(
        key.rpartition("@")[2] for key in keys
    )
    signs = sums.domain_signs(uid, list(domains))
    for sign in Sign:
        assert sum(of.get(sign, 0) for of in signs.values()) == tally.get(sign, 0)
    top = sums.domains(uid, 2)
    assert list(top.items()) == list(domains.items())[:2], "the largest first, and the same"


def test_a_sign_counts_in_the_quarter_in_which_it_was_first_heard(store: Store) -> None:
    uid, _ = played(store, [("a.example", Stage.SENT, [(Sign.OPENED, 44), (Sign.OPENED, 15), (Sign.OPENED, 16)])])
    (one,) = store.sums.signs(uid)
    assert (one.via, one.sign, one.at, one.units) == ("main", Sign.OPENED, NOW + timedelta(minutes=15), 1)


@pytest.mark.parametrize("offset", [0.0, 0.5, 450.0, 899.0, 899.999, 899.99999])
def test_a_quarter_begins_with_its_first_moment(store: Store, offset: float) -> None:
    uid, keys = played(store, [("a.example", Stage.SENT, [])])
    for quarter in (0, 1, 2):
        at = NOW + timedelta(seconds=900 * quarter + offset)
        store.returns.record([Return(f"{uid}-{quarter}", uid, keys[0], list(Sign)[quarter], at)])
    assert {one.sign: one.at for one in store.sums.signs(uid)} == {
        list(Sign)[quarter]: NOW + timedelta(minutes=15 * quarter) for quarter in (0, 1, 2)
    }


def test_what_is_heard_of_nobody_in_the_job_counts_all_the_same(store: Store) -> None:
    uid, _ = played(store, [("a.example", Stage.SENT, [])])
    store.returns.record([Return(f"{uid}-x", uid, "stranger@b.example", Sign.COMPLAINED, NOW)])
    (one,) = store.sums.signs(uid)
    assert (one.via, one.sign, one.units) == ("", Sign.COMPLAINED, 1)


def test_links_are_told_by_how_many_followed_them(store: Store) -> None:
    """E-25: each unit once for each link; what else a click may say is no link."""
    uid, keys = played(store, [("a.example", Stage.SENT, [])] * 3)
    followed = [
        (keys[0], {"link": "4"}),
        (keys[1], {"link": "4"}),
        (keys[2], {"link": "0"}),
        (keys[2], {"link": "x"}),
        (keys[0], {}),
    ]
    signs = [Return(f"{place}", uid, key, Sign.CLICKED, NOW, data) for place, (key, data) in enumerate(followed)]
    store.returns.record([*signs, Return("again", uid, keys[0], Sign.CLICKED, NOW, {"link": "4"})])
    assert store.sums.clicks(uid, 10) == {4: 2, 0: 1}
    assert list(store.sums.clicks(uid, 1)) == [4]
    assert store.sums.clicks(uid + 1000, 10) == {}


def test_what_went_wrong_is_read_page_by_page(store: Store) -> None:
    fates = [
        ("a.example", Stage.FAILED if number % 2 else Stage.SENT, [(Sign.BOUNCED, number)]) for number in range(20)
    ]
    uid, keys = played(store, fates)  # type: ignore[arg-type]
    found, after = [], 0
    while page := store.sums.outcomes(uid, Stage.FAILED, after, 3):
        assert len(page) <= 3
        found += page
        after = page[-1].id
    assert sorted(one.key for one in found) == sorted(keys[1::2])
    assert all(one.answer == {"code": 550} and one.at == NOW and one.attempts == 1 for one in found)
    heard, place = [], ("", "")  # of those that failed the server had said no: nothing came back
    while some := store.sums.heard(uid, Sign.BOUNCED, place, 3):
        heard += some
        place = some[-1].key, some[-1].id
    assert sorted(one.key for one in heard) == sorted(keys[::2])


def test_a_job_that_is_not_there_adds_up_to_nothing(store: Store) -> None:
    sums = store.sums
    assert not any(
        (sums.stages(999), sums.signs(999), sums.domains(999, 5), sums.domain_signs(999, []), sums.vias(999))
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(FATES)
def test_what_is_left_of_many_is_told_as_it_would_be_counted(
    store: Store, fates: list[tuple[str, Stage, list[tuple[Sign, int]]]]
) -> None:
    """E-48, E-49: the numbers of a large campaign are those of its rows, too, though nobody counts them."""
    uid, _ = played(store, fates, is_over=False)
    counted = store.ledger.view(uid, NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_view, "COUNTED", -1)
        assert store.ledger.view(uid, NOW) == counted


def test_lanes_that_have_handed_on_what_they_had_are_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their sizes say nothing any more, however much is left."""
    uid, _ = played(store, [("a.example", Stage.PENDING, [])] * 9, is_over=False)
    assert store.ledger.move(uid, "spare", (0, 1)) == 3
    counted = store.ledger.view(uid, NOW)
    assert counted is not None
    assert [lane.left for lane in counted.lanes] == [4, 5, 0]
    monkeypatch.setattr(ledger_view, "COUNTED", -1)
    assert store.ledger.view(uid, NOW) == counted
