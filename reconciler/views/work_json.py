"""Outside work as JSON: how far it has come. The shape is documented in docs/how-to/watch-a-campaign-run.md."""

from typing import Any

from reconciler.model.instant import to_text
from reconciler.model.progress import Condition, Progress, Through
from reconciler.model.returns import Sign
from reconciler.model.work import LaneView, Stage


def progress_to_json(one: Progress) -> dict[str, Any]:
    """All that is known of a job's work. Counts are units, rates units a minute, spans seconds."""
    job, left = one.job, one.time_left
    return {
        **brief_to_json(one),
        "failed": one.count(Stage.FAILED),
        "suppressed": one.count(Stage.SUPPRESSED),
        "cancelled": one.count(Stage.CANCELLED),
        "unknown": one.count(Stage.UNKNOWN),
        "underWay": one.count(Stage.SENDING),
        "openedAt": to_text(job.opened_at) if job.opened_at else None,
        "at": to_text(one.now),
        "askedRate": round(one.asked, 2) if one.asked is not None else None,
        "behind": round(one.behind, 2),
        "secondsLeft": round(left.total_seconds()) if left is not None else None,
        "lagSeconds": round(one.lag.total_seconds(), 1),
        "events": events_to_json(one),
        "lanes": {condition.value: one.lanes(condition) for condition in Condition},
        "connections": [_through(each) for each in one.through],
        "resting": [_resting(lane) for lane in one.resting],
        "stuck": [{"lane": lane.number, "via": lane.via, "left": lane.left} for lane in one.stuck],
    }


def brief_to_json(one: Progress) -> dict[str, Any]:
    """The same in short, as lists show it."""
    return {
        "phase": one.job.phase.value,
        "total": one.total,
        "sent": one.sent,
        "left": one.left,
        "percent": one.percent,
        "rate": round(one.rate, 2),
    }


def events_to_json(one: Progress) -> dict[str, int]:
    """Of how many units each sign was heard; delivered are those that were accepted and have not bounced since."""
    return {**{sign.value: one.units_heard(sign) for sign in Sign}, Sign.DELIVERED.value: one.delivered}


def _through(one: Through) -> dict[str, Any]:
    return {
        "via": one.via,
        "lanes": one.lanes,
        "atWork": one.at_work,
        "resting": one.resting,
        "sent": one.sent,
        "failed": one.failed,
        "left": one.left,
    }


def _resting(lane: LaneView) -> dict[str, Any]:
    trouble = lane.trouble
    return {
        "lane": lane.number,
        "via": lane.via,
        "left": lane.left,
        "since": to_text(trouble.since) if trouble else None,
        "permanent": trouble.is_permanent if trouble else None,
        "message": trouble.message if trouble else None,
        "againAt": to_text(lane.due_at) if lane.due_at else None,
    }
