"""A test of a campaign: what would be said when and through what, what colleagues got, and whether it passes. (I-14, I-15)"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconciler.kinds.receivables.checklist import Sampled
from reconciler.kinds.receivables.rehearsed import Act, Course, Rehearsal, Sent, Way
from reconciler.model import canonical
from reconciler.model.campaign_tests import CampaignTest
from reconciler.model.instant import to_text
from reconciler.views.receivables_match import sample_lines, sample_told
from reconciler.views.style import Style, safe

_LINES: Final = 3
"""Lines of a text that are shown; the JSON has all of it."""
_WIDTH: Final = 100


@dataclass(frozen=True, slots=True)
class Tested:
    """A test. `kept` is false for one that was only shown; `support` says whom to ask."""

    test: CampaignTest
    sampled: Sampled | None
    rehearsal: Rehearsal
    sent: tuple[Sent, ...] = ()
    kept: bool = True
    support: str = ""


def tested_text(found: Tested, color: bool) -> str:
    """The calendar, what was sent, and the verdict with its reasons."""
    style, sampled = Style(color), found.sampled
    lines = [style.bold(f"test of {found.test.ref}")]
    if sampled and sampled.sample:
        lines += [f"  {line}" for line in sample_lines(sampled.sample, sampled.sample.seen(sampled.day), style)]
    for act in found.rehearsal.acts:
        lines += _act(act, found, style)
    lines += _sent(found, style)
    lines += _verdict(found, style)
    return "\n".join(lines) + "\n"


def _act(act: Act, found: Tested, style: Style) -> Iterator[str]:
    zone = ZoneInfo(found.sampled.day.zone if found.sampled else "UTC")
    head = f"{act.at.astimezone(zone):%Y-%m-%d %a %H:%M}  step {act.number}, day {act.day}"
    if act.course is not Course.SAYS or act.way is None:
        yield f"{style.dim(head)}  {act.course.value}" + (f": {safe(act.why)}" if act.why else "")
        return
    way = act.way
    other = " otherwise" if way is not act.ways[0] else ""
    if other:
        yield f"{style.dim(head)}  {act.ways[0].channel} is passed over: {safe(act.ways[0].unreachable)}"
    yield f"{style.dim(head)} {other} {_medium(way)} through {style.bold(way.channel)}: Template/{way.template}"
    yield from _words(way, style)


def _words(way: Way, style: Style) -> Iterator[str]:
    """Subject and the first lines of what is said."""
    if way.subject:
        yield f"    {style.bold(_short(way.subject))}"
    lines = [line for line in way.said.splitlines() if line.strip()]
    yield from (f"    {_short(line)}" for line in lines[:_LINES])
    if len(lines) > _LINES:
        yield style.dim(f"    … {len(lines) - _LINES} more lines")


def _sent(found: Tested, style: Style) -> Iterator[str]:
    for one in found.sent:
        mark = style.bad("not taken") if one.fault else style.good("called" if one.is_call else "sent")
        yield f"{mark}  step {one.number} to {safe(one.to)}: {_short(one.text)}"
    told = {one.number for one in found.sent}
    shown = [act for act in found.rehearsal.acts if act.course is Course.SAYS and act.number not in told]
    if found.kept and shown and not found.test.faults:
        numbers = ", ".join(str(act.number) for act in shown)
        yield style.dim(f"shown, not called: step {numbers} (--call calls agents)")


def _verdict(found: Tested, style: Style) -> Iterator[str]:
    if found.test.faults:
        yield style.bad("The test does not pass:")
        yield from (f"  - {safe(fault)}" for fault in found.test.faults)
        if found.support:
            yield f"Need help? {safe(found.support)}"
        return
    if not found.kept:
        yield "A dry run: nothing was sent, and no test is kept. Nothing is wrong so far."
        return
    yield f"{style.good('The test passes.')} It holds until one of these changes: {', '.join(found.test.parts)}."


def _medium(way: Way) -> str:
    return {"email": "e-mail", "": "webhook"}.get(way.medium, way.medium)


def _short(text: str) -> str:
    line = safe(" ".join(text.split()))
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def tested_json(found: Tested) -> str:
    """The same as JSON, with all that is said."""
    sampled, test = found.sampled, found.test
    sample = sampled.sample if sampled else None
    return canonical.encode_pretty(
        {
            "ref": str(test.ref),
            "passed": test.passed,
            "kept": found.kept,
            "at": to_text(test.at),
            "by": test.actor,
            "digest": test.digest,
            "covers": dict(test.parts),
            "sample": sample_told(sample, sample.seen(sampled.day)) if sampled and sample else None,
            "steps": [_told(act) for act in found.rehearsal.acts],
            "sent": [
                {
                    "step": one.number,
                    "to": one.to,
                    "call": one.is_call,
                    "fate": one.fate,
                    "code": one.code,
                    "text": one.text,
                }
                for one in found.sent
            ],
            "faults": list(test.faults),
            "support": found.support or None,
        }
    )


def _told(act: Act) -> dict[str, Any]:
    return {
        "step": act.number,
        "day": act.day,
        "at": to_text(act.at),
        "course": act.course.value,
        "why": act.why,
        "faults": list(act.faults),
        "otherwise": act.way is not None and act.way is not act.ways[0],
        "ways": [
            {
                "channel": way.channel,
                "medium": way.medium,
                "template": way.template,
                "subject": way.subject,
                "text": way.said,
                "unreachable": way.unreachable,
                "fault": way.fault,
            }
            for way in act.ways
        ],
    }
