"""A campaign's work while it goes on: a bar on a terminal, else a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from reconciler.model.progress import Progress
from reconciler.views.work_text import heard_parts, odd_parts, rate_text, span_text, summary

LINE_EVERY: Final = 10
"""Looks after which something that has moved is told again, where nobody sees a bar."""

Show = Callable[[str, Progress | None], None]
"""Told the state and how far the work is, at each look."""


@contextmanager
def following(write: Callable[[str], None]) -> Iterator[Show]:
    """Shows what it is told: on stderr where that is a terminal, else by `write`."""
    if not sys.stderr.isatty():
        yield _Lines(write)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[more]}", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, more="")

        def show(state: str, one: Progress | None) -> None:
            if one is None:
                bar.update(task, description=state)
            else:
                bar.update(
                    task, description=state, total=one.total, completed=one.total - one.left, more=more_text(one)
                )

        yield show


def more_text(one: Progress) -> str:
    """What stands beside the bar: percentage, rate, time left, and what went otherwise, and what was heard (E-50)."""
    left = [f"{span_text(one.time_left)} left"] if one.left and one.time_left is not None else []
    rate = [f"{rate_text(one.rate)}/min"] if one.is_open and one.left else []
    return "  ".join([f"{int(one.percent)} %", *rate, *left, *odd_parts(one), *heard_parts(one)])


@dataclass(slots=True)
class _Lines:
    """Implements `Show`: a line at the beginning, with every new state, and now and then where something has moved."""

    write: Callable[[str], None]
    _told: tuple[str, str] = ("", "")
    _looks: int = 0

    def __call__(self, state: str, one: Progress | None) -> None:
        now = state, summary(one) if one else ""
        self._looks += 1
        if now[0] != self._told[0] or (now != self._told and self._looks >= LINE_EVERY):
            self.write("  ".join(part for part in now if part))
            self._told, self._looks = now, 0
