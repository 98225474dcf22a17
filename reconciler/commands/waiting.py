"""How a test waits for the limits of an SMTP connection, which campaigns draw on too."""

import time
from datetime import datetime, timedelta
from typing import Final

import click

from reconciler.kinds.messaging.relay import Relay
from reconciler.model.errors import Busy
from reconciler.model.instant import to_text

PATIENCE: Final = timedelta(minutes=1)
"""How long a test waits for them."""


def wait(relay: Relay, now: datetime, until: datetime) -> None:
    """Until then. Busy where that takes too long."""
    span = until - now
    if span > PATIENCE:
        raise Busy(f"the limits of {relay.name} are used up until {to_text(until)}; try again then, or say --via")
    if span > timedelta(seconds=1):
        click.echo(f"waiting for the limits of {relay.name} until {to_text(until)}", err=True)
    time.sleep(max(span.total_seconds(), 0))
