"""Where tests write: into memory, where the machine has some to spare.

Whoever is killed finds what was written there as on a disk; only a power cut would tell the two apart, and waiting for a
disk takes a good part of the time of thousands of small stores.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
ENOUGH: Final = 4 << 30
"""Bytes: what all tests at once leave there stays far below."""


def into_memory() -> None:
    """Have this process and its children write there, unless somebody has named another place."""
    if "TMPDIR" not in os.environ and _is_fit(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # whoever has asked already is told anew


def near_the_root() -> str:
    """A place with a short path, in memory where the tests write there."""
    return str(MEMORY) if Path(tempfile.gettempdir()) == MEMORY else "/tmp"


def _is_fit(place: Path) -> bool:
    """Whether there is room, and programs may be run from there."""
    with suppress(OSError):
        runs = not os.statvfs(place).f_flag & os.ST_NOEXEC
        return runs and os.access(place, os.W_OK) and shutil.disk_usage(place).free > ENOUGH
    return False
