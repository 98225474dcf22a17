"""What a sale sends out: a unit of the contract's standing job for each way in which the lead reaches the buyer. Pure.

Everything that a worker must know stands in the unit, as the contract said when the lead was sold: nothing that is edited or
deleted later takes away what was bought (AMB-L5).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.kinds.leads.account_contract.spec import AccountContractSpec, Delivery
from reconciler.kinds.messaging.trying import ATTEMPTS, BACKOFF, REPEATED
from reconciler.kinds.shape import Retry
from reconciler.model.canonical import Document
from reconciler.model.instant import parse_duration, to_text
from reconciler.model.leads import Lead, Outbound
from reconciler.model.work import Posted


def vias_of(spec: AccountContractSpec) -> tuple[str, ...]:
    """The lanes of a contract's job, by what they go through: see `ledger.stand`.

    Each delivery has one, so that none waits for another. Webhooks have the even ones and mails the odd ones: what is true of
    a lane is true of all its units, however the contract is edited.
    """
    found = {lane: one.smtp or "" for lane, _, one in _sent(spec)}
    return tuple(found.get(lane, "") for lane in range(max(found, default=-1) + 1))


def units_of(outbound: Outbound, lead: Lead, spec: AccountContractSpec) -> tuple[Posted, ...]:
    """The units of a lead that was sold under this contract, due at once.

    A test lead goes only where `sendTest` says so (L-18). Nothing leaves for the portal, which looks at what was sold.
    """
    return tuple(
        Posted(
            f"outbound:{outbound.id}:{number}",
            _payload(outbound, lead, spec, one, number),
            outbound.at,
            lane,
            0 if is_mail(lane) else REPEATED,
        )
        for lane, number, one in _sent(spec)
        if one.send_test or not outbound.is_test
    )


def is_mail(lane: int) -> bool:
    """Whether a lane's units are mails."""
    return lane % 2 == 1


def _sent(spec: AccountContractSpec) -> Iterator[tuple[int, int, Delivery]]:
    """What leaves the house: lane, place in the contract, delivery."""
    met = {"webhook": 0, "email": 0}
    for number, one in enumerate(spec.deliveries):
        if one.method != "portal":
            yield 2 * met[one.method] + (one.method == "email"), number, one
            met[one.method] += 1


def _payload(outbound: Outbound, lead: Lead, spec: AccountContractSpec, one: Delivery, number: int) -> Document:
    common = {
        "key": f"{outbound.code}-{number}",
        "lead": described(outbound, lead, spec.campaign, shown(lead, one.fields)),
    }
    return common | (_webhook(one) if one.method == "webhook" else _mail(one))


def _webhook(one: Delivery) -> dict[str, Any]:
    retry = one.retry or Retry(attempts=1)
    return {
        "method": "webhook",
        "url": one.url,
        "secret": _secret(one),
        "allowPrivate": one.allow_private,
        "success": sorted(one.success),
        "timeout": parse_duration(one.timeout).total_seconds(),
        "attempts": retry.attempts,
        "backoff": parse_duration(retry.backoff).total_seconds(),
    }


def _mail(one: Delivery) -> dict[str, Any]:
    return {
        "method": "email",
        "to": one.to,
        "smtp": one.smtp,
        "from": {"email": one.from_.email, "name": one.from_.name or ""} if one.from_ else None,
        "subject": one.subject or "",
        "template": one.template or "",
        "attempts": ATTEMPTS,
        "backoff": BACKOFF,
    }


def _secret(one: Delivery) -> dict[str, str] | None:
    return one.secret.model_dump(exclude_unset=True) if one.secret else None


def described(outbound: Outbound, lead: Lead, campaign: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A sold lead as its buyer sees it, with these of its fields."""
    return {
        "id": outbound.code,
        "lead": lead.code,
        "account": outbound.account,
        "campaign": campaign,
        "workflow": lead.workflow,
        "vertical": lead.vertical,
        "receivedAt": to_text(lead.at),
        "soldAt": to_text(outbound.at),
        "test": outbound.is_test,
        "price": {"amount": str(outbound.price), "currency": outbound.currency},
        "fields": dict(fields),
    }


def shown(lead: Lead, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a lead that are handed over; no names: all."""
    return {name: value for name, value in lead.fields.items() if not names or name in names}
