"""A door: a path, what may be asked there, and a plain function that answers. Nothing here knows the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from reconciler.model.ports import Store

SMALL: Final = 4 << 10
"""Bytes of a body where nothing is expected but a form's few words."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `client` is the address of whoever asks, by which some are told to wait; header names are small."""

    method: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    client: str
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)
    """What stands behind the question mark; of what is there twice, the last."""
    pairs: tuple[tuple[str, str], ...] = ()
    """The same with all that is there twice, in order."""
    path: str = ""
    """As it was sent, without what stands behind the question mark."""
    peer: str = ""
    """The address that has connected, whoever it says that it speaks for."""
    twice: frozenset[str] = frozenset()
    """Headers that came several times, of which `headers` has the last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a long answer, and what makes the next one; None behind the last."""

    body: bytes
    rest: "Rest | None" = None


Rest = Callable[[Store], Piece]
"""Makes a piece, in a thread of its own, once the piece before it is on its way; no thread waits for a slow client."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; `what` is the word under which it is counted. One that goes on behind `body` has a `rest`."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    what: str = ""
    rest: Rest | None = None


Handler = Callable[[Ask, Store], Answer]
"""Answers, in a thread of its own, over that thread's store."""


class Says(Protocol):
    """Makes an answer of a sentence."""

    def __call__(self, status: int, text: str, what: str = "", **headers: str) -> Answer:
        """The sentence; `what` is the word under which it is counted, `headers` are named with _ for -."""
        ...


def plain(status: int, text: str, what: str = "", **headers: str) -> Answer:
    """A line of text."""
    return Answer(status, f"{text}\n".encode(), headers=named(headers), what=what)


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as they are called."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class Door:
    """Where a handler is found. A body may have `most` bytes. `admits` says, before that is read, who is sent away.

    `says` is how it is answered that something goes too far, or wrong behind the door.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    handler: Handler
    most: int = 0
    admits: Callable[[Ask], Answer | None] = lambda _ask: None
    says: Says = plain
