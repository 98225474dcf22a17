"""How many a campaign would reach, and through which connections, were it launched now (E-05). Nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.kinds.email.audience import Audience
from reconciler.kinds.email.recipients import Resolution, resolve
from reconciler.kinds.email.split import split_counts
from reconciler.kinds.email.staging import Staging


@dataclass(frozen=True, slots=True)
class Estimate:
    """What resolving came to, and how many recipients each connection would carry."""

    resolution: Resolution
    connections: Mapping[str, int]


def estimate(audience: Audience, smtp: Mapping[str, Any] | None, staging: Staging, now: datetime) -> Estimate:
    """Resolve in a `staging` that the caller throws away: the very way of a launch, so the numbers are its numbers.

    A draft may have no `smtp` yet.
    """
    resolution = resolve(audience, staging, now)
    has_connections = smtp is not None and smtp.get("connections")
    return Estimate(resolution, split_counts(smtp, resolution.total) if smtp and has_connections else {})
