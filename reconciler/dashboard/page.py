"""A page: where it stands, who may see it, and what makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.dashboard.refusals import Missing, Refused
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.web.door import Answer

__all__ = ["Missing", "Page", "Refused"]
"""All that whoever writes a page needs from here."""


@dataclass(frozen=True, slots=True)
class Page:
    """`path` is as Starlette writes it, with {names}. A page that takes a form has `most` bytes for it."""

    name: str
    path: str
    make: Callable[[Visit], Answer]
    role: Role = Role.VIEWER
    methods: tuple[str, ...] = ("GET",)
    most: int = 0
