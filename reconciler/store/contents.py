"""Everything that a store holds, table by table, as it is carried into another one."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from reconciler.model.ports import Store
from reconciler.store.columns import COLUMNS

Row = tuple[Any, ...]

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "resource": COLUMNS,
    "former": ("ref", "uid"),
    "event": ("serial", "uid", "sequence", "ref", "previous", "hash", "body"),
    "intent": ("key", "ref", "revision", "effects", "write", "begun_at", "owner", "expires_at"),
    "log_seal": ("serial", "hash", "made_at"),
    "status": ("ref", "body"),
    "notice": ("key", "target", "body", "made_at", "due_at", "attempts", "fate", "owner", "error"),
    "notified": ("target", "serial"),
    "job": ("uid", "phase", "generation", "works_in", "total", "opened_at", "package"),
    "lane": (
        "uid", "number", "via", "owner", "generation", "expires_at", "due_at", "windows", "trouble", "sent", "failed",
        "units",
    ),
    "unit": (
        "id", "uid", "key", "lane", "stage", "due_at", "attempts", "owner", "at", "payload", "answer", "repeats",
    ),
    "effect": ("key", "at"),
    "spent": ("token", "bucket", "units", "ended_at"),
    "pace": ("uid", "lane", "at", "units"),
    "sign": ("id", "uid", "key", "sign", "at", "data"),
    "suppression": ("address", "list", "reason", "at", "source"),
    "left_out": ("id", "uid", "key", "reason", "list"),
    "lead": (
        "id", "code", "uid", "contract", "partner", "workflow", "vertical", "at", "is_test", "stage", "score", "twin",
        "until", "cost", "currency", "fields",
    ),
    "lead_trace": ("campaign", "workflow", "is_test", "digest", "at", "lead"),
    "lead_request": ("contract", "key", "digest", "answer", "at"),
    "lead_cap": ("contract", "is_test", "period", "begins_at", "leads"),
    "lead_queue": (
        "id", "code", "uid", "contract", "campaign", "version", "at", "stage", "reason", "detail", "lead", "body",
    ),
    "outbound": (
        "id", "code", "lead", "uid", "contract", "account", "at", "is_test", "price", "currency", "cost", "cost_currency",
        "shares", "rule",
    ),
    "lead_use": ("contract", "is_test", "period", "begins_at", "currency", "leads", "amount", "counted"),
    "lead_turn": ("campaign", "workflow", "is_test", "contract", "turn"),
    "lead_return": (
        "id", "outbound", "account", "partner", "stage", "reason", "claimed_at", "claimed_by", "decided_at", "decided_by",
        "note", "amount", "currency", "cost", "cost_currency",
    ),
    "lead_baseline": ("contract", "uid", "revision", "sort", "at"),
    "referral_person": ("uid", "role", "id", "contact", "household", "at"),
    "referral_link": ("code", "uid", "advocate", "campaign", "at"),
    "referral_click": ("code", "campaign", "hour", "clicks"),
    "referral_access": ("uid", "friend", "campaign", "code", "at"),
    "referral_event": ("uid", "id", "friend", "event", "at", "said", "code", "first", "verdicts"),
    "referral_reward": (
        "id", "uid", "campaign", "key", "rule", "friend", "event", "event_id", "role", "beneficiary", "value", "currency",
        "earned_at", "payable_at", "fate", "reason", "origin", "changed_at", "batch",
        "round", "posted",
    ),
    "referral_gate": ("campaign", "turn", "closed"),
    "invoice": (
        "id", "uid", "number", "status", "held", "listed", "reading", "amount_due", "currency", "due_on", "data", "digest",
        "read_at", "changed_at", "change",
    ),
    "row_change": ("sort", "change"),
    "source_reading": ("uid", "reading", "read_at", "signature", "trouble"),
    "posted_request": ("uid", "key", "digest", "answer", "at"),
    "enrolment": (
        "id", "invoice", "uid", "entered_at", "entered_on", "still_days", "still_since", "arranged", "step", "due_on",
        "said_on", "said_day", "posted", "turn", "exited_at", "exit",
    ),
    "communication": ("enrolment", "step", "at", "channel", "stage", "detail"),
    "enrolment_pass": ("id", "change", "circumstances", "after"),
    "enrolment_gate": ("uid", "turn", "closed"),
    "campaign_test": ("ref", "digest", "at", "passed", "actor", "report"),
    "in_campaign_alert": ("id", "opened_at", "closed_at", "expected", "enrolled", "collectable", "guidance"),
    "account": (
        "id", "uid", "number", "given_status", "status", "paused", "opted_out", "declined", "listed", "reading", "score",
        "balance", "currency", "zone", "data", "digest", "read_at", "changed_at", "change", "campaign", "joined_at", "round",
        "step", "tries", "due_at", "attempts", "first_at", "answered_at", "promised_until", "turn",
    ),
    "campaign_account": ("uid", "account"),
    "contact_item": (
        "id", "uid", "account", "round", "step", "tries", "stage", "posted", "turn", "enqueued_at", "due_at",
        "begun_at", "ended_at", "channel", "action", "reason",
    ),
    "interaction": (
        "id", "account", "campaign", "at", "sort", "event_id", "item", "channel", "medium", "amount", "currency",
        "due_on", "detail",
    ),
    "account_pass": ("uid", "day", "change"),
    "engine_brake": ("id", "is_on", "reason", "actor", "at"),
    "contact_cycle": ("uid", "began_at", "until"),
    "audit": ("id", "at", "actor", "role", "client", "action", "target", "outcome", "detail"),
}  # fmt: skip
"""Every table with the columns that are carried. A truth value is carried as 0 or 1.

`seat` is not among them: it only matters to who has planned on the one store, and nobody goes on with that in another.
Nor is `daemon_pass`: no daemon has passed over the other one yet.
"""
KEYS: Final[Mapping[str, str]] = {
    "resource": "uid",
    "former": "ref",
    "event": "serial",
    "intent": "key",
    "log_seal": "serial",
    "status": "ref",
    "notice": "key, target",
    "notified": "target",
    "job": "uid",
    "lane": "uid, number",
    "unit": "id",
    "effect": "key",
    "spent": "token, bucket",
    "pace": "uid, lane, at",
    "sign": "id",
    "suppression": "address, list",
    "left_out": "id",
    "lead": "id",
    "lead_trace": "campaign, workflow, is_test, digest, at, lead",
    "lead_request": "contract, key",
    "lead_cap": "contract, is_test, period, begins_at",
    "lead_queue": "id",
    "outbound": "id",
    "lead_use": "contract, is_test, period, begins_at, currency",
    "lead_turn": "campaign, workflow, is_test, contract",
    "lead_return": "id",
    "lead_baseline": "uid, contract",
    "referral_person": "uid, role, id",
    "referral_link": "code",
    "referral_click": "code, campaign, hour",
    "referral_access": "uid, friend, campaign",
    "referral_event": "uid, id",
    "referral_reward": "id",
    "referral_gate": "campaign",
    "invoice": "id",
    "row_change": "sort",
    "source_reading": "uid",
    "posted_request": "uid, key",
    "enrolment": "id",
    "communication": "enrolment, step",
    "enrolment_pass": "id",
    "enrolment_gate": "uid",
    "campaign_test": "ref, digest",
    "in_campaign_alert": "id",
    "account": "id",
    "campaign_account": "uid, account",
    "contact_item": "id",
    "interaction": "id",
    "account_pass": "uid",
    "engine_brake": "id",
    "contact_cycle": "uid",
    "audit": "id",
}
"""By what a table's rows are put in order, the same order in every store: text byte by byte."""
NUMBERED: Final = frozenset(
    {
        *("unit", "left_out", "lead", "lead_queue", "outbound", "lead_return"),
        *("invoice", "enrolment", "in_campaign_alert", "account", "contact_item", "interaction", "engine_brake"),
        "audit",
    }
)
"""Tables whose rows the store numbers itself, by `id`."""


class Movable(Store, Protocol):
    """A store that can be carried into another one, or take one up."""

    def leaving(self, closure: str) -> AbstractContextManager[None]:
        """Within it nobody else writes; then the store is closed. StoreError where it is already; Busy where others go on."""
        ...

    def arriving(self, closure: str) -> AbstractContextManager[None]:
        """Within it the store, empty until then, is filled, all or nothing; then it is closed, if `closure` says why."""
        ...

    def put_in_use(self) -> None:
        """Take the closure off."""
        ...

    def rows_of(self, table: str) -> Iterator[Row]:
        """The rows of one of TABLES by its key; within `leaving`, `arriving` or `snapshot`, where they are all of one state."""
        ...

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        """Take up the rows of one of TABLES, which come in order; within `arriving`."""
        ...

    def count(self) -> int:
        """How many rows there are in all."""
        ...
