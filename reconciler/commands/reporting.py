"""What `email report` and `email failures` tell, made from the store."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.kinds.email.failure import NAMES, USUAL, failures, masked
from reconciler.kinds.email.report import Campaign, Report, report
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase

KIND: Final = "EmailCampaign"


def reported(common: Common, text: str, form: str) -> Iterable[str]:
    """The report of a campaign, in parts. Usage where it was never launched."""
    one = _report(common, text)
    match form:
        case "json":
            from reconciler.views.email_report_rows import report_to_json

            return (report_to_json(one),)
        case "csv":
            from reconciler.views.email_report_rows import report_to_csv

            return report_to_csv(one)
        case "svg":
            from reconciler.views.email_report_svg import report_to_svg

            return (report_to_svg(one),)
    from reconciler.views.email_report import render_report

    return (render_report(one, common.color),)


def failed(common: Common, text: str, stages: tuple[str, ...], form: str, mask: bool) -> Iterator[str]:
    """The failure log of a campaign, line by line. Usage for a stage that there is not."""
    from reconciler.views.failures import failures_csv, failures_jsonl, failures_text

    odd = [name for name in stages if name not in NAMES]
    if odd:
        raise Usage(f"{odd[0]!r} is none of {', '.join(NAMES)}")
    store = common.app().store()
    _, uid = _launched(store, text)
    found = failures(store.sums, uid, stages or USUAL)
    shown = (replace(one, address=masked(one.address), text="") for one in found) if mask else found
    if form == "text":
        return failures_text(shown, common.color)
    return failures_csv(shown) if form == "csv" else failures_jsonl(shown)


def written(parts: Iterable[str], out: str | None) -> None:
    """Write a result, part by part as it comes. Usage where the file cannot be written."""
    try:
        with Path(out).open("w", encoding="utf-8") if out else nullcontext(sys.stdout) as file:
            for part in parts:
                file.write(part if part.endswith("\n") else f"{part}\n")
            file.flush()
    except OSError as error:
        if out is None:
            raise
        raise Usage(f"{out} cannot be written: {error.strerror}") from None


def _report(common: Common, text: str) -> Report:
    app = common.app()
    store, kinds = app.store(), app.kinds()
    with store.snapshot():
        ref, uid = _launched(store, text)
        resource, now = store.load([ref])[ref], store.time(app.clock.now())
        job = store.ledger.view(uid, now)
        is_over = kinds.table[KIND].lifecycle.states[resource.state].final
        opened_at = job.opened_at if job else None
        about = Campaign(ref, resource.state, resource.flags, app.project.timezone or "UTC", now, opened_at, is_over)
        return report(store.sums, uid, about)


def _launched(store: Store, text: str) -> tuple[Ref, int]:
    """The campaign that is meant, by its name or ref, and its uid. Usage where there is nothing to tell of it."""
    ref = find(text if "/" in text else f"{KIND}/{text}", store.heads())
    if ref.kind != KIND:
        raise Usage(f"{ref} is no {KIND}")
    uid = store.ledger.uid(ref)
    if not any(one.uid == uid and one.phase is not Phase.STAGED for one in store.ledger.jobs()):
        raise Usage(f"{ref} was not launched yet: there is nothing to tell of its mails")
    return ref, uid
