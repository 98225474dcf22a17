"""Tests of campaigns are kept by what exactly was tested. (I-14, AMB-I4)"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.model.campaign_tests import CampaignTest, digest_of
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.store.stores import STORES

OVERDUE = Ref("ReceivablesCampaign", "overdue")
AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
PASSED = CampaignTest(OVERDUE, {"Workflow/soft@1": "a", "RuleSet/overdue@1": "b"}, AT, "user:dana", "INV-1")
CHANGED = replace(PASSED, parts={**PASSED.parts, "Workflow/soft@1": "c"}, at=AT + timedelta(hours=1), sample="INV-Ü")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def test_a_test_is_found_by_the_documents_that_it_covered(store: Store) -> None:
    store.campaign_tests.record(PASSED)
    assert store.campaign_tests.of(OVERDUE, PASSED.digest) == PASSED
    assert store.campaign_tests.of(OVERDUE, CHANGED.digest) is None
    assert store.campaign_tests.of(Ref("ReceivablesCampaign", "other"), PASSED.digest) is None


def test_the_last_test_of_the_same_documents_counts(store: Store) -> None:
    """What passed yesterday and does not today has not passed."""
    failed = replace(PASSED, at=AT + timedelta(days=1), faults=("step 2 (day 3): Grüße\t\\N",))
    store.campaign_tests.record(PASSED)
    store.campaign_tests.record(failed)
    assert store.campaign_tests.of(OVERDUE, PASSED.digest) == failed
    assert store.campaign_tests.last_passed(OVERDUE) is None


def test_the_last_one_that_passed_says_what_has_changed_since(store: Store) -> None:
    later = replace(CHANGED, parts={"Workflow/soft@1": "d"}, at=AT + timedelta(hours=2), faults=("no",))
    for one in (CHANGED, PASSED, later):
        store.campaign_tests.record(one)
    assert store.campaign_tests.last_passed(OVERDUE) == CHANGED


def test_digests_hang_on_every_document_and_on_nothing_else() -> None:
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})
    assert len({digest_of({"a": "1"}), digest_of({"a": "2"}), digest_of({"b": "1"}), digest_of({})}) == 4
