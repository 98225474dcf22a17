"""`muster` as stories call it: the command line of this checkout, on the Monday on which every story plays."""

import os
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from reconciler.app import SystemClock
from reconciler.commands import main

STORY_DAY = "2026-11-23T09:00:00+00:00"
"""A story about another day says so: `$ export STORY_NOW=2027-01-12T08:30:00+00:00`."""


def now(self: SystemClock) -> datetime:
    """The time of the story."""
    return datetime.fromisoformat(os.environ.get("STORY_NOW", STORY_DAY))


if __name__ == "__main__":
    SystemClock.now = now  # type: ignore[method-assign]
    main()
