"""Asking buyers for bids, all at once, each within its own time. (L-15, L-45)

A ping says which campaign, workflow and vertical a lead is of, and those fields that the contract names; without names none:
before the sale nothing of a person leaves the house that somebody has not written down.
"""

import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from reconciler.hooks.call import Call, Fate
from reconciler.hooks.caller import Caller
from reconciler.kinds.leads.account_contract.spec import AccountContractSpec, Ping
from reconciler.kinds.leads.bid import NO_BID, bid_of
from reconciler.kinds.leads.market import Buyer
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.leads import Lead
from reconciler.model.secret import Reveal

LONGEST: Final = timedelta(seconds=10)
"""The most that a buyer is waited for, whatever the contract says: nobody else gets the lead meanwhile."""
_AT_ONCE: Final = 32
"""Buyers that are asked at the same time."""
_KNOWN: Final = 64
"""Buyers to whom connections are kept."""

Answer = Decimal | str
"""A bid, or why there is none that counts."""


@dataclass(slots=True)
class Pinger:
    """Asks for bids; connections stay open from one lead to the next. Use from one thread, and `close` it."""

    reveal: Reveal
    _callers: dict[int, Caller] = field(default_factory=dict)
    _trust: ssl.SSLContext | None = None

    def __call__(self, buyers: Sequence[Buyer], lead: Lead) -> Mapping[int, Answer]:
        """By the uid of each buyer's contract what it bids for this lead, or why that does not count."""
        if not buyers:
            return {}
        if len(self._callers) + len(buyers) > _KNOWN:
            self.close()
        asks = [(buyer, self._caller(buyer), lead) for buyer in buyers]
        with ThreadPoolExecutor(min(_AT_ONCE, len(asks)), "ping") as pool:
            answers = list(pool.map(lambda ask: self._asked(*ask), asks))
        return {buyer.uid: answer for buyer, answer in zip(buyers, answers, strict=True)}

    def close(self) -> None:
        """Let go of all connections."""
        while self._callers:
            self._callers.popitem()[1].close()

    def _caller(self, buyer: Buyer) -> Caller:
        """One for each buyer, for one thread at a time; whom they trust is read once for all."""
        if buyer.uid not in self._callers:
            if self._trust is None:
                self._trust = ssl.create_default_context()
            self._callers[buyer.uid] = Caller(trust=self._trust)
        return self._callers[buyer.uid]

    def _asked(self, buyer: Buyer, caller: Caller, lead: Lead) -> Answer:
        ping = buyer.spec.ping
        if ping is None:
            return "its contract has no ping"
        try:
            call = _call(ping, buyer.spec, lead, self.reveal)
        except Permanent as error:
            return str(error)
        reply = caller.call(call)
        if reply.fate is not Fate.TAKEN:
            return reply.text
        if reply.status == 204:
            return NO_BID
        if not reply.is_whole:
            return "its answer did not end"
        return bid_of(reply.body, buyer.spec.price.currency, Decimal(ping.min_bid or 0))


def _call(ping: Ping, spec: AccountContractSpec, lead: Lead, reveal: Reveal) -> Call:
    secret = reveal(ping.secret.model_dump(exclude_unset=True)) if ping.secret else ""
    return Call(
        ping.url,
        canonical.encode(question(ping, spec, lead)),
        secret=secret,
        timeout=min(parse_duration(ping.timeout), LONGEST),
        allow_private=ping.allow_private,
    )


def question(ping: Ping, spec: AccountContractSpec, lead: Lead) -> dict[str, Any]:
    """What a buyer is told before the sale."""
    return {
        "ping": lead.code,
        "campaign": spec.campaign,
        "workflow": lead.workflow,
        "vertical": lead.vertical,
        "test": lead.is_test,
        "currency": spec.price.currency,
        "fields": {name: lead.fields[name] for name in ping.fields if name in lead.fields},
    }
