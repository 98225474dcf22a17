"""A campaign before its launch: its sample invoice, its test, its whole checklist, and whom to ask. (I-10 … I-18, I-27)"""

from collections.abc import Iterator
from datetime import UTC

from reconciler.kinds.receivables.checked import Checked
from reconciler.kinds.receivables.tested import Standing
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.views.asking_json import checklist_told
from reconciler.views.receivables_match import match_lines, match_told, sample_lines, sample_told
from reconciler.views.requires_text import render_checklist
from reconciler.views.style import Style, safe


def check_text(found: Checked, color: bool) -> str:
    """The sample and its conditions, the test, the checklist."""
    style = Style(color)
    lines = [style.bold("the sample invoice"), *_sample(found, style)]
    lines += [f"{style.bold('the test')}  {_test(found.test, style)}", ""]
    text = "\n".join(lines) + "\n" + render_checklist(found.needs, color)
    if found.is_open and found.support:
        text += f"Need help? {safe(found.support)}\n"
    return text


def _sample(found: Checked, style: Style) -> Iterator[str]:
    sampled = found.sampled
    if found.trouble:
        yield f"  {style.bad('cannot be looked at')}: {safe(found.trouble)}"
    elif sampled is None:
        yield "  has nothing to match: the campaign names no rule set"
    elif sampled.sample is None or sampled.match is None:
        yield f"  {style.bad('is not there')}: {safe(sampled.fault)}"
    else:
        day = sampled.day
        yield from (f"  {line}" for line in sample_lines(sampled.sample, sampled.sample.seen(day), style))
        yield from match_lines(sampled.match, style)


def _test(one: Standing, style: Style) -> str:
    if one.is_current and one.test is not None:
        at = one.test.at.astimezone(UTC).replace(microsecond=0)
        return f"{style.good('is current')}: passed {to_text(at)}, by {safe(one.test.actor.removeprefix('user:'))}"
    return f"{style.bad('is not current')}: {safe(one.fault)}"


def check_json(found: Checked) -> str:
    """The same as JSON."""
    sampled, test = found.sampled, found.test
    sample = sampled.sample if sampled else None
    told = sample_told(sample, sample.seen(sampled.day)) if sampled and sample else None
    return canonical.encode_pretty(
        {
            "sample": {
                "invoice": told,
                "matches": bool(sampled and sampled.match and not sampled.fault),
                "fault": found.trouble or (sampled.fault if sampled else ""),
                "conditions": match_told(sampled.match) if sampled and sampled.match else [],
            },
            "test": {
                "current": test.is_current,
                "fault": test.fault,
                "at": to_text(test.test.at) if test.test else None,
                "by": test.test.actor if test.test else None,
            },
            "checklist": checklist_told(found.needs),
            "support": found.support or None,
        }
    )
