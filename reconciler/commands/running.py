"""What commands have in common that run until a signal ends them: their log, and their signals."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import click

from reconciler.controller.alarm import Alarm, Ring
from reconciler.controller.talk import Level
from reconciler.model.errors import Interrupted
from reconciler.model.ports import Clock
from reconciler.views.log_line import as_json, as_text

if TYPE_CHECKING:
    from reconciler.commands.options import Common


@dataclass(frozen=True, slots=True)
class Log:
    """Implements `talk.Say` on stderr."""

    clock: Clock
    form: str
    color: bool

    @classmethod
    def on_stderr(cls, common: "Common", form: str | None, clock: Clock) -> "Log":
        """As it was asked for, else text for people and JSON for whatever collects logs."""
        is_terminal = sys.stderr.isatty()
        return cls(clock, form or ("text" if is_terminal else "json"), is_terminal and common.color)

    def __call__(self, message: str, /, level: Level = Level.INFO, **data: object) -> None:
        """One line, out at once."""
        now = self.clock.now()
        line = (
            as_json(now, level.value, message, data)
            if self.form == "json"
            else as_text(now, level.value, message, data, self.color)
        )
        click.echo(line, err=True)


@contextmanager
def signals(alarm: Alarm, at_once: str) -> Iterator[None]:
    """SIGTERM and SIGINT ask to stop, the second time `at_once`, which says what that leaves; SIGHUP asks to read anew."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if alarm.stopping:
            raise Interrupted(at_once)
        alarm.ring(Ring.STOP)

    def reload(_number: int, _frame: FrameType | None) -> None:
        alarm.ring(Ring.RELOAD)

    before = {
        number: signal.signal(number, handler)
        for number, handler in ((signal.SIGTERM, stop), (signal.SIGINT, stop), (signal.SIGHUP, reload))
    }
    woken = signal.set_wakeup_fd(alarm.bell, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def unheard() -> Iterator[None]:
    """Threads that start within take no signals, nor do theirs: one that another thread takes interrupts nothing here."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
