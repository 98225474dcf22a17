"""Leases: which execution is at work on an intent, and whether it may still be."""

import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from reconciler.model.ports import Clock, Intent, Lease, Store

LEASE: Final = timedelta(seconds=60)
"""How long a run may be at work on the effects of one step before another run takes it for dead."""


@dataclass(frozen=True, slots=True)
class LeaseClock:
    """The clock by which leases end: the store's. Implements `ports.Clock`."""

    store: Store
    machine: Clock

    def now(self) -> datetime:
        """See `ports.Store.time`."""
        return self.store.time(self.machine.now())


def new_owner() -> str:
    """A token of this one execution: two executions of one process are two owners."""
    return f"{_process_table()}/{os.getpid()}/{uuid.uuid4().hex}"


def in_hand(intent: Intent, now: datetime) -> Lease | None:
    """The lease of a run that may still be at work on `intent`: it has not run out, and its process may be alive."""
    lease = intent.lease
    return lease if lease and now < lease.expires_at and not _ended(lease.owner) else None


@contextmanager
def let_go_on_failure(store: Store, intent: Intent) -> Iterator[None]:
    """Whatever ends the work before its time, Ctrl-C too: the next run need not wait for the lease to run out."""
    try:
        yield
    except BaseException:
        store.hand_over(intent, None)
        raise


def _ended(owner: str) -> bool:
    """Whether the owner's process is known to be gone. One of another machine or container is not known."""
    table, _, rest = owner.rpartition("/")[0].rpartition("/")
    if table != _process_table() or os.name != "posix":
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _process_table() -> str:
    """What tells this table of processes from all others: this boot of this kernel, and the namespace of its pids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{platform.node()}/{uuid.getnode():x}"  # no Linux, so no namespaces either
