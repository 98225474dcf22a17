"""Bills and the report of turnover, for other tools: JSON, a JSON object a line, and CSV that spreadsheets only show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from reconciler.kinds.leads.billing import Bill
from reconciler.kinds.leads.turnover import Row, whole
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.lead_bills import Line, Returned
from reconciler.views.bill_text import key_text
from reconciler.views.csv_text import csv_line

LINE_HEAD: Final = ("at", "entry", "code", "lead", "version", "contract", "amount", "currency", "note")
TURNOVER_HEAD: Final = ("key", "leads", "currency", "sales", "sold", "returns", "credited", "cost", "margin")

Names = Mapping[int, str]
"""What versions and contracts are called, by uid."""


def bill_to_json(one: Bill, lines: Iterable[Line], names: Names) -> Iterator[str]:
    """One object, written as its lines come. Amounts are texts, so that nothing is rounded."""
    head = {
        "who": one.who,
        "from": to_text(one.span.since),
        "to": to_text(one.span.until),
        "totals": [
            {"entry": total.entry.value, "currency": total.currency, "lines": total.lines, "amount": str(total.amount)}
            for total in one.totals
        ],
        "toBePaid": {currency: str(amount) for currency, amount in one.sums.items()},
    }
    yield canonical.encode_as_written(head)[:-1] + ',"lines":['
    comma = ""
    for line in lines:
        yield comma + canonical.encode_as_written(_line(line, names)) + "\n"
        comma = ","
    yield "]}\n"


def bill_to_csv(lines: Iterable[Line], names: Names) -> Iterator[str]:
    """A table with LINE_HEAD. Amounts are numbers there, for spreadsheets to add up by currency."""
    yield csv_line(LINE_HEAD)
    for line in lines:
        cells = _line(line, names)
        yield csv_line(tuple(line.amount if head == "amount" else cells[head] for head in LINE_HEAD))


def turnover_to_json(rows: Sequence[Row], names: Mapping[str, str]) -> str:
    """Rows, and the whole; money by currency."""
    body = [{"key": key_text(row.key, names), "leads": row.leads, "money": _money(row)} for row in rows]
    total = whole(rows)
    return canonical.encode_pretty({"rows": body, "total": {"leads": total.leads, "money": _money(total)}})


def turnover_to_csv(rows: Sequence[Row], names: Mapping[str, str]) -> Iterator[str]:
    """A table with TURNOVER_HEAD; a row for each key and currency. Leads are told in the first row of a key alone."""
    yield csv_line(TURNOVER_HEAD)
    for row in rows:
        name, leads = key_text(row.key, names), row.leads
        if not row.money:
            yield csv_line((name, leads, *[None] * 7))
        for currency, one in sorted(row.money.items()):
            yield csv_line(
                (name, leads, currency, one.sales, one.sold, one.returns, one.credited, one.cost, one.margin)
            )
            leads = 0


def returns_to_json(found: Sequence[Returned]) -> str:
    """A list of returns."""
    return canonical.encode_pretty([_returned(one) for one in found])


def _line(one: Line, names: Names) -> dict[str, Any]:
    cells = (
        to_text(one.at), one.entry.value, one.code, one.lead, names.get(one.uid, ""), names.get(one.contract, ""),
        str(one.amount), one.currency, one.note,
    )  # fmt: skip
    return dict(zip(LINE_HEAD, cells, strict=True))


def _money(row: Row) -> dict[str, dict[str, Any]]:
    def text(amount: Decimal) -> str:
        return str(amount)

    return {
        currency: {
            "sales": one.sales, "sold": text(one.sold), "returns": one.returns, "credited": text(one.credited),
            "cost": text(one.cost), "margin": text(one.margin),
        }
        for currency, one in sorted(row.money.items())
    }  # fmt: skip


def _returned(one: Returned) -> dict[str, Any]:
    return {
        "sale": one.code,
        "account": one.account,
        "stage": one.stage.value,
        "reason": one.reason,
        "amount": str(one.amount),
        "currency": one.currency,
        "claimedAt": to_text(one.claimed_at),
        "claimedBy": one.claimed_by,
        "decidedAt": to_text(one.decided_at) if one.decided_at else None,
        "decidedBy": one.decided_by or None,
        "note": one.note or None,
    }
