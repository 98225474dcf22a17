"""A lead that was sold, and the contract that it was sold under, for tests of what happens then."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from reconciler.kinds.leads.account_contract.spec import AccountContractSpec
from reconciler.model.leads import Lead, LeadStage, Outbound

NOW = datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
FIELDS = {"email": "ana@home.example", "phone": "+31612345678", "postcode": "1011 AB", "plate": "XX-1"}
WEBHOOK = {"method": "webhook", "url": "http://127.0.0.1:9001/leads", "allowPrivate": True}
EMAIL = {"method": "email", "to": "leads@acme.example", "smtp": "lead-relay", "from": {"email": "desk@sender.example"}}


def contract(*deliveries: dict[str, Any], **more: Any) -> AccountContractSpec:
    spec = {
        "account": "acme",
        "campaign": "cars",
        "price": {"amount": "18.50", "currency": "EUR"},
        "deliveries": deliveries,
        **more,
    }
    return AccountContractSpec.model_validate_json(json.dumps(spec))


def lead(number: int = 1, **fields: Any) -> Lead:
    return Lead(
        id=number, code=f"lead-{number}", uid=1, contract=2, partner="affiliate", workflow="quote-form", vertical="cars", at=NOW,
        is_test=False, stage=LeadStage.SOLD, score=20, fields=fields or FIELDS,
    )  # fmt: skip


def outbound(
    number: int = 1, is_test: bool = False, contract: int = 3, account: str = "acme", at: datetime = NOW
) -> Outbound:
    return Outbound(
        id=number, code=f"sold-{number}", lead=number, uid=1, contract=contract, account=account, at=at, is_test=is_test,
        price=Decimal("18.50"), currency="EUR",
    )  # fmt: skip
