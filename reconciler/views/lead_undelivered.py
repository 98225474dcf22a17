"""Deliveries that did not arrive, for people and for programs."""

from collections.abc import Iterator, Sequence

from reconciler.kinds.leads.undelivered import Undelivered
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.views.lead_text import moment
from reconciler.views.style import Style, safe
from reconciler.views.table import table


def undelivered_table(found: Sequence[Undelivered], zone: str, style: Style) -> Iterator[str]:
    """A line for each delivery."""
    rows = [
        (one.sale, str(one.number), one.by, one.stage.value, moment(one.at, zone), str(one.attempts), safe(one.why))
        for one in found
    ]
    return table(("SALE", "DELIVERY", "BY", "STAGE", "AT", "ATTEMPTS", "WHY"), rows, style, ("DELIVERY", "ATTEMPTS"))


def undelivered_to_json(found: Sequence[Undelivered]) -> str:
    """The same as a list of objects."""
    rows = [
        {"sale": one.sale, "delivery": one.number, "by": one.by, "stage": one.stage.value, "at": to_text(one.at),
         "attempts": one.attempts, "why": one.why}
        for one in found
    ]  # fmt: skip
    return canonical.encode(rows).decode() + "\n"


def begun_again(count: int) -> str:
    """How many are sent out again, and by whom."""
    if not count:
        return "nothing begins anew"
    what, them = ("1 delivery begins", "it") if count == 1 else (f"{count:,} deliveries begin", "them")
    return f"{what} anew; muster watch or muster worker makes {them}"
