"""What an e-mail campaign shows: how far its sending has come, through what, and what came back. (E-16, E-25, E-48 to E-51)"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.dashboard.charts import bars
from reconciler.dashboard.mailing.figures import Work, begin_report, kept_report, share, work_of
from reconciler.dashboard.mailing.lanes import lanes_of, pace_of, stages_of
from reconciler.dashboard.mailing.told import Named, hours_of, named_of, partial
from reconciler.dashboard.panel import Bar, Card, Panel, Section
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.model.progress import Progress
from reconciler.model.resource import Resource
from reconciler.model.returns import Sign
from reconciler.model.work import Phase, Stage
from reconciler.views.work_text import rate_text, span_text

_REASONS: Final = 10
"""Reasons why not that stand on the campaign's page; the report has all."""
_BEFORE: Final = ("draft", "scheduled")


def panel(visit: Visit, one: Resource) -> Panel:
    """All of it. Before the launch: whom and what it is for; from then on: what came of it, though its manifest be gone."""
    begin_report(visit, one)
    work = work_of(visit, one)
    spec = one.document.get("spec", {})
    header = tuple(_header(spec))
    if work is None or work.progress.job.phase is Phase.STAGED:
        reach = ("Reach", href(one.ref, "reach"))
        links = (reach,) if one.state in _BEFORE else ()
        return Panel(header, None, tuple(_before(work)), (_parts(visit, one),), links)
    sections = (_sending(visit, one, work.progress), _report(visit, one), _parts(visit, one))
    pages = (
        ("Report", href(one.ref, "report")),
        ("Failure log", href(one.ref, "failures")),
        ("Left out", href(one.ref, "left-out")),
    )
    return Panel(header, _bar(work.progress), tuple(_cards(one, work)), sections, pages)


def _header(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sender, sending, tracking = spec.get("from"), spec.get("sending", {}), spec.get("tracking", {})
    yield "Subject", spec.get("subject") or "as its template has it"
    if sender:
        yield "From", f"{sender['name']} <{sender['email']}>" if sender.get("name") else sender["email"]
    yield "To", _targets(spec.get("targets") or {})
    yield "Through", _through(spec.get("smtp") or {})
    if sending.get("rate"):
        yield "At most", sending["rate"]
    asked = [name for name in ("opens", "clicks") if tracking.get(name)]
    yield "Tracks", " and ".join(asked) or "nothing"


def _targets(targets: Mapping[str, Any]) -> str:
    include, exclude = _names(targets.get("include", ())), _names(targets.get("exclude", ()))
    return (include or "nobody yet") + (f", without {exclude}" if exclude else "")


def _names(targets: Sequence[Mapping[str, str]]) -> str:
    return ", ".join(f"{sort} {name}" for one in targets for sort, name in sorted(one.items()))


def _through(smtp: Mapping[str, Any]) -> str:
    each = [
        one["name"] + (f" {one['percent']} %" if one.get("percent") is not None else "")
        for one in smtp.get("connections", ())
    ]
    mode = {"percentage": "split by percent: ", "roundRobin": "in turn: "}.get(smtp.get("mode", ""), "")
    return mode + ", ".join(each) if each else "no connection yet"


def _before(work: Work | None) -> Iterator[Card]:
    """What is known before anything may be sent (E-11)."""
    if work is not None:
        yield Card("Recipients", number(work.progress.total), "written down, not released yet")
    yield Card("Sent", "0", "nothing is sent before the launch")


def _bar(work: Progress) -> Bar:
    """What has been dealt with of all mails (E-49)."""
    done = work.total - work.left - work.count(Stage.CANCELLED)
    return Bar("Dealt with", done, work.total, f"{number(work.sent)} sent")


def _cards(one: Resource, work: Work) -> Iterator[Card]:
    yield from _counts(work.progress)
    yield from _signs(one, work)
    yield from _wrong(one, work.progress)
    yield from _speed(work.progress)


def _counts(work: Progress) -> Iterator[Card]:
    yield Card("Recipients", number(work.total))
    yield Card("Sent", number(work.sent), share(work.sent, work.total, "recipients"))
    yield Card("Progress", f"{work.percent:.1f} %", f"{number(work.left)} left" if work.left else "nothing left")


def _signs(one: Resource, work: Work) -> Iterator[Card]:
    """Of how many mails something was heard (E-50); what was delivered is what is known to have been (AMB-E17)."""
    if not work.knows_signs:
        yield Card("Delivered, opened, clicked, bounced", "…", "being counted")
        return
    told = work.progress
    yield Card("Delivered", number(told.delivered), share(told.delivered, told.sent), tone="good")
    tracking = one.document.get("spec", {}).get("tracking", {})
    for sign, asked in ((Sign.OPENED, "opens"), (Sign.CLICKED, "clicks")):
        heard = told.units_heard(sign)
        note = share(heard, told.sent) if heard or tracking.get(asked) else "not tracked"
        yield Card(sign.value.capitalize(), number(heard), note)
    for sign in (Sign.BOUNCED, Sign.COMPLAINED, Sign.UNSUBSCRIBED):
        heard = told.units_heard(sign)
        log = f"{href(one.ref, 'failures')}?what={sign.value}" if heard and sign is not Sign.UNSUBSCRIBED else ""
        tone = "bad" if heard and sign is not Sign.UNSUBSCRIBED else ""
        yield Card(sign.value.capitalize(), number(heard), share(heard, told.sent), log, tone)


def _wrong(one: Resource, work: Progress) -> Iterator[Card]:
    stages = ((Stage.FAILED, "Failed", "bad"), (Stage.SUPPRESSED, "Suppressed", ""), (Stage.CANCELLED, "Cancelled", ""))
    for stage, label, tone in (*stages, (Stage.UNKNOWN, "In doubt", "warn")):
        units = work.count(stage)
        if units or stage is Stage.FAILED:
            log = f"{href(one.ref, 'failures')}?what={stage.value}" if units else ""
            yield Card(label, number(units), share(units, work.total, "recipients"), log, tone if units else "")


def _speed(work: Progress) -> Iterator[Card]:
    """How fast it goes (E-51), how fast it is asked to, and when it will be over at this pace."""
    if not (work.is_open and work.left):
        return
    behind = f"{rate_text(work.behind)} fewer than asked" if work.behind else "in the last minute"
    yield Card("Sent a minute", rate_text(work.rate), behind, tone="warn" if work.behind else "")
    yield Card("Asked a minute", rate_text(work.asked) if work.asked is not None else "no limit")
    left = work.time_left
    if work.left:
        end = f"{work.now + left:%Y-%m-%d %H:%M}\u202fUTC" if left is not None else "not known"
        yield Card(
            "Expected end", end, f"in {span_text(left)}, at this pace" if left is not None else "nothing goes out"
        )


def _sending(visit: Visit, one: Resource, work: Progress) -> Section:
    data = {
        "stages": stages_of(work, href(one.ref, "failures")),
        "pace": pace_of(work) if work.is_open else None,
        "lanes": lanes_of(visit.store, one, work),
        "stuck": len(work.stuck),
    }
    return Section("sending", "Sending", "panel_email_sending.html", data)


def _report(visit: Visit, one: Resource) -> Section:
    held = kept_report(visit, one)
    report = held.value if held else None
    hours = hours_of(report) if report else None
    data = {
        "held": held,
        "report": report,
        "partial": partial(report) if report else "",
        "hours": hours or bars("", (), ()),
        "reasons": report.reasons[:_REASONS] if report else (),
        "more": max(len(report.reasons) - _REASONS, 0) if report else 0,
        "href": href(one.ref, "report"),
    }
    return Section("report", "What came of it", "panel_email_report.html", data)


def _parts(visit: Visit, one: Resource) -> Section:
    """What it names: the letter, lists, connections, suppression lists; each leads to its own page."""
    parts: tuple[Named, ...] = tuple(named_of(visit.store, one.document.get("spec", {})))
    reach = href(one.ref, "reach") if one.state in _BEFORE else ""
    return Section("parts", "Made of", "panel_email_parts.html", {"parts": parts, "reach": reach})
