"""What happens with accounts outside, as systems of the organisation tell it: read strictly, and passed on. (C-31, AMB-C8)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec

from reconciler.kinds.said import Id, Said, Time, Unreadable, instant_of
from reconciler.kinds.sourced import amount, currency
from reconciler.model.accounts import Account
from reconciler.model.contact_queue import Heard, Sort, Told
from reconciler.model.ports import Store

_PRINTED: Final = r"^[^\x00-\x1f\x7f-\x9f]*\Z"
"""No character that moves a cursor, or that a store cannot keep."""
Event = Literal["response", "conversation", "promise", "payment", "opt_out", "opt_in"]
EVENTS: Final = ("response", "conversation", "promise", "payment", "opt_out", "opt_in")
_WITH_AMOUNT: Final = (Sort.PROMISE, Sort.PAYMENT)
_LAST_YEAR: Final = 2200
"""A day after it is a slip of the pen."""


class EventSaid(Said, frozen=True, omit_defaults=True):
    """Something that happened with an account. `id` names it once and for ever, among those of the account."""

    id: Id
    event: Event
    at: Time = ""
    amount: Annotated[str, msgspec.Meta(max_length=30)] | int | float = ""
    currency: Annotated[str, msgspec.Meta(max_length=10)] = ""
    dueOn: Annotated[str, msgspec.Meta(max_length=10)] = ""
    channel: Annotated[str, msgspec.Meta(max_length=63, pattern=_PRINTED)] = ""
    medium: Literal["", "email", "sms", "voice", "letter", "other"] = ""
    detail: Annotated[str, msgspec.Meta(max_length=1000, pattern=_PRINTED)] = ""


class EventRow(EventSaid, frozen=True, omit_defaults=True):
    """The same as a row of a file, which names the account."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What became of something that was told: `account` is as it is then, None where the source has no such one."""

    heard: Heard
    account: Account | None


def hear(store: Store, uid: int, number: str, said: EventSaid, now: datetime) -> Hearing:
    """Pass on what was said of an account of a source. Unreadable where it makes no sense."""
    account = None if "\0" in number else store.accounts.get(uid, number)
    if account is None:
        return Hearing(Heard.NOBODY, None)
    heard = store.contact_queue.told(uid, number, _told(said, account, now), now)
    return Hearing(heard, store.accounts.get(uid, number))


def hearing_told(said: EventSaid, found: Hearing) -> Mapping[str, Any]:
    """What became of it, for machines."""
    account = found.account
    told = {"id": said.id, "event": said.event, "became": found.heard.value}
    return told | ({"account": account.row.number, "status": account.row.status} if account else {})


def _told(said: EventSaid, account: Account, now: datetime) -> Told:
    sort = Sort(said.event)
    if sort not in _WITH_AMOUNT and (said.amount != "" or said.currency):
        raise Unreadable(f"`amount` and `currency` are for promises and payments, not for {said.event}")
    if (sort is Sort.PROMISE) != bool(said.dueOn):
        raise Unreadable("`dueOn` is needed, as in 2027-06-30" if not said.dueOn else "`dueOn` is for promises")
    money = _amount(said, sort)
    return Told(
        said.id,
        sort,
        instant_of(said.at, now),
        money,
        _currency(said, account) if sort in _WITH_AMOUNT else "",
        _day(said.dueOn),
        said.channel,
        said.medium,
        said.detail,
    )


def _amount(said: EventSaid, sort: Sort) -> Decimal:
    """Exact; a promise may leave it open."""
    if said.amount == "" and sort is not Sort.PAYMENT:
        return Decimal(0)
    try:
        found = amount(said.amount)
    except ValueError as error:
        raise Unreadable(f"`amount`: {error}") from None
    if found <= 0:
        raise Unreadable("`amount` is to be more than nothing")
    return found


def _currency(said: EventSaid, account: Account) -> str:
    if not said.currency:
        return account.row.currency
    try:
        return currency(said.currency)
    except ValueError as error:
        raise Unreadable(f"`currency`: {error}") from None


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Unreadable("`dueOn` is no day; write 2027-06-30") from None
    if not 1970 <= found.year <= _LAST_YEAR:
        raise Unreadable("`dueOn` lies too far away")
    return found.isoformat()
