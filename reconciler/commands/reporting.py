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
from reconciler.kinds.email.report import Report, report_of
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
    uid = _launched(store, text)
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
        ref = _meant(store, text)
        resource, now = store.load([ref])[ref], store.time(app.clock.now())
        is_over = kinds.table[KIND].lifecycle.states[resource.state].final
        found = report_of(store, resource, app.project.timezone or "UTC", now, is_over)
        if found is None:
            raise _unlaunched(ref)
        return found


def _launched(store: Store, text: str) -> int:
    """The uid of the campaign that is meant, by its name or ref. Usage where there is nothing to tell of it."""
    ref = _meant(store, text)
    uid = store.ledger.uid(ref)
    if not any(one.uid == uid and one.phase is not Phase.STAGED for one in store.ledger.jobs()):
        raise _unlaunched(ref)
    return uid


def _meant(store: Store, text: str) -> Ref:
    ref = find(text if "/" in text else f"{KIND}/{text}", store.heads())
    if ref.kind != KIND:
        raise Usage(f"{ref} is no {KIND}")
    return ref


def _unlaunched(ref: Ref) -> Usage:
    return Usage(f"{ref} was not launched yet: there is nothing to tell of its mails")
