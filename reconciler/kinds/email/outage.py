"""The end of a campaign, as its ledger shows it: all dealt with, or no way to go on (E-23, E-28, AMB-E7)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.email.failover import fail_over
from reconciler.kinds.email.mailing import Terms
from reconciler.model.ports import Report, Store
from reconciler.model.work import JobView, LaneView, Stage

KIND: Final = "EmailCampaign"


def ended(store: Store, clock: Callable[[], datetime], terms_of: Callable[[int], Terms]) -> Iterator[Report]:
    """The campaigns that are over: completed, or failed with the reason.

    Where one has a connection in trouble, another may take its recipients over first.
    """
    ledger = store.ledger
    drained = dict(ledger.drained(KIND))
    for uid, ref in ledger.open_jobs(KIND):
        now = store.time(clock())
        if uid in drained:
            job = ledger.view(uid, now)
            unfit = job is not None and nobody_can_be_written_to(job) and ledger.first_answer(uid, Stage.FAILED)
            if unfit and unfit.get("class") == "unfit":
                yield Report(ref, "fail", f"nobody could be written to; the first: {unfit.get('text', '')}")
            else:
                yield Report(ref, "complete", _said(job))
        elif ledger.in_trouble(uid):
            job, terms = ledger.view(uid, now), terms_of(uid)
            if job and not fail_over(ledger, uid, job, terms, now):
                why = hopeless(job, now, timedelta(seconds=terms.max_outage))
                if why:
                    yield Report(ref, "fail", why)


def _said(job: JobView | None) -> str:
    if job is None or not job.total:
        return "warning: there was nobody to send to, 0 of 0"
    return "every recipient has been dealt with"


def nobody_can_be_written_to(job: JobView) -> bool:
    """Whether there were recipients, and every one of them failed who was not suppressed meanwhile."""
    failed = job.stages.get(Stage.FAILED, 0)
    return failed > 0 and failed + job.stages.get(Stage.SUPPRESSED, 0) == job.total


def hopeless(job: JobView, now: datetime, max_outage: timedelta) -> str:
    """Why none of the lanes that still have something to do can go on; empty where one can."""
    left = [lane for lane in job.lanes if lane.left]
    if not left or not all(_is_out(lane, now, max_outage) for lane in left):
        return ""
    # Those too that another has taken over from before it was out itself.
    by_connection = {lane.via: lane.trouble.message for lane in job.lanes if lane.trouble}
    return "; ".join(f"{via}: {message}" for via, message in sorted(by_connection.items()))


def _is_out(lane: LaneView, now: datetime, max_outage: timedelta) -> bool:
    trouble = lane.trouble
    return trouble is not None and (trouble.is_permanent or now - trouble.since >= max_outage)
