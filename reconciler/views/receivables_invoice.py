"""Where an invoice stands, as text and as JSON: its campaigns, what was said, and what comes next. (I-12)"""

from collections.abc import Iterator
from typing import Any

from reconciler.kinds.receivables.standing import Chapter, Next, Standing, idle
from reconciler.model import canonical
from reconciler.model.enrolments import Communication
from reconciler.model.instant import to_text
from reconciler.views.invoices import invoice_told
from reconciler.views.style import Style, safe
from reconciler.views.table import short, table


def invoice_text(found: Standing, color: bool) -> str:
    """The invoice in a line, then each campaign with what was said in it."""
    style, row = Style(color), found.invoice.row
    due = f", due {row.due_on}" if row.due_on else ""
    status = row.status.value.replace("_", " ")
    amount = f"{row.amount_due:f} {safe(row.currency)}".rstrip()
    lines = [f"{style.bold(safe(row.number))}  {status}, {amount}{due}  {style.dim(f'InvoiceSource/{found.source}')}"]
    for one in found.chapters:
        lines += ["", *_chapter_lines(found, one, style)]
    if found.outside:
        lines += ["", f"{style.warn('in no campaign')}: {safe(found.outside)}"]
    return "\n".join(lines) + "\n"


def _chapter_lines(found: Standing, one: Chapter, style: Style) -> Iterator[str]:
    entered, left = one.enrolment.entered_on, one.enrolment.exited_at
    why = f", left {short(left)}: {_word(one)}" if left else ""
    yield f"{style.bold(safe(one.campaign))}  entered {entered}{why}"
    heads = ("STEP", "AT", "CHANNEL", "BECAME", "")
    rows = [
        (str(each.step + 1), short(each.at), each.channel, each.stage.value.replace("_", " "), each.detail)
        for each in one.said
    ]
    yield from (f"  {line}" for line in table(heads, rows, style, ("STEP",)))
    if one.next is not None:
        yield f"  {next_words(found, one, one.next)}"


def next_words(found: Standing, one: Chapter, step: Next) -> str:
    """What comes next, and when; or why nothing does."""
    what = "it leaves" if step.action else f"{step.template} by {step.channel}"
    since, number = one.enrolment.still_since, one.enrolment.step + 1
    why = idle(found.invoice)
    if since or why:
        still = f" since {since}" if since else ""
        return f"next: step {number}, {what}; its clock stands still{still}" + (f": {why}" if why else "")
    waits = "; it waits for a worker" if one.enrolment.posted else ""
    return f"next: step {number}, {what}, on {one.enrolment.due_on}{waits}"


def _word(one: Chapter) -> str:
    return one.enrolment.exit.value.replace("_", " ") if one.enrolment.exit else ""


def invoice_json(found: Standing) -> str:
    """The same as JSON."""
    told = invoice_told(found.invoice, found.source)
    campaigns = [_chapter_told(one) for one in found.chapters]
    return canonical.encode_pretty({**told, "campaigns": campaigns, "outside": found.outside or None})


def _chapter_told(one: Chapter) -> dict[str, Any]:
    at = one.enrolment
    return {
        "campaign": one.campaign,
        "enteredOn": at.entered_on.isoformat(),
        "enteredAt": to_text(at.entered_at),
        "exit": at.exit.value if at.exit else None,
        "exitedAt": to_text(at.exited_at) if at.exited_at else None,
        "stillDays": at.still_days,
        "stillSince": at.still_since.isoformat() if at.still_since else None,
        "onArrangement": at.arranged,
        "next": _next_told(one, one.next) if one.next else None,
        "communications": [_said(each) for each in one.said],
    }


def _next_told(one: Chapter, step: Next) -> dict[str, Any]:
    runs = one.enrolment.still_since is None
    return {
        "step": one.enrolment.step + 1, "day": step.day, "channel": step.channel, "template": step.template,
        "action": step.action, "dueOn": one.enrolment.due_on.isoformat() if runs else None, "posted": one.enrolment.posted,
    }  # fmt: skip


def _said(one: Communication) -> dict[str, Any]:
    return {
        "step": one.step + 1, "at": to_text(one.at), "channel": one.channel, "stage": one.stage.value, "detail": one.detail,
    }  # fmt: skip
