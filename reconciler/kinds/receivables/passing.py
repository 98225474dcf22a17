"""The pass: which invoices come into which campaign, which leave, and whose clock stands still. (I-04 … I-09; AMB-I6, AMB-I9)

It takes the invoices that have changed, in the order of their changes, and all that are outside once the day is another or the
campaigns are. Each batch is one transaction, which notes how far it went: of several workers that take the same, one does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from reconciler.kinds.receivables.book import Campaign, Campaigns
from reconciler.kinds.receivables.clock import day_of, first_due
from reconciler.kinds.receivables.seen import LastExit, invoice_seen
from reconciler.kinds.receivables.standing import idle
from reconciler.model import canonical
from reconciler.model.enrolments import (
    THROUGH,
    Enrolment,
    Entered,
    Exit,
    Leaving,
    Left,
    Look,
    Move,
    Past,
    Resumed,
    Stood,
)
from reconciler.model.invoices import Invoice, InvoiceStatus
from reconciler.model.ports import Store

AT_ONCE: Final = 500
"""Invoices that are looked at in one transaction."""
_NEVER: Final = Past()


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at invoices, at one instant."""

    store: Store
    campaigns: Campaigns
    now: datetime

    @property
    def circumstances(self) -> str:
        """What decides who takes an invoice, beside the invoice: the campaigns, and the day with each."""
        return canonical.digest([[one.uid, one.today(self.now).isoformat()] for one in self.campaigns])

    def batch(self) -> bool:
        """Take a batch; False where there was nothing to look at, or somebody else was faster."""
        before = self.store.enrolments.look()
        if not before.circumstances:  # the first pass there ever is: all are looked at
            before_all = replace(before, change=self.store.invoices.change(), circumstances=self.circumstances)
            return self.store.enrolments.move(before, before_all, (), self.now)
        changed = self.store.invoices.changed_since(before.change, AT_ONCE)
        if changed:
            return self._take(before, replace(before, change=changed[-1].change), changed)
        after = before.after if before.circumstances == self.circumstances else 0
        if after == THROUGH:
            return False
        ids = self.store.enrolments.outside(after, AT_ONCE)
        last = ids[-1] if len(ids) == AT_ONCE else THROUGH
        return self._take(before, Look(before.change, self.circumstances, last), self.store.invoices.by_id(ids))

    def _take(self, before: Look, after: Look, invoices: Sequence[Invoice]) -> bool:
        past = self.store.enrolments.past([one.id for one in invoices])
        moves = [move for one in invoices for move in self.moves(one, past.get(one.id, _NEVER))]
        return self.store.enrolments.move(before, after, moves, self.now)

    def moves(self, invoice: Invoice, past: Past) -> Iterator[Move]:
        """What is to be done about an invoice."""
        if past.open is not None:
            move = followed(past.open, invoice, self._zone(past.open.uid))
            if move is not None:
                yield move
            if not isinstance(move, Left):
                return
            past = _after(past, past.open, move, self.now)
        taker = self.taker(invoice, past)
        if taker is not None:
            today = taker.today(self.now)
            said_on = past.last.said_on if past.last else None
            yield Entered(invoice.id, invoice.change, taker.uid, today, first_due(taker.days, today, said_on))

    def _zone(self, uid: int) -> str:
        """The creditor's, for a campaign; for one that was launched while this looked, that of another."""
        return next((one.zone for one in self.campaigns if one.uid == uid), self.campaigns[0].zone)

    def taker(self, invoice: Invoice, past: Past) -> Campaign | None:
        """The campaign that takes an invoice that is in none; None where none does."""
        if not is_collectable(invoice):
            return None
        return next((one for one in self.campaigns if claims(one, invoice, past, self.now)), None)


def is_collectable(invoice: Invoice) -> bool:
    """Whether its customer may be written to (AMB-I6)."""
    return not idle(invoice)


def claims(campaign: Campaign, invoice: Invoice, past: Past, now: datetime) -> bool:
    """Whether a campaign takes an invoice that is in none: what was treated before only where it says so, and never again.

    (I-04, I-05, I-07)
    """
    if past.campaigns and (not campaign.takes_treated or campaign.uid in past.campaigns):
        return False
    if campaign.sources is not None and invoice.uid not in campaign.sources:
        return False
    return campaign.packed.rules.means(seen(invoice, past.last, campaign.today(now)), campaign.day(now))


def seen(invoice: Invoice, last: Leaving | None, today: date) -> Mapping[str, Any]:
    """An invoice as conditions see it."""
    return invoice_seen(invoice.row, today, last_exit(last))


def last_exit(last: Leaving | None) -> LastExit | None:
    """How conditions and templates see it."""
    return LastExit(last.reason, last.campaign) if last else None


def followed(one: Enrolment, invoice: Invoice, zone: str) -> Move | None:
    """What an invoice's change means for the campaign that it is in."""
    day = max(day_of(invoice.changed_at, zone), one.entered_on)
    match invoice.row.status:
        case InvoiceStatus.PAID:
            return Left(one.id, one.uid, Exit.PAID)
        case InvoiceStatus.VOIDED:
            return Left(one.id, one.uid, Exit.VOIDED)
        case InvoiceStatus.ON_PAYMENT_ARRANGEMENT:
            return None if one.arranged else Stood(one.id, one.uid, day, arranged=True)
    if one.arranged:
        return Left(one.id, one.uid, Exit.ARRANGEMENT_FAILED)
    if not is_collectable(invoice):
        return None if one.still_since else Stood(one.id, one.uid, day, arranged=False)
    return Resumed(one.id, one.uid, day) if one.still_since else None


def _after(past: Past, one: Enrolment, left: Left, now: datetime) -> Past:
    """What became of an invoice, once it has left."""
    return Past(None, "", past.campaigns, Leaving(one.uid, past.campaign, left.why, now, one.said_on))
