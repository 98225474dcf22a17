"""Where partners send leads, and ask what became of them. (L-24, L-43)

2xx means a lead was taken; whatever is parked is answered 422, for the partner is to do something about it, or not to wait.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from reconciler.kinds.leads.intake import Intake, Parked, Refused, Result
from reconciler.kinds.leads.market import Source
from reconciler.kinds.leads.visibility import MATRIX, View
from reconciler.kinds.leads.way import Sent, contracts_for
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.leads import Lead, Queued, QueueReason, QueueStage
from reconciler.model.ports import Clock, Store
from reconciler.web.allowance import Allowance
from reconciler.web.door import Answer, Ask, Door
from reconciler.web.lead_body import MOST, Body, OtherKind, read_body
from reconciler.web.partners import Partners
from reconciler.web.patience import Patience
from reconciler.web.problem import problem, told
from reconciler.web.strict_json import Unreadable

_CODE: Final = re.compile(r"[LQ][0-9A-Z]{13}", re.ASCII)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_DUPLICATE: Final = "a lead like it was taken before"
"""Instead of which one: it may be another partner's."""


@dataclass(frozen=True, slots=True)
class LeadDoors:
    """The doors `/v1/leads`."""

    intake: Intake
    partners: Partners
    clock: Clock
    patience: Patience
    allowance: Allowance

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (
            Door("lead", "/v1/leads", ("POST",), self._take, MOST, self._admits, problem),
            Door("lead-status", "/v1/leads/{code}", ("GET",), self._status, 0, self._admits, problem),
        )

    def _admits(self, ask: Ask) -> Answer | None:
        """Who asks too much, or has tried too many keys, is not listened to; a key that is ours is, whoever else tries."""
        digest = self.partners.digest(ask)
        if digest is not None and self.partners.seems_known(digest):
            wait = self.allowance.take(digest)
            if wait:
                return problem(429, "too many requests with this key", "too-many", Retry_After=str(ceil(wait)))
        elif self.patience.is_over(ask.client):
            return problem(429, "too many without a key of ours", "too-many", Retry_After="60")
        return None

    def _take(self, ask: Ask, store: Store) -> Answer:
        sources = self._sources(ask, store)
        if not sources:
            return self._unknown(ask)
        key = ask.headers.get("idempotency-key", "")
        if key and not _KEY.fullmatch(key):
            return problem(400, "Idempotency-Key: at most 200 visible characters of ASCII", "bad-key")
        try:
            body = read_body(ask.body, ask.headers.get("content-type", ""))
        except OtherKind as error:
            return problem(415, str(error), "other-kind", Accept="application/json")
        except Unreadable as error:
            return problem(400, str(error), "unreadable")
        found = contracts_for(sources, self.intake.outlook.market(store), body.asked)
        if len(found) > 1:
            names = ", ".join(one.ref.name for one in found[:20])
            return problem(400, f"this key is for several contracts; name one: {names}", "ambiguous")
        contract = found[0].uid if found else 0
        sent = _sent(body, contract or sources[0].uid, contract, key)
        return _answer(self.intake.take(store, sent, self.clock.now()))

    def _status(self, ask: Ask, store: Store) -> Answer:
        sources = self._sources(ask, store)
        if not sources:
            return self._unknown(ask)
        code, ours = ask.params["code"], {one.uid for one in sources}
        if _CODE.fullmatch(code):
            lead = store.lead_books.lead(code)
            if lead and lead.contract in ours and self._shows(store, lead):
                return _json(200, _of_lead(lead), "lead")
            item = store.lead_intake.item(code)
            if item and item.contract in ours:
                return _json(200, _of_item(store, item), "item")
        return problem(404, "there is no such lead of this partner", "no-lead")

    def _shows(self, store: Store, lead: Lead) -> bool:
        """A test lead is shown only while its version is in test. (L-14, L-22, AMB-L2)"""
        version = self.intake.outlook.market(store).version_of(lead.uid)
        return not lead.is_test or (version is not None and version.state in (MATRIX[View.PARTNER].inbound or ()))

    def _sources(self, ask: Ask, store: Store) -> tuple[Source, ...]:
        digest = self.partners.digest(ask)
        return self.partners.of(store, digest) if digest is not None else ()

    def _unknown(self, ask: Ask) -> Answer:
        self.patience.failed(ask.client)
        return problem(
            401, "send the key of your contract: Authorization: Bearer KEY", "no-key", WWW_Authenticate="Bearer"
        )


def _sent(body: Body, sender: int, contract: int, key: str) -> Sent:
    asked = body.asked
    return Sent(sender, contract, body.fields, asked.campaign, asked.version, asked.vertical, asked.workflow, key)


def _answer(result: Result) -> Answer:
    if isinstance(result, Refused):
        return problem(409, result.detail, "key-used")
    if isinstance(result, Parked):
        detail = _DUPLICATE if result.reason is QueueReason.DUPLICATE else result.detail
        more = {"code": result.code, "reason": result.reason.value, "faults": [dict(one) for one in result.faults]}
        return told(422, detail, f"lead-{result.reason.value}", more)
    found: dict[str, Any] = {"code": result.code, "status": "taken", "test": result.is_test}
    if result.twin:
        found["duplicate"] = True
    if result.unknown:
        found["unknown"] = list(result.unknown)
    return _json(202, found, "taken", {"Location": f"/v1/leads/{result.code}"})


def _of_lead(lead: Lead) -> dict[str, Any]:
    """Nothing of those who bought it."""
    return {
        "code": lead.code, "status": lead.stage.value, "test": lead.is_test, "at": to_text(lead.at),
        "vertical": lead.vertical, "workflow": lead.workflow,
    }  # fmt: skip


def _of_item(store: Store, item: Queued) -> dict[str, Any]:
    status = "queued" if item.stage is QueueStage.OPEN else item.stage.value
    found = {"code": item.code, "status": status, "reason": item.reason.value, "at": to_text(item.at)}
    code = store.lead_books.codes([item.lead]).get(item.lead) if item.lead else None
    return {**found, "lead": code} if code else found


def _json(status: int, members: Mapping[str, Any], what: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, canonical.encode(members) + b"\n", "application/json", headers or {}, what)
