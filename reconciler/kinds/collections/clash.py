"""Where a strategy, as it is written, asks for contacts sooner than the limits let them come. Pure.

It is legal: such contacts are put off. But then the strategy does not say when people are contacted; the limits do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from reconciler.kinds.collections.limits import MIN_INTERVAL, PER_DAY, PER_WEEK, WEEK, Limits
from reconciler.kinds.collections.steps import Course

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Try:
    """A try as the strategy has it: so long after the account joined, where nobody is reached."""

    at: timedelta
    gap: timedelta
    """Time since the try before."""
    step: int
    member: str
    """What of the step says when it comes: wait or retryDelay."""


def clashes(course: Course, limits: Limits) -> Iterator[str]:
    """What the strategy asks for and the limits forbid, each rule once for a step, with the numbers."""
    tries = tuple(_tries(course))
    yield from _too_soon(tries, limits)
    asked = limits.settings.limits
    if asked.per_day is not None:
        yield from _too_many(tries, asked.per_day, _DAY / 2, f"{PER_DAY} is {asked.per_day}", "half a day")
    if asked.per_week is not None:
        yield from _too_many(tries, asked.per_week, WEEK * _DAY, f"{PER_WEEK} is {asked.per_week}", "seven days")


def _tries(course: Course) -> Iterator[_Try]:
    at = timedelta()
    for number, step in enumerate(course.steps):
        at += step.wait
        yield _Try(at, step.wait, number, "wait")
        for _ in range(step.retries):
            at += step.retry_delay
            yield _Try(at, step.retry_delay, number, "retryDelay")


def _too_soon(tries: tuple[_Try, ...], limits: Limits) -> Iterator[str]:
    told: set[tuple[int, str]] = set()
    for one in tries[1:]:
        if one.gap < limits.min_interval and (one.step, one.member) not in told:
            told.add((one.step, one.member))
            least = limits.settings.limits.min_interval
            yield f"step {one.step + 1}: {one.member} {_span(one.gap)} is shorter than {MIN_INTERVAL} {least}"


def _too_many(tries: tuple[_Try, ...], most: int, within: timedelta, rule: str, words: str) -> Iterator[str]:
    """The first place at which more contacts follow one another in a span than a limit lets through."""
    for first, last in zip(tries, tries[most:], strict=False):
        if last.at - first.at < within:
            count = sum(first.at <= one.at < first.at + within for one in tries)
            steps = (
                f"step {first.step + 1}" if first.step == last.step else f"steps {first.step + 1} to {last.step + 1}"
            )
            yield f"{steps}: {count} contacts in {words}, {rule}"
            return


def _span(length: timedelta) -> str:
    """A duration as manifests write it."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds else "0d"
