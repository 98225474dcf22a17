"""Who has come in with a token and has not left: kept in memory, so that leaving ends it, and a restart ends all."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from reconciler.dashboard.access.ways import Token, digest_of
from reconciler.dashboard.visitor import Role

LONGEST: Final = timedelta(hours=12)
"""After this one comes in again, whatever one does."""
IDLE: Final = timedelta(hours=4)
"""After this without a page one comes in again."""
MOST: Final = 50
"""Sessions of one token; with one more the oldest ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of somebody. `seal` stands in its forms."""

    name: str
    role: Role
    seal: str
    began: datetime
    seen: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended by itself."""
        return now >= self.began + LONGEST or now >= self.seen + IDLE


class Sessions:
    """All of them, by the digest of what the browser keeps. Threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: OrderedDict[bytes, Session] = OrderedDict()

    def begin(self, token: Token, now: datetime) -> str:
        """A session of whoever has shown this token: what their browser is to keep."""
        key = token_urlsafe(32)
        with self._guard:
            self._forget(token.name, now)
            self._open[digest_of(key)] = Session(token.name, token.role, token_urlsafe(32), now, now)
        return key

    def find(self, key: str, now: datetime, is_looking: bool = True) -> Session | None:
        """The session of this key, which goes on if somebody is looking; None where there is none, or it is over."""
        digest = digest_of(key)
        with self._guard:
            found = self._open.get(digest)
            if found is None or found.is_over(now):
                self._open.pop(digest, None)
                return None
            if is_looking:
                self._open[digest] = replace(found, seen=max(now, found.seen))
        return found

    def end(self, key: str) -> None:
        """Whoever has this key is a stranger."""
        with self._guard:
            self._open.pop(digest_of(key), None)

    def _forget(self, name: str, now: datetime) -> None:
        for digest, one in list(self._open.items()):
            if one.is_over(now):
                del self._open[digest]
        mine = [digest for digest, one in self._open.items() if one.name == name]
        for digest in mine[: max(0, len(mine) - MOST + 1)]:
            del self._open[digest]
