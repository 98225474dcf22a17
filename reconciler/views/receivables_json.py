"""Receivables campaigns as JSON. The shape is documented in docs/how-to/run-a-receivables-campaign.md."""

from typing import Any

from reconciler.kinds.receivables.batch import Batch
from reconciler.kinds.receivables.guidance import advice_of
from reconciler.kinds.receivables.sheet import Overview, Sheet, Step
from reconciler.model.enrolments import Saying
from reconciler.model.in_campaign import Alert, Gap, Processed, Share
from reconciler.model.instant import to_text


def share_to_json(one: Share, part: str, whole: str) -> dict[str, Any]:
    """Both counts by these names, and the percents as exact decimal text; None where there is nothing to be a share of."""
    return {part: one.part, whole: one.whole, "percent": f"{one.percent:.2f}" if one.percent is not None else None}


def campaign_share(one: Share) -> dict[str, Any]:
    """The figure of one campaign."""
    return share_to_json(one, "matchingEnrolled", "matching")


def tenant_to_json(one: Overview) -> dict[str, Any]:
    """The tenant's figure, and the open alert."""
    return {
        **share_to_json(one.tenant, "inActiveCampaign", "collectable"),
        "expectedPercent": one.expected,
        "alert": alert_to_json(one.alert) if one.alert else None,
    }


def alert_to_json(one: Alert) -> dict[str, Any]:
    """An alert as it was when it opened."""
    return {
        "id": one.id,
        "openedAt": to_text(one.opened_at),
        "closedAt": to_text(one.closed_at) if one.closed_at else None,
        "expectedPercent": one.expected,
        **share_to_json(one.share, "inActiveCampaign", "collectable"),
        "guidance": [gap_to_json(gap) for gap in one.guidance],
    }


def gap_to_json(gap: Gap) -> dict[str, Any]:
    """Invoices outside for one cause."""
    advice = advice_of(gap)
    return {
        "cause": gap.cause.value,
        "campaign": gap.campaign or None,
        "invoices": gap.invoices,
        "examples": list(gap.examples),
        "what": advice.what,
        "todo": advice.todo,
    }


def alerts_to_json(one: Overview, past: tuple[Alert, ...]) -> dict[str, Any]:
    """How it stands, why invoices are outside now, and the alerts that there were."""
    return {
        "inCampaign": tenant_to_json(one),
        "outside": [gap_to_json(gap) for gap in one.gaps],
        "support": one.support or None,
        "unheard": one.unheard or None,
        "alerts": [alert_to_json(alert) for alert in past],
    }


def campaign_to_json(one: Sheet) -> dict[str, Any]:
    """All about one campaign."""
    return {
        "ref": str(one.ref),
        "state": one.state,
        "title": one.title,
        "inCampaign": campaign_share(one.share),
        "enrolled": one.flow.enrolled,
        "suspended": one.flow.suspended,
        "exits": {why.value: count for why, count in one.flow.exits.items()},
        "steps": [_step(step) for step in one.steps],
        "firstBatch": batch_to_json(one.first, with_invoices=False),
        "tenant": tenant_to_json(one.overview),
    }


def _step(one: Step) -> dict[str, Any]:
    said = {_camel(stage.value): one.said.get(stage, 0) for stage in Saying}
    return {"number": one.number, "day": one.day, "way": one.way, "due": one.due, **said}


def batch_to_json(one: Batch, *, with_invoices: bool = True) -> dict[str, Any]:
    """What became of the first invoices."""
    return {
        "verdict": one.finding.value,
        "invoices": len(one.invoices),
        "reached": one.reached,
        "failed": one.failed,
        "unreached": one.unreached,
        "waiting": one.waiting,
        "exits": {why.value: count for why, count in one.exits.items()},
        **({"processed": [_processed(each) for each in one.invoices]} if with_invoices else {}),
    }


def _processed(one: Processed) -> dict[str, Any]:
    return {
        "invoice": one.number,
        "enteredAt": to_text(one.entered_at),
        "nextStep": one.step + 1 if one.exit is None else None,
        "dueOn": one.due_on.isoformat() if one.exit is None and one.still_since is None else None,
        "suspendedSince": one.still_since.isoformat() if one.exit is None and one.still_since else None,
        "exit": one.exit.value if one.exit else None,
        "exitedAt": to_text(one.exited_at) if one.exited_at else None,
        "communications": [
            {
                "step": said.step + 1,
                "at": to_text(said.at),
                "channel": said.channel,
                "stage": said.stage.value,
                "detail": said.detail,
            }
            for said in one.said
        ],
    }


def _camel(text: str) -> str:
    first, *rest = text.split("_")
    return first + "".join(part.capitalize() for part in rest)
