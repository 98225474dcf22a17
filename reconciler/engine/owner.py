"""Owners of leases: tokens of executions, and whether the process of one is known to be gone."""

import os
import platform
import uuid
from pathlib import Path


def new_owner() -> str:
    """A token of this one execution: two executions of one process are two owners."""
    return f"{_process_table()}/{os.getpid()}.{_began(os.getpid())}/{uuid.uuid4().hex}"


def has_ended(owner: str) -> bool:
    """Whether the owner's process is known to be gone. One of another machine or container is not known."""
    table, _, rest = owner.rpartition("/")[0].rpartition("/")
    if table != _process_table() or os.name != "posix":
        return False
    pid, _, began = rest.partition(".")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _began(int(pid)) not in (began, "")  # else its number was given to another since


def _began(pid: int) -> str:
    """When a process began, in ticks since the boot; empty where that cannot be known."""
    try:
        # What stands before the last parenthesis is the number and the name, and a name may hold anything.
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _process_table() -> str:
    """What tells this table of processes from all others: this boot of this kernel, and the namespace of its pids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{platform.node()}/{uuid.getnode():x}"  # no Linux, so no namespaces either
