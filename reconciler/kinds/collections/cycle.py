"""The scheduler's cycle: accounts are given to campaigns and queued, and what is due is given to lanes. (C-02, C-26, AMB-C9)

Any number of workers look; a cycle is one worker's (`contact_cycles`), and done by parts, so that its other work goes on
meanwhile. Whatever is done twice all the same does nothing the second time (AMB-C10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.board import Board, Boards, Running
from reconciler.kinds.collections.contacting import lose
from reconciler.kinds.collections.deciding import matches
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.model.accounts import Account, AccountPass
from reconciler.model.contact_queue import Place
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store

ALL: Final = 0
"""The cycle that concerns all campaigns."""
LEASE: Final = timedelta(minutes=5)
"""After which a cycle is begun anew whose worker was lost."""
PART: Final = 1000
"""Accounts that are looked at, and contacts that are given to lanes, at a time."""
