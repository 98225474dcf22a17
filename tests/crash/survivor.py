"""What a crash test needs of the world outside: a child process that may die, and a runtime that outlives it."""

import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.model.canonical import Document
from reconciler.model.ports import Beat, Lookup
from reconciler.model.ref import Ref

_TABLE = "CREATE TABLE IF NOT EXISTS done (key TEXT PRIMARY KEY, effect TEXT, ref TEXT, times INTEGER)"
_PERFORM = "INSERT INTO done VALUES (?, ?, ?, 1) ON CONFLICT (key) DO NOTHING"


@dataclass(slots=True)
class LastingRuntime:
    """Performs by writing into a file of its own, once for each key. Implements `ports.Runtime`."""

    file: Path
    facts: Mapping[str, Any] = field(default_factory=dict)

    def observe(self, _ref: Ref, _document: Document, _beside: Lookup) -> Mapping[str, Any]:
        return self.facts

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        self._ask(_PERFORM, key, effect, str(ref))

    def performed(self, key: str) -> bool:
        return bool(self._ask("SELECT 1 FROM done WHERE key = ?", key))

    def done(self) -> list[tuple[str, str]]:
        """Every effect and its resource, once for each key by which it was brought about."""
        return sorted(self._ask("SELECT ref, effect FROM done"))

    def _ask(self, statement: str, *values: str) -> list[Any]:
        with sqlite3.connect(self.file, timeout=30) as db:
            db.execute(_TABLE)
            rows = db.execute(statement, values).fetchall()
        db.close()
        return rows


def fork(work: Callable[[], None]) -> int:
    """Start `work` in a child process; its pid. It ends with 0, with 1 and a traceback, or by a signal."""
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the parent's test from here
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)


@contextmanager
def living(work: Callable[[], None]) -> Iterator[int]:
    """A child process that does not outlive a test that fails meanwhile."""
    pid = fork(work)
    try:
        yield pid
    except BaseException:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        raise


def ended(pid: int) -> int:
    """How a child ended: its exit code, or the signal that killed it, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
