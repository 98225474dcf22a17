"""Outside work as text: how far it has come, in a cell, a line, or a section."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.progress import Progress, Through
from reconciler.model.returns import Sign
from reconciler.model.work import LaneView, Stage
from reconciler.views.style import Style, safe

WIDTH: Final = 24
"""Characters of a bar."""
_LANES: Final = 10
"""Lanes in trouble that are told of one by one."""
_ODD: Final = (Stage.FAILED, Stage.SUPPRESSED, Stage.CANCELLED, Stage.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind calls its units and what is done with them, what of their signs is always told, and what to do about those
    that are in doubt.
    """

    units: str = "units"
    done: str = "sent"
    signs: tuple[Sign, ...] = ()
    unknown: str = "whether it happened is not known; nothing is done again by itself"


_WORDS: Final[Mapping[str, Words]] = {
    "EmailCampaign": Words(
        "mails",
        "sent",
        (Sign.OPENED, Sign.CLICKED, Sign.BOUNCED, Sign.COMPLAINED, Sign.UNSUBSCRIBED),
        "perhaps they arrived, so they are not sent again; `muster email failures {ref} --stage unknown` lists them",
    ),
    "LeadCampaign": Words("leads", "sold"),
    "AccountContract": Words("deliveries", "made"),
    "NotificationSettings": Words("mails", "sent"),
    "ReceivablesCampaign": Words("messages", "sent"),
    "ReferralProgram": Words("rewards", "paid"),
}
_PLAIN: Final = Words()


def cells(one: Progress) -> tuple[str, str]:
    """What a list shows: how much was sent of how much, and how many units a minute that makes."""
    rate = f"{rate_text(one.rate)}/min" if one.is_open and one.left else ""
    if one.job.stands:
        left = f", {one.left:,} left" if one.left else ""
        return f"{one.sent:,} {_words(one).done}{left}", rate
    return f"{one.sent:,}/{one.total:,} {percent_text(one)}", rate


def bar(share: float, width: int = WIDTH) -> str:
    """A share, from 0 to 1, as a bar; full only where it is all."""
    full = min(int(share * width), width)
    return "█" * full + "░" * (width - full)


def percent_text(one: Progress) -> str:
    """Whole percents, 100 only where all was dealt with."""
    return f"{int(one.percent)} %"


def rate_text(rate: float) -> str:
    """So many a minute; with a decimal where they are few."""
    return f"{rate:,.1f}" if 0 < rate < 10 else f"{rate:,.0f}"


def span_text(span: timedelta) -> str:
    """A span in its two largest units: 3h 20m."""
    seconds = int(span.total_seconds())
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2] if count) or "0s"


def summary(one: Progress) -> str:
    """One line for logs: where it stands."""
    sent, rate = cells(one)
    parts = [sent, *([rate] if rate else []), *odd_parts(one)]
    if one.is_open and one.left and one.time_left is not None:
        parts.append(f"{span_text(one.time_left)} left")
    parts += heard_parts(one)
    return ", ".join(parts)


def odd_parts(one: Progress) -> list[str]:
    """The counts of what did not go the plain way, where there are any."""
    return [f"{one.count(stage):,} {stage.value}" for stage in _ODD if one.count(stage)]


def heard_parts(one: Progress) -> list[str]:
    """Of how many units each sign was heard, of those that were (E-50)."""
    return [f"{one.units_heard(sign):,} {sign.value}" for sign in Sign if one.units_heard(sign)]


def progress_lines(one: Progress, style: Style) -> Iterator[str]:
    """All about the work of a campaign."""
    words = _words(one)
    if one.job.stands:
        yield f"Work:      {one.sent:,} {words.units} {words.done}"
    else:
        share = f"{bar(one.percent / 100)} {percent_text(one)}"
        yield f"Work:      {one.sent:,} of {one.total:,} {words.units} {words.done}  {share}"
    counts = [*odd_parts(one), *([f"{one.left:,} left"] if one.left else [])]
    if counts:
        yield f"           {', '.join(counts)}"
    if one.is_open and one.left:
        yield f"Rate:      {_rate(one)}"
    if words.signs or one.heard:
        yield f"Heard:     {', '.join(_heard(one, words))}"
    for index, each in enumerate(each for each in one.through if each.via or not one.job.stands):
        yield f"{'Through:' if not index else '':<10} {_through(each)}"
    for lane in one.resting[:_LANES]:
        yield f"Resting:   {style.warn(_resting(lane, one.now))}"
    for lane in one.stuck[:_LANES]:
        yield f"Stuck:     {style.warn(f'{_name(lane)} has waited for a worker, with {lane.left:,} left; is one running?')}"
    more = max(len(one.resting) - _LANES, 0) + max(len(one.stuck) - _LANES, 0)
    if more:
        yield f"           … and {more:,} lanes more"
    if one.count(Stage.UNKNOWN):
        yield f"Unknown:   {style.warn(words.unknown.format(ref=one.job.ref))}"


def _words(one: Progress) -> Words:
    return _WORDS.get(one.job.ref.kind, _PLAIN)


def _rate(one: Progress) -> str:
    asked = f" of {rate_text(one.asked)} asked" if one.asked is not None else ""
    behind = f", {rate_text(one.behind)} behind" if one.behind else ""
    left = f"; {span_text(one.time_left)} left" if one.time_left is not None else ""
    lag = f"; the longest waiting lane has waited {span_text(one.lag)}" if one.stuck else ""
    return f"{rate_text(one.rate)} a minute{asked}{behind}{left}{lag}"


def _heard(one: Progress, words: Words) -> Iterator[str]:
    if words.signs:
        yield f"{one.delivered:,} delivered"
    for sign in Sign:
        if sign is not Sign.DELIVERED and (sign in words.signs or one.units_heard(sign)):
            yield f"{one.units_heard(sign):,} {sign.value}"


def _through(one: Through) -> str:
    busy = [f"{one.at_work} at work"] if one.at_work else []
    resting = [f"{one.resting} resting"] if one.resting else []
    lanes = ", ".join([f"{one.lanes} lane{'s' if one.lanes != 1 else ''}", *busy, *resting])
    failed = f", {one.failed:,} failed" if one.failed else ""
    return f"{safe(one.via) or '(nothing)'}  {one.sent:,} sent{failed}, {one.left:,} left  ({lanes})"


def _resting(lane: LaneView, now: datetime) -> str:
    trouble = lane.trouble
    since = f" for {span_text(now - trouble.since)}" if trouble else ""
    again = f", tried again in {span_text(lane.due_at - now)}" if lane.due_at and lane.due_at > now else ""
    message = safe(trouble.message) if trouble else ""
    return f"{_name(lane)}{since}{again}: {message}"


def _name(lane: LaneView) -> str:
    return f"lane {lane.number}" + (f" through {safe(lane.via)}" if lane.via else "")


def ending(one: Progress | None, state: str) -> str:
    """What is said when a campaign's work is over."""
    return f"{state}: {summary(one)}" if one else state
