"""How long is waited for a connection that is out."""

from datetime import datetime, timedelta
from typing import Final

from reconciler.model.work import Trouble

SHORTEST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(minutes=5)
"""Between these a lane rests whose server is down: as long as it has been down so far."""


def rest_of(trouble: Trouble | None, now: datetime) -> timedelta:
    """How long to rest: at least five seconds, at most five minutes, else as long as the trouble has lasted."""
    return min(max(now - trouble.since if trouble else SHORTEST, SHORTEST), LONGEST)
