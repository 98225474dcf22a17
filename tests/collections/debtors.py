"""Accounts and strategies for the tests of decisions and of what is foreseen."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.kinds.collections.deciding import Conduct
from reconciler.kinds.collections.forecast import Frame
from reconciler.kinds.collections.limits import limits
from reconciler.kinds.collections.proof import Checker
from reconciler.kinds.collections.seen import account_seen
from reconciler.kinds.collections.steps import Course, course, joined
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.model import canonical
from reconciler.model.accounts import Account, AccountRow, Position

NOW: Final = datetime(2027, 3, 1, 9, tzinfo=UTC)
MEDIA: Final = {"mail": "email", "sms": "sms", "calls": "voice", "letters": "letter", "agent": ""}
CONTACT: Final = {"name": "Ada", "email": "ada@debtor.example", "phone": "+15550100", "address": "1 Main Street"}


def strategy(*steps: Mapping[str, Any], **members: Any) -> StrategySpec:
    written = [{"channel": "sms", "template": "c-1", **one} for one in steps]
    return StrategySpec.model_validate_json(canonical.encode({"type": "medium", "steps": written} | members))


def way_of(*steps: Mapping[str, Any], **members: Any) -> Course:
    return course(strategy(*steps, **members), MEDIA)


def settings(**members: Any) -> CollectionSettingsSpec:
    written = canonical.encode({"timezone": "America/Chicago", "autoEnqueue": True} | members)
    return CollectionSettingsSpec.model_validate_json(written)


def conduct(steps: Course, **members: Any) -> Conduct:
    return Conduct(steps, limits(settings(**members)), account_seen)


def frame(days: int = 90, cycle: timedelta = timedelta(minutes=5), now: datetime = NOW) -> Frame:
    return Frame(now, now, now + timedelta(days=days), cycle)


def checker(**members: Any) -> Checker:
    return Checker(settings(**members), date.min, date(2027, 12, 31))


def debtor(number: int = 1, zone: str = "", position: Position | None = None, **members: Any) -> Account:
    data = {"contact": CONTACT, "daysPastDue": 45, **members.pop("data", {})}
    row = AccountRow(
        str(number),
        members.pop("status", "pending_contact"),
        members.pop("paused", False),
        members.pop("opted_out", False),
        None,
        Decimal("120.00"),
        "USD",
        zone,
        data,
        str(number),
    )
    listed = members.pop("listed", True)
    return Account(number, 7, row, listed, 3, NOW, position or Position(due_at=NOW), **members)


def fresh(course: Course, number: int = 1, zone: str = "", **members: Any) -> Account:
    return debtor(number, zone, joined(course, NOW), **members)
