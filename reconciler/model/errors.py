"""The tree of exceptions: everything that is neither the user's files nor a bug.

    MusterError
    ├── Usage          64  the call's words are off
    ├── Invalid         3  files or definitions are invalid; carries diagnostics
    ├── Stale           6  the plan no longer matches
    ├── Busy            7  another writer holds the store
    ├── Partial         8  stopped midway; the log says where
    ├── Interrupted   130  the person said stop
    └── StoreError      1  the store cannot be read or written
        └── Conflict    6  compare-and-set lost: the row is not what the plan saw

A runtime says how to go on after a failure by the type it raises: `Transient` (try again after a delay) or `Permanent`.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the door loads this module for every command, `--help` too
    from reconciler.model.diagnostic import Diagnostic


class MusterError(Exception):
    """A failure with an exit code of its own."""

    exit_code = 1


class Usage(MusterError):
    """The command line asks for something that does not exist."""

    exit_code = 64


class Invalid(MusterError):
    """The user's files do not hold together; the diagnostics say where."""

    exit_code = 3

    def __init__(self, diagnostics: "tuple[Diagnostic, ...]") -> None:
        super().__init__(f"{len(diagnostics)} problems")
        self.diagnostics = diagnostics


class Stale(MusterError):
    """What was reviewed is not what would be done now."""

    exit_code = 6


class Busy(MusterError):
    """Another writer holds the store for longer than we wait."""

    exit_code = 7


class Partial(MusterError):
    """Some steps are done and logged, the rest is not."""

    exit_code = 8


class Interrupted(MusterError):
    """The person did not confirm, or pressed Ctrl-C."""

    exit_code = 130


class StoreError(MusterError):
    """The store is missing, newer than this program, or damaged."""


class Conflict(StoreError):
    """The row changed since it was read; nothing of this step was written."""

    exit_code = 6


class Permanent(Exception):
    """A runtime cannot perform this, now or later."""


class Transient(Exception):
    """A runtime cannot perform this now; try again after `delay`."""

    def __init__(self, message: str, delay: timedelta) -> None:
        super().__init__(message)
        self.delay = delay
