"""Leads for people: a view of them, lists, and whether a version is still used."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.kinds.leads.reading import LastUse, Overview
from reconciler.model.lead_books import Attempts, Sold
from reconciler.model.leads import Lead, Outbound
from reconciler.model.ref import Ref
from reconciler.views.style import Style, safe
from reconciler.views.table import table


def moment(at: datetime, zone: str) -> str:
    """A local time, to the minute."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def render_overview(one: Overview, zone: str, color: bool) -> str:
    """The numbers, and the latest leads of each side."""
    style = Style(color)
    state = f"  {style.change(one.subject.state)}" if one.subject.state else ""
    lines = [f"{style.bold(safe(one.subject.name))}{state}", *_contracts(one.subject.beside), *_numbers(one, zone), ""]
    if one.leads is not None:
        lines += _part("The latest leads", list(leads_table(one.leads, zone, style)), style)
    if one.sold is not None:
        lines += _part("The latest sales", list(sold_table(one.sold, one.codes, zone, style)), style)
    return "\n".join(lines).rstrip() + "\n"


def leads_table(leads: Sequence[Lead], zone: str, style: Style) -> Iterator[str]:
    """A line for each inbound lead. What it says of a person is not shown; `muster leads show` does that."""
    rows = [
        (
            one.code,
            moment(one.at, zone),
            one.workflow,
            one.vertical,
            one.partner,
            str(one.score),
            one.stage.value,
            _mark(one),
        )
        for one in leads
    ]
    return table(("LEAD", "AT", "WORKFLOW", "VERTICAL", "PARTNER", "SCORE", "STAGE", ""), rows, style, ("SCORE",))


def sold_table(sold: Sequence[Outbound], codes: Mapping[int, str], zone: str, style: Style) -> Iterator[str]:
    """A line for each sale."""
    rows = [
        (
            one.code, moment(one.at, zone), codes.get(one.lead, ""), one.account, f"{one.price} {one.currency}", one.rule,
            "test" if one.is_test else "",
        )
        for one in sold
    ]  # fmt: skip
    return table(("SALE", "AT", "LEAD", "ACCOUNT", "PRICE", "RULE", ""), rows, style, ("PRICE",))


def render_last_use(one: LastUse, zone: str, color: bool) -> str:
    """One answer: whether it can be deleted without anybody missing it."""
    style = Style(color)
    last = moment(one.last_lead_at, zone) if one.last_lead_at else "never"
    lines = [f"{style.bold(str(one.ref))}  {style.change(one.state)}", f"last lead     {last}"]
    since = f"{one.state} since {moment(one.since, zone)}" if one.since else "ever"
    last_attempt = f", the last one at {moment(one.last_attempt_at, zone)}" if one.last_attempt_at else ""
    lines.append(f"not taken     {one.times:,} ({since}){last_attempt}")
    lines += [f"  {attempt}" for attempt in _attempts(one.attempts, zone)]
    if one.since and not one.times:
        lines.append(style.good("nothing has been sent to it since: it is not used any more"))
    elif one.since:
        lines.append(style.warn("somebody still sends to it"))
    return "\n".join(lines) + "\n"


def _contracts(beside: Sequence[tuple[Ref, str]]) -> Iterator[str]:
    for ref, state in beside:
        yield f"  {ref}" + (f"  {state}" if state != "present" else "")


def _numbers(one: Overview, zone: str) -> Iterator[str]:
    if one.taken is not None:
        stages = ", ".join(f"{count:,} {stage.value}" for stage, count in one.taken.stages.items())
        tests = f"; {one.taken.tests:,} of them tests" if one.taken.tests else ""
        yield f"leads taken   {one.taken.total:,}" + (f" ({stages}{tests})" if stages else "")
        if one.taken.last_at:
            yield f"last lead     {moment(one.taken.last_at, zone)}"
    if one.turnover is not None:
        yield f"leads sold    {sum(part.sales for part in one.turnover):,}{_sums(one.turnover)}"
    if one.attempts:
        yield f"not taken     {sum(part.times for part in one.attempts):,}"
        yield from (f"  {attempt}" for attempt in _attempts(one.attempts, zone))


def _sums(turnover: Sequence[Sold]) -> str:
    """Each currency on its own."""
    return f" for {' and '.join(f'{one.amount:,} {one.currency}' for one in turnover)}" if turnover else ""


def _attempts(found: Sequence[Attempts], zone: str) -> Iterator[str]:
    return (f"{one.times:>7,}  {one.reason.value}, last at {moment(one.last_at, zone)}" for one in found)


def _part(title: str, lines: Sequence[str], style: Style) -> list[str]:
    return [style.bold(title), *lines, ""] if lines else []


def _mark(one: Lead) -> str:
    return " ".join(word for word in ("test" if one.is_test else "", f"like {one.twin}" if one.twin else "") if word)
