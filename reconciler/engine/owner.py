"""Owners of leases: tokens of executions, and whether the process of one is known to be gone."""

import os
import platform
import uuid
from pathlib import Path


def new_owner() -> str:
    """A token of this one execution: two executions of one process are two owners."""
    return f"{_process_table()}/{os.getpid()}/{uuid.uuid4().hex}"


def has_ended(owner: str) -> bool:
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
