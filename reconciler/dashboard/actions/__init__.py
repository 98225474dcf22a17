"""What an operator may do from a page: offers that lead to a page to confirm, and what is done once it is."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from reconciler.dashboard.actions import changing, contacting, holding, taking, trying
from reconciler.dashboard.actions.changing import DUPLICATE, FLAG, NEW_VERSION, SCHEDULE, Kindred, Prepare
from reconciler.dashboard.actions.detailing import DETAILS
from reconciler.dashboard.page import Page
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.web.door import Answer

_DO: Final = "/resources/{kind}/{name}/do"
_MOST: Final = 32 << 10
"""Bytes of a form: a reason, a few times and names."""


def _does(name: str, path: str, show: Callable[[Visit], Answer], do: Callable[[Visit], Answer]) -> Iterator[Page]:
    """A page that says what will happen, and what is done once it is sent."""
    yield Page(f"{name}-page", path, show, Role.OPERATOR)
    yield Page(name, path, do, Role.OPERATOR, ("POST",), _MOST)


def _prepares(name: str, path: str, prepare: Prepare) -> Iterator[Page]:
    """A change as a file, and on a branch."""
    yield Page(f"{name}-patch", f"{path}/patch", partial(changing.patch, prepare), Role.OPERATOR)
    branch = partial(changing.branch, prepare)
    yield Page(f"{name}-branch", f"{path}/branch", branch, Role.ADMINISTRATOR, ("POST",), _MOST)


def _changes(name: str, path: str, change: Kindred) -> Iterator[Page]:
    yield Page(name, path, partial(changing.page, change), Role.OPERATOR)
    yield from _prepares(name, path, change.prepare)


PAGES: Final = (
    *_does("take", f"{_DO}/take/{{event}}", taking.page, taking.take),
    *_prepares("take", f"{_DO}/take/{{event}}", taking.proposed),
    *_changes("flag", f"{_DO}/flag/{{flag}}", FLAG),
    *_changes("duplicate", f"{_DO}/duplicate", DUPLICATE),
    *_changes("new-version", f"{_DO}/new-version", NEW_VERSION),
    *_changes("edit-schedule", f"{_DO}/edit-schedule", SCHEDULE),
    *_changes("edit-details", f"{_DO}/edit-details", DETAILS),
    *_does("hold", f"{_DO}/hold", holding.hold_page, holding.hold),
    *_does("enqueue", f"{_DO}/enqueue", contacting.enqueue_page, contacting.enqueue_now),
    *_does("pause-engine", "/execution/pause", contacting.pause_page, contacting.pause),
    *_does("resume-engine", "/execution/resume", contacting.resume_page, contacting.resume),
    *_does("send-test", f"{_DO}/send-test", trying.page, trying.send),
    *_does("release", f"{_DO}/release", holding.release_page, holding.release),
)
