"""Receivables campaigns as text: a cell, a line, a page. Numbers of invoices, names and details come from outside."""

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.kinds.receivables.batch import Batch, Finding
from reconciler.kinds.receivables.guidance import advice_of, named, percent_text, standing
from reconciler.kinds.receivables.sheet import Overview, Sheet, Step
from reconciler.model.enrolments import Saying
from reconciler.model.in_campaign import Alert, Gap, Processed, Share
from reconciler.views.style import Style, safe
from reconciler.views.table import short, table
from reconciler.views.work_text import bar

FINDINGS: Final = {
    Finding.EMPTY: "no invoice has come in yet",
    Finding.WAITING: "nothing is wrong so far; some are not dealt with yet",
    Finding.LOOK: "look at what failed before more follow",
    Finding.WELL: "all is well",
}
"""What to make of a first batch."""
_SAID: Final = (Saying.SENT, Saying.NOT_REACHED, Saying.FAILED, Saying.UNKNOWN, Saying.PASSED_OVER, Saying.SENDING)


def cell(one: Share) -> str:
    """What a list shows of a campaign."""
    return f"{one.part:,}/{one.whole:,} {percent_text(one)}" if one.whole else "-"


def level_line(one: Overview) -> str:
    """The tenant's figure, in a line."""
    return f"In Campaign {standing(one.tenant)} that could be collected; expected {one.expected} %"


def alert_line(one: Alert, style: Style) -> str:
    """That an alert is open, in a line."""
    since = f"since {short(one.opened_at)}, when it was {percent_text(one.share)}"
    return style.bad(f"ALERT: below {one.expected} % {since}")


def pointed(one: Alert, style: Style) -> str:
    """The same, where there is no more to read about it."""
    return f"{alert_line(one, style)}; `muster receivables alerts` says what to do"


def remarks(one: Overview, style: Style) -> Iterator[str]:
    """What stands below a list of campaigns."""
    yield level_line(one)
    if one.alert:
        yield pointed(one.alert, style)


def campaign_lines(one: Sheet, style: Style) -> Iterator[str]:
    """All about a campaign, but its name and state."""
    share = one.share
    figure = f"  {bar(share.part / share.whole)} {percent_text(share)}" if share.whole else ""
    yield f"In campaign: {share.part:,} of {share.whole:,} matching invoices{figure}"
    stands = f", {one.flow.suspended:,} suspended" if one.flow.suspended else ""
    yield f"Enrolled:    {one.flow.enrolled:,}{stands}"
    left = ", ".join(f"{count:,} {why.value}" for why, count in one.flow.exits.items())
    yield f"Left:        {left or 'none'}"
    yield from _steps(one.steps, style)
    yield f"First {f'{len(one.first.invoices):,}:':<6} {batch_line(one.first, style)}"
    yield f"All:         {level_line(one.overview)}"
    if one.overview.alert:
        yield f"             {pointed(one.overview.alert, style)}"


def campaign_text(one: Sheet, color: bool) -> str:
    """The page of a campaign."""
    style = Style(color)
    head = f"{style.bold(str(one.ref))}  {style.change(one.state)}  {safe(one.title)}".rstrip()
    return "\n".join([head, *campaign_lines(one, style)]) + "\n"


def _steps(steps: Sequence[Step], style: Style) -> Iterator[str]:
    heads = ("STEP", "DAY", "WAY", "DUE", *(stage.value.replace("_", " ").upper() for stage in _SAID))
    rows = [
        [str(one.number), str(one.day), one.way, str(one.due), *(str(one.said.get(stage, 0)) for stage in _SAID)]
        for one in steps
    ]
    yield from (f"  {line}" for line in table(heads, rows, style, tuple(set(heads) - {"WAY"})))


def batch_line(one: Batch, style: Style) -> str:
    """What became of the first invoices, and what to make of that."""
    counts = (
        ("reached", one.reached), ("failed", one.failed), ("not reached", one.unreached), ("waiting", one.waiting),
    )  # fmt: skip
    parts = [f"{count:,} {word}" for word, count in counts if count]
    parts += [f"{count:,} left: {why.value}" for why, count in one.exits.items()]
    mark = style.warn if one.finding is Finding.LOOK else style.good if one.finding is Finding.WELL else style.dim
    return "; ".join(part for part in (", ".join(parts), mark(FINDINGS[one.finding])) if part)


def batch_text(ref: str, one: Batch, color: bool) -> str:
    """The first invoices of a campaign, one by one."""
    style = Style(color)
    heads = ("INVOICE", "ENTERED", "STANDS", "SAID")
    lines = table(heads, [_row(each) for each in one.invoices], style)
    count = len(one.invoices)
    head = f"{style.bold(ref)}: the first {count:,} invoice{'s' if count != 1 else ''}"
    return "\n".join([head, *lines, batch_line(one, style)]) + "\n"


def _row(one: Processed) -> list[str]:
    goes_on = f"suspended since {one.still_since}" if one.still_since else f"step {one.step + 1} on {one.due_on}"
    stands = f"left: {one.exit.value}" if one.exit else goes_on
    said = "; ".join(
        f"{each.step + 1} {each.stage.value.replace('_', ' ')} by {each.channel or 'nobody'} {short(each.at)}"
        + (f" ({each.detail})" if each.detail and each.stage is not Saying.SENT else "")
        for each in one.said
    )
    return [one.number, short(one.entered_at), stands, said or "-"]


def alerts_text(one: Overview, past: Sequence[Alert], color: bool) -> str:
    """How it stands, what to do, and the alerts that there were."""
    return "\n".join(_alerts(one, past, Style(color))) + "\n"


def _alerts(one: Overview, past: Sequence[Alert], style: Style) -> Iterator[str]:
    yield level_line(one)
    yield alert_line(one.alert, style) if one.alert else style.good("no alert is open")
    if one.gaps:
        yield style.bold(f"Outside {one.tenant.whole - one.tenant.part:,}:")
    for gap in one.gaps:
        yield from _gap(gap, style)
    if one.unheard:
        yield style.warn(f"Subscribers are not written to: {safe(one.unheard)}")
    if one.support:
        yield f"Whom to ask: {safe(one.support)}"
    if past:
        yield style.bold("Alerts:")
        yield from table(("ID", "OPENED", "CLOSED", "EXPECTED", "WAS"), [_alert(each) for each in past], style)


def _gap(gap: Gap, style: Style) -> Iterator[str]:
    advice = advice_of(gap)
    yield f"  {gap.invoices:,} {advice.what}: {safe(named(gap))}"
    yield f"    {style.change('→')} {safe(advice.todo)}"


def _alert(one: Alert) -> list[str]:
    closed = short(one.closed_at) if one.closed_at else "open"
    return [str(one.id), short(one.opened_at), closed, f"{one.expected} %", standing(one.share)]
