"""A door before PostgreSQL that can fall shut at the worst moment: while a transaction is being committed."""

import re
import select
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

_COMMIT = re.compile(rb"COMMIT\b")
"""The command; a level of isolation is READ COMMITTED."""


class Loss(StrEnum):
    """What is lost when the next COMMIT comes by; the connection always is."""

    NOTHING = "nothing"
    ANSWER = "the answer"
    QUESTION = "the question"


@dataclass(slots=True)
class Proxy:
    """Passes on what client and server say. `loss` happens once."""

    socket_of_server: Path
    directory: Path
    loss: Loss = Loss.NOTHING
    lost: int = 0
    _listening: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.directory / ".s.PGSQL.5432"))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return f"postgresql://muster@/{database}?host={quote(str(self.directory), safe='')}"

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listening.accept()[0]
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.socket_of_server))
        with client, server, suppress(OSError):
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if not data or (one is client and self._is_lost(data, server)):
                        return
                    (server if one is client else client).sendall(data)

    def _is_lost(self, data: bytes, server: socket.socket) -> bool:
        loss = self.loss
        if loss is Loss.NOTHING or not _COMMIT.search(data):
            return False
        self.loss, self.lost = Loss.NOTHING, self.lost + 1
        if loss is Loss.ANSWER:
            server.sendall(data)
            server.recv(65536)
        return True


@contextmanager
def proxy(directory_of_server: Path) -> Iterator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="muster-proxy-", dir="/tmp") as name:
        door = Proxy(directory_of_server / ".s.PGSQL.5432", Path(name))
        try:
            yield door
        finally:
            door.close()
