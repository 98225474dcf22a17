"""Bills and the report of turnover, for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from reconciler.kinds.leads.billing import Bill
from reconciler.kinds.leads.turnover import By, Row, whole
from reconciler.model.lead_bills import OF_BUYERS, Entry, Line, Returned
from reconciler.views.lead_text import moment
from reconciler.views.style import Style, safe
from reconciler.views.table import table

_WORDS: Final[Mapping[Entry, str]] = {
    Entry.SALE: "leads sold",
    Entry.CREDIT: "given back",
    Entry.TAKEN: "leads taken",
    Entry.COMMISSION: "of sales",
    Entry.REVERSAL: "given back",
}


def bill_lines(one: Bill, lines: Iterable[Line], zone: str, color: bool) -> Iterator[str]:
    """The bill: its lines as they come, then what they add up to in each currency."""
    style = Style(color)
    title = "Statement of" if one.entries == OF_BUYERS else "Purchase order for"
    yield f"{style.bold(f'{title} {safe(one.who)}')}, {moment(one.span.since, zone)} to {moment(one.span.until, zone)} ({zone})\n"
    if one.totals:
        yield style.dim(_row("AT", "ENTRY", "CODE", "AMOUNT") + "  NOTE") + "\n"
    for line in lines:
        note = f"  {style.dim(safe(line.note))}" if line.note else ""
        amount = f"{line.amount:,} {line.currency}"
        yield f"{_row(moment(line.at, zone), line.entry.value, safe(line.code), amount)}{note}\n"
    for total in one.totals:
        amount = f"{total.amount:,} {total.currency}"
        yield f"{_row(_WORDS[total.entry], f'{total.lines:>10,}', '', amount)}\n"
    for currency, sum_ in one.sums.items():
        yield style.bold(_row("to be paid", "", "", f"{sum_:,} {currency}")) + "\n"
    if not one.totals:
        yield "nothing\n"


def _row(first: str, second: str, code: str, amount: str) -> str:
    """Columns of a fixed width: lines are written as they come. A sale's code is longer than that of its lead."""
    return f"{first:<16}  {second:<10}  {code:<18}  {amount:>18}"


def render_turnover(by: By, rows: Sequence[Row], names: Mapping[str, str], color: bool) -> str:
    """A row for each key and currency, and the whole."""
    style = Style(color)
    heads = (by.value.upper(), "TAKEN", "SOLD", "FOR", "BACK", "CREDITED", "COST", "MARGIN", "")
    cells = [cell for row in rows for cell in _cells(key_text(row.key, names), row)]
    lines = (
        list(table(heads, [*cells, *_cells("all", whole(rows))], style, heads[1:8])) if rows else ["nothing was sold"]
    )
    return "\n".join(lines) + "\n"


def key_text(key: Sequence[str], names: Mapping[str, str]) -> str:
    """What a row is about: a version is told by its name."""
    return " ".join([names.get(key[0], key[0]), *key[1:]])


def _cells(name: str, row: Row) -> Iterator[tuple[str, ...]]:
    taken = f"{row.leads:,}"
    if not row.money:
        yield (name, taken, *[""] * 7)
    for currency, one in sorted(row.money.items()):
        yield (
            name, taken, f"{one.sales:,}", f"{one.sold:,}", f"{one.returns:,}", f"{one.credited:,}", f"{one.cost:,}",
            f"{one.margin:,}", currency,
        )  # fmt: skip
        name = taken = ""


def returned_text(one: Returned) -> str:
    """A return, said."""
    amount = f"{one.amount} {one.currency}"
    match one.stage.value:
        case "approved":
            return f"{one.code} is given back: {safe(one.account)} is credited {amount}"
        case "denied":
            return f"{one.code} is not taken back" + (f": {safe(one.note)}" if one.note else "")
        case _:
            return f"{one.code} ({amount}) waits for a decision: muster leads approve {one.code}, or deny"


def render_returns(found: Sequence[Returned], zone: str, color: bool) -> str:
    """A line for each."""
    rows = [
        (one.code, one.account, f"{one.amount} {one.currency}", moment(one.claimed_at, zone), one.claimed_by, one.stage.value,
         one.decided_by, one.note or one.reason)
        for one in found
    ]  # fmt: skip
    heads = ("SALE", "ACCOUNT", "PRICE", "CLAIMED", "BY", "STAGE", "DECIDED BY", "WHY")
    return "\n".join(table(heads, rows, Style(color), ("PRICE",)) if rows else ["there are none"]) + "\n"
