"""What is read of one resource alone, on every store: its versions, and the end of its log, page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref
from tests.store.stores import STORES

AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
SPRING = Ref("EmailCampaign", "spring")


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def write(ref: Ref, revision: int, state: str = "draft", to: Ref | None = None, forgotten: bool = False) -> Write:
    op = "move" if to else "forget" if forgotten else "transition" if revision else "create"
    body = {"ref": str(to or ref), "op": op, "to": state}
    document = None if revision else {"spec": {}}
    return Write(
        ref, revision, state, (state,), (), AT, body, "d", document, renamed_to=to, forgotten=forgotten
    )  # fmt: skip


def test_the_versions_are_those_of_this_kind_and_name_alone(store: Store) -> None:
    ours = [SPRING, Ref("EmailCampaign", "spring", 2), Ref("EmailCampaign", "spring", 10)]
    others = [
        Ref("EmailCampaign", "sprin"), Ref("EmailCampaign", "spring-2"), Ref("EmailCampaign", "spring0"),
        Ref("EmailCampaignX", "spring"), Ref("LeadCampaign", "spring"),
    ]  # fmt: skip
    assert not store.commit([write(ref, 0) for ref in (*ours, *others)])
    assert sorted(store.versions(SPRING)) == ours
    assert store.versions(SPRING)[ours[1]] == store.heads()[ours[1]]
    assert not store.versions(Ref("EmailCampaign", "nobody"))


def test_a_forgotten_version_is_none(store: Store) -> None:
    assert not store.commit([write(SPRING, 0)])
    assert not store.commit([write(SPRING, 1, forgotten=True)])
    assert not store.versions(SPRING)


def test_the_log_is_read_from_its_end_page_by_page(store: Store) -> None:
    for revision in range(7):
        assert not store.commit([write(SPRING, revision), write(Ref("EmailCampaign", "other"), revision)])
    whole, found, before = list(store.events(SPRING)), [], 1 << 40
    while page := store.last_events(SPRING, 3, before):
        assert len(page) <= 3
        found += page
        before = page[-1].sequence
    assert found == whole[::-1]
    assert store.last_events(SPRING, 100) == whole[::-1]
    assert not store.last_events(Ref("EmailCampaign", "nobody"), 3)


def test_the_end_of_the_log_is_found_by_a_former_name_and_of_what_is_forgotten(store: Store) -> None:
    summer = Ref("EmailCampaign", "summer")
    assert not store.commit([write(SPRING, 0)])
    assert not store.commit([write(SPRING, 1, to=summer)])
    assert [one.ref for one in store.last_events(SPRING, 5)] == [summer, SPRING]
    assert store.last_events(summer, 5) == store.last_events(SPRING, 5)
    assert not store.commit([write(summer, 2, forgotten=True)])
    assert [one.body["op"] for one in store.last_events(summer, 1)] == ["forget"]
