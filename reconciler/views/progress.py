"""A progress bar on stderr for long work; nothing where nobody watches or nothing takes long."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WORTH_A_BAR = 2_000
"""Steps below which the work is over before a bar is drawn."""


@contextmanager
def progress_bar(total: int, what: str = "applying") -> Iterator[Callable[[int], None]]:
    """A function that is told how many steps were done."""
    if total < WORTH_A_BAR or not sys.stderr.isatty():
        yield lambda _steps: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda steps: progress.advance(task, steps)


@contextmanager
def counting(what: str, step: int = 1_000) -> Iterator[Callable[[], None]]:
    """A function that is called for every `step` of something whose end nobody knows; a count on a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = ("[progress.description]{task.description}", BarColumn(), TextColumn("{task.completed:,}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda: progress.advance(task, step)
