"""A page: where it stands, who may see it, and what makes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.dashboard.visitor import Role
from reconciler.web.door import Answer

if TYPE_CHECKING:
    from reconciler.dashboard.visit import Visit


class Missing(Exception):
    """There is nothing at this address; the text says what was looked for."""


class Refused(Exception):
    """What was asked cannot be done; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Page:
    """`path` is as Starlette writes it, with {names}. A page that takes a form has `most` bytes for it."""

    name: str
    path: str
    make: "Callable[[Visit], Answer]"
    role: Role = Role.VIEWER
    methods: tuple[str, ...] = ("GET",)
    most: int = 0
