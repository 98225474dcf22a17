"""Leads for other tools: JSON, and CSV of lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.kinds.leads.reading import LastUse, Overview
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.lead_books import Attempts
from reconciler.model.leads import Lead, Outbound
from reconciler.views.csv_text import csv_line

LEAD_HEAD: Final = (
    "lead", "at", "workflow", "vertical", "partner", "score", "stage", "test", "twin", "cost", "currency",
)  # fmt: skip
SALE_HEAD: Final = ("sale", "at", "lead", "account", "price", "currency", "rule", "test")


def overview_to_json(one: Overview) -> str:
    """What the place does not show is null. Amounts are texts, so that nothing is rounded."""
    return canonical.encode_pretty(
        {
            "view": one.view.value,
            "of": one.subject.name,
            "state": one.subject.state or None,
            "contracts": [{"ref": str(ref), "state": state} for ref, state in one.subject.beside],
            "taken": {
                "total": one.taken.total,
                "stages": {stage.value: count for stage, count in one.taken.stages.items()},
                "tests": one.taken.tests,
                "lastAt": to_text(one.taken.last_at) if one.taken.last_at else None,
            }
            if one.taken is not None
            else None,
            "turnover": [
                {"currency": part.currency, "sales": part.sales, "amount": str(part.amount)} for part in one.turnover
            ]
            if one.turnover is not None
            else None,
            "notTaken": _attempts(one.attempts),
            "leads": _leads(one.leads) if one.leads is not None else None,
            "sold": _sold(one.sold, one.codes) if one.sold is not None else None,
        }
    )


def leads_to_json(leads: Sequence[Lead]) -> str:
    """A list. What leads say of people is not in it."""
    return canonical.encode_pretty(_leads(leads))


def sold_to_json(sold: Sequence[Outbound], codes: Mapping[int, str]) -> str:
    """A list; `codes` are those of the inbound leads."""
    return canonical.encode_pretty(_sold(sold, codes))


def leads_to_csv(leads: Sequence[Lead]) -> Iterator[str]:
    """A table with LEAD_HEAD."""
    yield csv_line(LEAD_HEAD)
    yield from (csv_line(tuple(row.values())) for row in _leads(leads))


def sold_to_csv(sold: Sequence[Outbound], codes: Mapping[int, str]) -> Iterator[str]:
    """A table with SALE_HEAD."""
    yield csv_line(SALE_HEAD)
    yield from (csv_line(tuple(row.values())) for row in _sold(sold, codes))


def last_use_to_json(one: LastUse) -> str:
    """`since` is null where the version is in use: then all attempts count."""
    return canonical.encode_pretty(
        {
            "ref": str(one.ref),
            "state": one.state,
            "since": to_text(one.since) if one.since else None,
            "lastLeadAt": to_text(one.last_lead_at) if one.last_lead_at else None,
            "lastAttemptAt": to_text(one.last_attempt_at) if one.last_attempt_at else None,
            "attempts": one.times,
            "notTaken": _attempts(one.attempts),
        }
    )


def _leads(leads: Sequence[Lead]) -> list[dict[str, Any]]:
    return [
        dict(
            zip(
                LEAD_HEAD,
                (
                    one.code, to_text(one.at), one.workflow, one.vertical, one.partner, one.score, one.stage.value,
                    one.is_test, one.twin, str(one.cost), one.currency,
                ),
                strict=True,
            )
        )
        for one in leads
    ]  # fmt: skip


def _sold(sold: Sequence[Outbound], codes: Mapping[int, str]) -> list[dict[str, Any]]:
    return [
        dict(
            zip(
                SALE_HEAD,
                (
                    one.code, to_text(one.at), codes.get(one.lead, ""), one.account, str(one.price), one.currency,
                    one.rule, one.is_test,
                ),
                strict=True,
            )
        )
        for one in sold
    ]  # fmt: skip


def _attempts(found: Sequence[Attempts]) -> list[dict[str, Any]]:
    return [{"reason": one.reason.value, "times": one.times, "lastAt": to_text(one.last_at)} for one in found]
