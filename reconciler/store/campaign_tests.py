"""Tests of campaigns, in SQLite and PostgreSQL alike. A campaign is known by its ref: it may exist in the files alone."""

from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.campaign_tests import CampaignTest
from reconciler.model.ref import Ref
from reconciler.store.desk import Desk, instant, seconds

_RECORD: Final = """
INSERT INTO campaign_test (ref, digest, at, passed, actor, report) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (ref, digest) DO UPDATE
SET at = excluded.at, passed = excluded.passed, actor = excluded.actor, report = excluded.report
"""
_OF: Final = "SELECT ref, at, actor, report FROM campaign_test WHERE ref = ? AND digest = ?"
_LAST_PASSED: Final = """
SELECT ref, at, actor, report FROM campaign_test WHERE ref = ? AND passed = 1 ORDER BY at DESC, digest LIMIT 1
"""


class SqlCampaignTests:
    """Implements `campaign_tests.CampaignTests` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def record(self, test: CampaignTest) -> None:
        """See `campaign_tests.CampaignTests`."""
        report = {"parts": dict(test.parts), "sample": test.sample, "faults": list(test.faults)}
        values = (
            *(str(test.ref), test.digest, seconds(test.at), int(test.passed), test.actor),
            canonical.encode(report).decode(),
        )
        self._desk.writing(lambda sql: sql.run(_RECORD, values))

    def of(self, ref: Ref, digest: str) -> CampaignTest | None:
        """See `campaign_tests.CampaignTests`."""
        return self._first(_OF, (str(ref), digest))

    def last_passed(self, ref: Ref) -> CampaignTest | None:
        """See `campaign_tests.CampaignTests`."""
        return self._first(_LAST_PASSED, (str(ref),))

    def _first(self, statement: str, values: tuple[str, ...]) -> CampaignTest | None:
        rows = self._desk.reading(lambda sql: sql.rows(statement, values))
        return _test(*rows[0]) if rows else None


def _test(ref: str, at: float, actor: str, report: str) -> CampaignTest:
    told: dict[str, Any] = canonical.decode(report)
    return CampaignTest(Ref.parse(ref), told["parts"], instant(at), actor, told["sample"], tuple(told["faults"]))
