"""Campaigns of a program in a line each, for the tests of what visitors are answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.kinds.referral.answer import Running
from reconciler.kinds.referral.referral_campaign.spec import ReferralCampaignSpec
from reconciler.model.ref import Ref

PAUSED_AT = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""When whatever is not live any more ceased to be."""
NOW = PAUSED_AT + timedelta(days=3)
BEFORE = PAUSED_AT - timedelta(days=3)


def ref(name: str) -> Ref:
    return Ref("ReferralCampaign", name)


def campaign(name: str, state: str, *, zone: str = "UTC", since: datetime = PAUSED_AT, **spec: Any) -> Running:
    """A campaign; `spec` as a manifest has it, in JSON's names."""
    written = {"program": "friends", **spec}
    return Running(ref(name), state, since, ReferralCampaignSpec.model_validate_json(_json(written)), zone)


def _json(value: object) -> str:
    import json

    return json.dumps(value)
