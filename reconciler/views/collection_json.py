"""Collection campaigns for programs. Amounts are exact decimal texts, by currency; times are UTC."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.kinds.collections.sheet import Execution, Sheet, Story
from reconciler.model import canonical
from reconciler.model.collection_books import AccountLine, Figures, Interaction
from reconciler.model.contact_queue import Item, ItemStage
from reconciler.model.instant import to_text
from reconciler.model.lifecycle import Transition
from reconciler.model.ref import Ref
from reconciler.views.csv_text import csv_line

_HEADS = (
    "account", "campaign", "score", "status", "balance", "currency", "contactable", "step", "dueAt", "open", "lastAt",
    "lastWhat",
)  # fmt: skip


def sheet_to_json(one: Sheet, moves: Sequence[Transition]) -> str:
    """A campaign, for a program that asks for it alone."""
    return canonical.encode_pretty(
        {
            "ref": str(one.ref),
            "state": one.state,
            "title": one.title or None,
            "objective": one.objective or None,
            **sheet_data(one, moves),
        }
    )


def sheet_data(one: Sheet, moves: Sequence[Transition]) -> dict[str, Any]:
    """How far a campaign has come; `moves` are those that are legal from here."""
    return {
        "strategy": one.plan.name if one.plan else None,
        "strategyType": (one.plan.type or None) if one.plan else None,
        "startDate": one.dates.start.isoformat() if one.dates else None,
        "endDate": one.dates.end.isoformat() if one.dates else None,
        "timezone": one.zone,
        "expired": one.is_expired,
        "activatedAt": _time(one.since),
        **figures_to_json(one.figures),
        "statuses": dict(one.statuses),
        "queue": _stages(one.queue),
        "moves": [{"event": move.event, "state": move.target} for move in moves],
    }


def figures_to_json(one: Figures) -> dict[str, Any]:
    """A campaign in numbers."""
    return {
        "totalAccounts": one.total,
        "contacted": one.contacted,
        "contactRate": str(one.rate),
        "promises": one.promises,
        "recovered": {currency: str(amount) for currency, amount in one.recovered.items()},
    }


def accounts_to_json(lines: Iterable[AccountLine], campaigns: Mapping[int, Ref]) -> Iterator[str]:
    """A list of accounts, as they come."""
    yield "["
    for at, one in enumerate(lines):
        yield (",\n " if at else "\n ") + canonical.encode(_line(one, campaigns)).decode()
    yield "\n]\n"


def accounts_to_csv(lines: Iterable[AccountLine], campaigns: Mapping[int, Ref]) -> Iterator[str]:
    """The same for a spreadsheet."""
    yield csv_line(_HEADS)
    for one in lines:
        told = _line(one, campaigns)
        last = told.pop("last")
        row = {**told, "lastAt": last["at"] if last else None, "lastWhat": last["sort"] if last else None}
        yield csv_line([row[head] for head in _HEADS])


def _line(one: AccountLine, campaigns: Mapping[int, Ref]) -> dict[str, Any]:
    return {
        "account": one.number,
        "campaign": campaigns[one.campaign].name if one.campaign in campaigns else None,
        "score": one.score,
        "status": one.status,
        "balance": str(one.balance),
        "currency": one.currency,
        "contactable": one.is_contactable,
        "step": one.step + 1,
        "dueAt": _time(one.due_at),
        "open": one.open.value if one.open else None,
        "last": _interaction(one.last) if one.last else None,
    }


def story_to_json(one: Story) -> str:
    """An account with everything that happened."""
    row, position = one.account.row, one.account.position
    return canonical.encode_pretty(
        {
            "account": row.number,
            "status": row.status,
            "paused": row.paused,
            "optedOut": row.opted_out or one.account.declined,
            "listed": one.account.listed,
            "score": row.score,
            "balance": str(row.balance),
            "currency": row.currency,
            "timezone": row.zone or None,
            "campaign": str(one.campaign) if one.campaign else None,
            "step": position.step + 1,
            "try": position.tries + 1,
            "dueAt": _time(position.due_at),
            "withoutAnswer": position.attempts,
            "notNow": one.ahead.why or None,
            "notBefore": _time(one.ahead.until),
            "interactions": [_interaction(each) for each in one.happened],
            "contacts": [_item(each) for each in one.items],
        }
    )


def execution_to_json(one: Execution) -> str:
    """What the engine does today."""
    return canonical.encode_pretty(
        {
            "engine": "paused" if one.brakes else "running",
            "brakes": list(one.brakes),
            "lastCycle": _time(one.pulse.last),
            "nextCycle": _time(one.pulse.next),
            "unattended": one.pulse.is_late,
            "resting": [
                {
                    "campaign": each.ref.name,
                    "through": each.via or None,
                    "lanes": each.lanes,
                    "since": to_text(each.since),
                    "triedAgain": _time(each.until),
                    "message": each.message,
                }
                for each in one.blocked
            ],
            "today": one.today.isoformat(),
            "timezone": one.zone,
            "campaigns": [
                {"campaign": ref.name, "state": state, **_stages(counts)} for ref, state, counts in one.campaigns
            ],
            "waiting": [
                {"campaign": ref.name, "reason": reason or None, "contacts": items, "firstDueAt": to_text(at)}
                for ref, reason, items, at in one.waiting
            ],
        }
    )


def _interaction(one: Interaction) -> dict[str, Any]:
    return {
        "at": to_text(one.at),
        "sort": one.sort.value,
        "event": one.event_id or None,
        "channel": one.channel or None,
        "medium": one.medium or None,
        "amount": str(one.amount) if one.amount else None,
        "currency": one.currency or None,
        "dueOn": one.due_on or None,
        "detail": one.detail or None,
    }


def _item(one: Item) -> dict[str, Any]:
    return {
        "step": one.step + 1,
        "try": one.tries + 1,
        "stage": one.stage.value,
        "enqueuedAt": to_text(one.enqueued_at),
        "dueAt": to_text(one.due_at),
        "begunAt": _time(one.begun_at),
        "endedAt": _time(one.ended_at),
        "channel": one.channel or None,
        "action": one.action or None,
        "reason": one.reason or None,
    }


def _stages(counts: Mapping[ItemStage, int]) -> dict[str, int]:
    return {stage.value: counts.get(stage, 0) for stage in ItemStage}


def _time(at: datetime | None) -> str | None:
    return to_text(at) if at else None
