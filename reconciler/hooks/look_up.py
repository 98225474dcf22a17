"""Addresses of a name, in a time that we choose: the system's resolver knows no deadline."""

import queue
import socket
import threading
from collections.abc import Callable

LookUp = Callable[[str, int, float], tuple[str, ...]]
"""The addresses of a host and port. OSError where there are none, TimeoutError where that takes more than so many seconds."""


def look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """See `LookUp`. A thread whose answer comes too late ends by itself, when the resolver gives up."""
    found: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()
    threading.Thread(target=_ask, args=(host, port, found.put), name="look up", daemon=True).start()
    try:
        answer = found.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _ask(host: str, port: int, tell: Callable[[tuple[str, ...] | OSError], None]) -> None:
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        tell(tuple(dict.fromkeys(found)))
    except OSError as error:
        tell(error)
    except ValueError:  # a name that no resolver can be asked for, such as one with an empty label
        tell(OSError("no such name"))
