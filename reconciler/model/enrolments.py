"""Invoices in campaigns: how far each has come in its workflow, and why it left. (I-08, I-09; AMB-I6 … AMB-I9)"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Exit(StrEnum):
    """Why an invoice has left its campaign."""

    PAID = "paid"
    VOIDED = "voided"
    ARRANGEMENT_FAILED = "arrangement_failed"
    WORKFLOW_FINISHED = "workflow_finished"
    CAMPAIGN_STOPPED = "campaign_stopped"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An invoice in a campaign (`uid`). `step` is the next one, from 0, due on `due_on` while the clock runs."""

    id: int
    invoice: int
    uid: int
    entered_at: datetime
    entered_on: date
    still_days: int
    still_since: date | None
    arranged: bool
    step: int
    due_on: date
    exited_at: datetime | None
    exit: Exit | None


class Enrolments(Protocol):
    """The rows of enrolments, communications, tests and alerts. Every method that writes is one transaction."""
