"""A campaign's report as text: numbers, a picture of its hours, connections, domains, and why mails did not arrive."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from reconciler.kinds.email.report import REST, Counts, Rates, Report, said_of
from reconciler.model.returns import Sign
from reconciler.model.work import Stage
from reconciler.views.style import Style, safe
from reconciler.views.work_text import bar

_HOURS: Final = 72
"""Hours that are drawn; a machine gets all."""
_DRAWN: Final = (Sign.OPENED, Sign.CLICKED, Sign.BOUNCED)
_REASONS: Final = 20
_UNKNOWN: Final = 10
_NAME: Final = 40
_EXAMPLE: Final = 100
"""Characters of a name, and of an example."""


def render_report(one: Report, color: bool) -> str:
    """The whole report."""
    style = Style(color)
    parts = (_head(one, style), _numbers(one), _hours(one, style), *_tables(one, style), _reasons(one, style))
    lines = [line for part in (*parts, _unknown(one, style)) for line in part]
    return "\n".join(lines).rstrip() + "\n"


def _head(one: Report, style: Style) -> Iterator[str]:
    about = one.campaign
    flags = f", {', '.join(about.flags)}" if about.flags else ""
    yield f"{style.bold(str(about.ref))}  {style.change(about.state)}{flags}"
    if about.opened_at:
        yield style.dim(f"sending began {_there(about.opened_at, one)} ({about.zone}), as of {_there(about.at, one)}")
    if one.is_partial and about.is_over:
        unsent = one.counts.left + one.counts.stages.get(Stage.CANCELLED, 0)
        yield style.warn(f"partial: {about.state} before {unsent:,} of {one.counts.total:,} mails were sent")
    elif one.is_partial:
        yield style.warn(f"so far: {one.counts.left:,} of {one.counts.total:,} mails are yet to be sent")
    yield ""


def _numbers(one: Report) -> Iterator[str]:
    counts, rates = one.counts, one.rates
    yield _number("Recipients", counts.total)
    yield _number("Sent", counts.sent, _share(counts.sent, counts.total, "recipients"))
    yield _number("Delivered", counts.delivered, _rate(rates.delivery))
    clicks = f"  {_percent(rates.click_to_open)} of opened" if rates.click_to_open is not None else ""
    yield _number("Opened", counts.heard(Sign.OPENED), _rate(rates.open))
    yield _number("Clicked", counts.heard(Sign.CLICKED), _rate(rates.click) + clicks)
    yield _number("Bounced", counts.heard(Sign.BOUNCED), _rate(rates.bounce))
    yield _number("Complained", counts.heard(Sign.COMPLAINED), _rate(rates.complaint))
    yield _number("Unsubscribed", counts.heard(Sign.UNSUBSCRIBED), _rate(rates.unsubscribe))
    for stage in (Stage.FAILED, Stage.SUPPRESSED, Stage.CANCELLED, Stage.UNKNOWN):
        found = counts.stages.get(stage, 0)
        if found:
            yield _number(stage.value.capitalize(), found, _share(found, counts.total, "recipients"))
    for sign in (Sign.DEFERRED, Sign.BLOCKED):
        if counts.heard(sign):
            yield _number(sign.value.capitalize(), counts.heard(sign), "by the other side")
    yield ""


def _number(name: str, count: int, more: str = "") -> str:
    return f"{name:<13}{count:>11,}  {more}".rstrip()


def _hours(one: Report, style: Style) -> Iterator[str]:
    """A bar for each hour, as long as its mails are many; with what was heard in it."""
    hours = [(at, counts) for at, counts in one.hours if counts.sent or any(counts.heard(sign) for sign in _DRAWN)]
    if not hours:
        return
    shown = hours[:_HOURS]
    most = max(counts.sent for _, counts in shown) or 1
    yield style.bold(f"By hour, {one.campaign.zone}{'':<{max(24 - len(one.campaign.zone), 1)}}") + (
        f"{'sent':>9}{'opened':>9}{'clicked':>9}{'bounced':>9}"
    )
    for at, counts in shown:
        numbers = (counts.sent, *(counts.heard(sign) for sign in _DRAWN))
        drawn = bar(counts.sent / most, 16).replace("░", " ")
        yield f"{at:%Y-%m-%d %H:%M}  {drawn}" + "".join(f"{number:>9,}" for number in numbers)
    if len(hours) > len(shown):
        yield style.dim(f"… and {len(hours) - len(shown):,} hours more (--format json and csv have all)")
    yield ""


def _tables(one: Report, style: Style) -> Iterator[Iterator[str]]:
    yield _table("Connection", [(via or "(none)", counts) for via, counts in one.connections], style)
    yield _table("Domain", [(name if name != REST else "(others)", counts) for name, counts in one.domains], style)


def _table(what: str, rows: Sequence[tuple[str, Counts]], style: Style) -> Iterator[str]:
    if not rows:
        return
    width = max(len(what), *(min(len(name), _NAME) for name, _ in rows))
    heads = ("total", "sent", "failed", "opened", "clicked", "bounced")
    yield style.bold(f"{what:<{width}}" + "".join(f"{head:>10}" for head in heads))
    for name, counts in rows:
        rates = Rates.of(counts)
        cells = (
            f"{counts.total:,}", f"{counts.sent:,}", f"{counts.stages.get(Stage.FAILED, 0):,}",
            *(_percent(rate) for rate in (rates.open, rates.click, rates.bounce)),
        )  # fmt: skip
        yield f"{_cut(safe(name), _NAME):<{width}}" + ("".join(f"{cell:>10}" for cell in cells)).rstrip()
    yield ""


def _reasons(one: Report, style: Style) -> Iterator[str]:
    if not one.reasons:
        return
    yield style.bold("Why not")
    for why in one.reasons[:_REASONS]:
        name = " ".join(part for part in (why.what, why.kind, why.code) if part)
        yield f"{why.mails:>9,}  {safe(name)}  {style.dim(safe(_cut(why.example, _EXAMPLE)))}".rstrip()
    if len(one.reasons) > _REASONS:
        yield style.dim(f"… and {len(one.reasons) - _REASONS:,} reasons more (--format json and csv have all)")
    yield ""


def _unknown(one: Report, style: Style) -> Iterator[str]:
    if not one.unknown:
        return
    count = one.counts.stages.get(Stage.UNKNOWN, 0)
    yield style.bold("In doubt") + ": perhaps they arrived, so they were not sent again"
    for unit in one.unknown[:_UNKNOWN]:
        said = _cut(said_of(unit.answer)[2], _EXAMPLE)
        yield f"  {safe(unit.key)}  {_there(unit.at, one)}  {style.dim(safe(said))}".rstrip()
    if count > _UNKNOWN:
        more = f"muster email failures {one.campaign.ref} --stage unknown"
        yield style.dim(f"  … and {count - _UNKNOWN:,} more (`{more}` lists all)")


def _there(at: datetime, one: Report) -> str:
    from zoneinfo import ZoneInfo

    return f"{at.astimezone(ZoneInfo(one.campaign.zone)):%Y-%m-%d %H:%M}"


def _share(part: int, whole: int, of: str) -> str:
    return f"{_percent(part / whole)} of {of}" if whole else ""


def _rate(share: float | None) -> str:
    return f"{_percent(share)} of sent" if share is not None else ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.1f} %"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
