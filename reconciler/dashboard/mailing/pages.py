"""The pages below an e-mail campaign's: its report, and its failure log. (E-25, E-30, E-32, E-35, E-41)"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconciler.dashboard.mailing import left_out, reach
from reconciler.dashboard.mailing.figures import KIND, kept_links, kept_report
from reconciler.dashboard.mailing.told import hours_of, partial
from reconciler.dashboard.onward import PAGE, onward
from reconciler.dashboard.page import Page
from reconciler.dashboard.personal import curtain
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.turning import SLICE, csv_file
from reconciler.dashboard.visit import Visit
from reconciler.kinds.email import failure
from reconciler.kinds.email.report import REST, Counts, Rates, Report
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Sign
from reconciler.model.work import Stage
from reconciler.views.email_report_rows import report_to_csv, report_to_json
from reconciler.views.email_report_svg import report_to_svg
from reconciler.views.failures import failures_csv
from reconciler.web.door import Answer

_KINDS: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json", "svg": "image/svg+xml"}
_LETTERS: Final = 300
"""Characters of what a server said that a page shows."""
_WORDS: Final = {
    "failed": "Failed", "unknown": "In doubt", "suppressed": "Suppressed", "cancelled": "Cancelled", "bounced": "Bounced",
    "blocked": "Blocked", "deferred": "Deferred", "complained": "Complained",
}  # fmt: skip


def _report(visit: Visit) -> Answer:
    one = visit.resource()
    held = kept_report(visit, one)
    report = held.value if held else None
    form = visit.asked("format")
    seen = curtain(visit)
    if report is not None and form:
        return _file(one.ref, form, _unnamed(report) if seen.is_drawn else report)
    return resource_page(
        visit,
        one,
        "email_report.html",
        held=held,
        report=report,
        rates=tuple(_rates(report)) if report else (),
        partial=partial(report) if report else "",
        hours=hours_of(report) if report else None,
        tables=tuple(_tables(report)) if report else (),
        links=kept_links(visit, one) if report else (),
        files={form: onward(visit, format=form) for form in _KINDS},
        seen=seen,
    )


def _unnamed(report: Report) -> Report:
    """Without what may name people: what servers said, and who is in doubt."""
    return replace(report, reasons=[replace(why, example="") for why in report.reasons], unknown=())


def _file(ref: Ref, form: str, report: Report) -> Answer:
    if form not in _KINDS:
        raise Usage(f"{form[:20]!r} is none of {', '.join(_KINDS)}")
    text = {"csv": lambda: "".join(report_to_csv(report)), "json": lambda: report_to_json(report)}.get(
        form, lambda: report_to_svg(report)
    )()
    return _attached(text, form, f"{ref.name}-{ref.version}-report.{form}")


def _attached(text: str, form: str, name: str) -> Answer:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Answer(200, text.encode(), _KINDS[form], headers, what=f"email_{form}")


def _rates(one: Report) -> Iterator[tuple[str, int, str]]:
    """The numbers of the whole: name, count, share."""
    counts, rates = one.counts, one.rates
    yield "Recipients", counts.total, ""
    yield "Sent", counts.sent, _share(counts.sent / counts.total if counts.total else None, "recipients")
    yield "Delivered", counts.delivered, _share(rates.delivery)
    told = ((Sign.OPENED, rates.open), (Sign.CLICKED, rates.click), (Sign.BOUNCED, rates.bounce))
    for sign, rate in (*told, (Sign.COMPLAINED, rates.complaint), (Sign.UNSUBSCRIBED, rates.unsubscribe)):
        yield sign.value.capitalize(), counts.heard(sign), _share(rate)
    for stage in (Stage.FAILED, Stage.SUPPRESSED, Stage.CANCELLED, Stage.UNKNOWN):
        if units := counts.stages.get(stage, 0):
            yield _WORDS[stage.value], units, _share(units / counts.total, "recipients")
    for sign in (Sign.DEFERRED, Sign.BLOCKED):
        if heard := counts.heard(sign):
            yield sign.value.capitalize(), heard, "by the other side"


def _share(rate: float | None, of: str = "sent") -> str:
    return f"{rate * 100:.1f} % of {of}" if rate is not None else ""


def _tables(one: Report) -> Iterator[tuple[str, str, tuple[tuple[str, Counts, Rates], ...]]]:
    named = (("Connection", "(none)", one.connections), ("Domain", "(others)", one.domains))
    for title, none, rows in named:
        yield title, title.lower() + "s", tuple((name if name != REST else none, of, Rates.of(of)) for name, of in rows)


def _failures(visit: Visit) -> Answer:
    one = visit.resource()
    what = visit.asked("what") or Stage.FAILED.value
    if what not in failure.NAMES:
        raise Usage(f"{what[:40]!r} is none of {', '.join(failure.NAMES)}")
    uid, seen = visit.store.ledger.uid(one.ref), curtain(visit)
    if visit.asked("format") == "csv":
        return _failures_file(visit, uid, what)
    place = (_place(what, visit.asked("after")), visit.asked("id"))
    found_here, then = failure.page(visit.store.sums, uid, what, place, PAGE)
    return resource_page(
        visit,
        one,
        "email_failures.html",
        what=what,
        words=_WORDS,
        seen=seen,
        rows=tuple(_shown(each) if not seen.is_drawn else _hidden(each) for each in found_here),
        then=onward(visit, after=then[0], id=then[1]) if any(then) else "",
        first=onward(visit, after="", id="") if any(place) else "",
        file=onward(visit, format="csv", after="", id=""),
    )


def _failures_file(visit: Visit, uid: int, what: str) -> Answer:
    """The whole log of one outcome, masked like the page."""
    seen = curtain(visit)

    def part(there: Store, place: tuple[str, str]) -> tuple[Sequence[failure.Failure], tuple[str, str] | None]:
        found, then = failure.page(there.sums, uid, what, place, SLICE)
        return found, then if any(then) else None

    def told(found: Sequence[failure.Failure]) -> Iterator[str]:
        return failures_csv(_hidden(each) if seen.is_drawn else each for each in found)

    return csv_file(visit, what, ("", ""), part, told)


def _place(what: str, after: str) -> str:
    """The place behind which the page begins. Usage where it is none: stages are paged by numbers."""
    by_number = what in (stage.value for stage in failure.STAGES)
    if after and by_number and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Usage(f"{after[:40]!r} is no place in this list")
    return after


def _hidden(one: failure.Failure) -> failure.Failure:
    """Without the name of whose mail it was, and without what was said of it, which may name it too."""
    return replace(one, address=failure.masked(one.address), text="")


def _shown(one: failure.Failure) -> failure.Failure:
    return replace(one, text=one.text if len(one.text) <= _LETTERS else one.text[: _LETTERS - 1] + "…")


PAGES = (
    *reach.PAGES,
    *left_out.PAGES,
    Page("email-report", f"/resources/{KIND}/{{name}}/report", _report),
    Page("email-failures", f"/resources/{KIND}/{{name}}/failures", _failures),
)
