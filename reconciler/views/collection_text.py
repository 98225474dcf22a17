"""Collection campaigns for people: one of them, accounts, one account's story, and what the engine does today."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.sheet import Ahead, Blocked, Execution, Plan, Sheet, Story
from reconciler.model.collection_books import AccountLine, Figures, Interaction
from reconciler.model.contact_queue import Item, ItemStage
from reconciler.model.lifecycle import Transition
from reconciler.model.ref import Ref
from reconciler.views.style import Style, safe
from reconciler.views.table import flowing, table
from reconciler.views.work_text import bar

UNKNOWN: Final = "not known: the organisation's counts"
_OPEN: Final = (ItemStage.PENDING, ItemStage.PROCESSING)


def sheet_text(one: Sheet, moves: Sequence[Transition], color: bool) -> str:
    """A campaign: its header, a bar, its numbers, and what may be done with it (C-17, C-18, C-19)."""
    style = Style(color)
    return "\n".join((*_head(one, style), *_numbers(one), *_moves(one, moves, style))) + "\n"


def cell(one: Figures) -> str:
    """What a list shows: contacted of all, and what was recovered."""
    recovered = f", {money(one.recovered)} recovered" if one.recovered else ""
    return f"{one.contacted:,}/{one.total:,} {one.rate} %{recovered}"


def portrait_lines(one: Sheet) -> Iterator[str]:
    """What a description of a campaign says of its accounts."""
    yield f"Accounts:  {one.figures.total:,}{_statuses(one.statuses)}"
    yield f"Contacted: {bar(_share(one.figures))} {one.figures.contacted:,} of {one.figures.total:,}"
    yield f"Promises:  {one.figures.promises:,}; recovered {money(one.figures.recovered)}"
    yield f"Queue:     {_counts(one.queue, _OPEN)}; today {_counts(one.queue, _ended())}"


def _share(one: Figures) -> float:
    return one.contacted / one.total if one.total else 0.0


def _head(one: Sheet, style: Style) -> Iterator[str]:
    yield f"{style.bold(str(one.ref))}  {style.change(one.state)}"
    if one.title:
        yield safe(one.title)
    for at, line in enumerate(one.objective.splitlines()):
        yield f"{'objective' if not at else '':<16}{safe(line)}"
    yield f"strategy        {plan_words(one.plan) if one.plan else style.warn('none')}"
    yield f"dates           {dates_words(one) or style.warn('none')}"


def plan_words(plan: Plan) -> str:
    """A strategy in a line."""
    if not plan.type:
        return f"{plan.name}, which is not there"
    off = "" if plan.enabled else ", disabled"
    return f"{plan.name} ({plan.type}, {plan.steps} step{'s' if plan.steps != 1 else ''}{off})"


def dates_words(one: Sheet) -> str:
    """The days of a campaign, and which of them it is; empty where it has none yet."""
    days = one.dates
    if days is None:
        return ""
    at = f"day {days.day} of {days.whole}" if days.day else f"{days.whole} days, not begun"
    if days.is_over:
        at = "expired; set a later end date" if one.is_expired else f"{days.whole} days, over"
    return f"{days.start} to {days.end} in {one.zone}; {at}"


def _numbers(one: Sheet) -> Iterator[str]:
    figures = one.figures
    yield f"contacted       {bar(_share(figures))} {figures.contacted:,} of {figures.total:,}"
    yield f"total accounts  {figures.total:,}{_statuses(one.statuses)}"
    yield f"contact rate    {figures.rate} %"
    yield f"promises        {figures.promises:,}"
    yield f"recovered       {money(figures.recovered)}"
    yield f"queue           {_counts(one.queue, _OPEN)}; today {_counts(one.queue, _ended())}"


def _statuses(statuses: Mapping[str, int]) -> str:
    told = ", ".join(f"{count:,} {safe(status)}" for status, count in statuses.items())
    return f"  ({told})" if told else ""


def _ended() -> tuple[ItemStage, ...]:
    return tuple(stage for stage in ItemStage if stage not in _OPEN)


def _counts(counts: Mapping[ItemStage, int], stages: Iterable[ItemStage]) -> str:
    told = ", ".join(f"{counts[stage]:,} {stage.value}" for stage in stages if counts.get(stage))
    return told or "nothing"


def money(amounts: Mapping[str, Decimal]) -> str:
    """Each currency on its own."""
    return " and ".join(f"{amount:,} {currency}" for currency, amount in amounts.items()) or "nothing"


def _moves(one: Sheet, moves: Sequence[Transition], style: Style) -> Iterator[str]:
    """The buttons of the page, and what each is in a project of files."""
    yield style.bold("May be done")
    for move in moves:
        yield f"  {move.event.capitalize():<10} {safe(move.summary)}: state: {move.target}, in its manifest"
    yield "  Edit       change its manifest; `muster plan` says what that does to the queue"
    if one.state == "active":
        yield f"  Enqueue    muster collections enqueue {one.ref.name}"


def accounts_text(
    lines: Iterable[AccountLine], campaigns: Mapping[int, Ref], now: datetime, look: tuple[str, Style]
) -> Iterator[str]:
    """A line for each account, as they come (C-20)."""
    zone, style = look
    heads = ("ACCOUNT", "CAMPAIGN", "SCORE", "STATUS", "BALANCE", "NEXT", "LAST", "WHAT")
    rows = (
        (
            one.number, _campaign(campaigns, one.campaign), score(one.score), one.status, f"{one.balance:,} {one.currency}",
            _next(one, zone, now), moment(one.last.at, zone) if one.last else "", what(one.last) if one.last else "",
        )
        for one in lines
    )  # fmt: skip
    return flowing(heads, rows, style, ("SCORE", "BALANCE"))


def _campaign(campaigns: Mapping[int, Ref], uid: int) -> str:
    return campaigns[uid].name if uid in campaigns else ""


def score(value: float | None) -> str:
    """A score without needless zeros."""
    return "" if value is None else f"{value:g}"


def _next(one: AccountLine, zone: str, now: datetime) -> str:
    if one.open is not None:
        return f"step {one.step + 1}, {one.open.value}"
    if not one.is_contactable or not one.campaign or one.due_at is None:
        return ""
    return f"step {one.step + 1}, {'due' if one.due_at <= now else moment(one.due_at, zone)}"


def what(one: Interaction) -> str:
    """What happened, in a few words."""
    amount = f"{one.amount:,} {one.currency}" if one.amount else ""
    until = f"until {one.due_on}" if one.due_on else ""
    return " ".join(part for part in (one.sort.value, one.channel, amount, until) if part)


def moment(at: datetime, zone: str) -> str:
    """A local time, to the minute, with the short name of its zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def story_text(one: Story, zone: str, color: bool) -> str:
    """One account: how it stands, where it is in the strategy, and everything that happened."""
    style, row, position = Style(color), one.account.row, one.account.position
    is_out = row.opted_out or one.account.declined
    flags = [word for word, is_so in (("paused", row.paused), ("opted out", is_out)) if is_so]
    flags += [] if one.account.listed else ["no longer in its source"]
    lines = [
        f"{style.bold(safe(row.number))}  {style.change(safe(row.status))}  {style.warn(', '.join(flags))}".rstrip(),
        f"balance         {row.balance:,} {row.currency}".rstrip(),
        f"score           {score(row.score) or 'none'}",
        f"campaign        {one.campaign or 'none'}",
        f"contact's zone  {row.zone or UNKNOWN}",
    ]
    if one.campaign:
        due = f", due {moment(position.due_at, zone)}" if position.due_at and one.account.is_eligible else ""
        tries = f", try {position.tries + 1}" if position.tries else ""
        lines.append(f"strategy        step {position.step + 1}{tries}{due}; {position.attempts} without an answer")
    lines.append(f"now             {_now(one.ahead, zone)}")
    lines += ["", *_happened(one.happened, zone, style), "", *_items(one.items, zone, style)]
    return "\n".join(lines).rstrip() + "\n"


def _now(one: Ahead, zone: str) -> str:
    """Why nobody contacts them at this moment."""
    if not one.why:
        return "contacted with a worker's next look"
    return f"not contacted: {safe(one.why)}" + (f", until {moment(one.until, zone)}" if one.until else "")


def _happened(found: Sequence[Interaction], zone: str, style: Style) -> list[str]:
    rows = [(moment(one.at, zone), what(one), one.medium, one.detail) for one in found]
    return list(table(("AT", "WHAT", "MEDIUM", "DETAIL"), rows, style)) or ["nothing has happened yet"]


def _items(found: Sequence[Item], zone: str, style: Style) -> list[str]:
    rows = [
        (
            f"{one.step + 1}.{one.tries + 1}", one.stage.value, moment(one.begun_at or one.due_at, zone), one.channel,
            one.action, one.reason,
        )
        for one in found
    ]  # fmt: skip
    return list(table(("STEP.TRY", "STAGE", "AT", "CHANNEL", "ACTION", "WHY"), rows, style))


def execution_text(one: Execution, color: bool) -> str:
    """What waits, is made and has ended today, by campaign; and why nobody is contacted, where that is so (C-25)."""
    style, zone = Style(color), one.zone
    engine = style.warn("paused: " + "; ".join(map(safe, one.brakes))) if one.brakes else style.good("running")
    lines = [
        f"engine          {engine}",
        *_pulse(one, style),
        f"today           {one.today} in {zone}",
        *_blocked(one, style),
        "",
    ]
    heads = ("CAMPAIGN", "STATE", *(stage.value.upper() for stage in ItemStage))
    rows = [
        (ref.name, state, *(f"{counts.get(stage, 0):,}" for stage in ItemStage)) for ref, state, counts in one.campaigns
    ]
    lines += list(table(heads, rows, style, heads[2:])) or ["no campaign is active, and nothing is queued"]
    waits = [(ref.name, f"{items:,}", moment(at, zone), reason or "its turn") for ref, reason, items, at in one.waiting]
    if waits:
        lines += ["", *table(("WAITS IN", "CONTACTS", "FIRST DUE", "FOR"), waits, style, ("CONTACTS",))]
    return "\n".join(lines) + "\n"


def _pulse(one: Execution, style: Style) -> Iterator[str]:
    """Whether a worker looks; nothing where there is nothing to look at."""
    if one.pulse.is_late:
        last = f"none since {moment(one.pulse.last, one.zone)}" if one.pulse.last else "none yet"
        yield f"cycles          {style.warn(f'{last}; is a `muster worker` running?')}"
    elif one.pulse.last and one.pulse.next:
        yield f"cycles          last {moment(one.pulse.last, one.zone)}, next {moment(one.pulse.next, one.zone)}"


def _blocked(one: Execution, style: Style) -> Iterator[str]:
    for each in one.blocked:
        again = f", tried again {moment(each.until, one.zone)}" if each.until else ""
        told = f"{each.ref.name} {way_out(each)} since {moment(each.since, one.zone)}{again}: {safe(each.message)}"
        yield f"rests           {style.warn(told)}"


def way_out(one: Blocked) -> str:
    """What does not get through."""
    return f"by SmtpConnection/{safe(one.via)}" if one.via else "by its agents"
