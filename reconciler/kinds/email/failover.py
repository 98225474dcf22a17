"""Failover: where connections take turns, one that is out leaves its recipients to the others (never across a split, E-44).

A connection is out once nothing about it will change by itself, or once it has been down for longer than the campaign
waits between two attempts for one recipient. What it was to carry goes to those that are not in trouble, for good.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.kinds.email.mailing import Terms
from reconciler.model.ledger import Ledger
from reconciler.model.work import JobView, LaneView


def fail_over(ledger: Ledger, uid: int, job: JobView, terms: Terms, now: datetime) -> int:
    """Give the recipients of connections that are out to the others; how many recipients."""
    if not terms.takes_turns:
        return 0
    patience = timedelta(seconds=max(terms.backoff, default=0.0))
    well = [lane.number for lane in job.lanes if lane.trouble is None]
    return sum(ledger.move(uid, via, well) for via in _out(job, patience, now)) if well else 0


def _out(job: JobView, patience: timedelta, now: datetime) -> Iterator[str]:
    """The connections with something left to do, none of whose lanes can do it."""
    for via in sorted({lane.via for lane in job.lanes if lane.left}):
        left = [lane for lane in job.lanes if lane.via == via and lane.left]
        if all(_is_out(lane, patience, now) for lane in left):
            yield via


def _is_out(lane: LaneView, patience: timedelta, now: datetime) -> bool:
    trouble = lane.trouble
    return trouble is not None and (trouble.is_permanent or now - trouble.since > patience)
