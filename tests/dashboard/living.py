"""The staged project goes on by itself, as long as it is shown: `make demo` starts it.

python -m tests.dashboard.living DIRECTORY [PORT]     builds the project there, then runs it until a signal ends it

`muster serve` shows it, `muster watch` follows its branch `main` and does the work. What they speak to is this process: mail
servers, with recipients who open some of what they get and press what stands in it; the servers of buyers and suppliers; and a
partner who posts leads. All of it listens on this machine, and nothing leaves it.

The branch that is checked out is one commit ahead of `main`: a change that somebody prepares, for the plan to show.
"""

import email
import email.policy
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Final

from reconciler.app import SystemClock
from tests.dashboard.staging import ANSWERED, SECRETS, Staged, agreed, git_of_dana, played
from tests.dashboard.tied import SERVED, said, tied
from tests.hooks.servers import serving
from tests.smtp_counter import Counter, smtp_counter

EXTRAS: Final = Path(__file__).parent / "stage_living"
AHEAD: Final = "price-notice"
"""The branch of the change that is prepared."""
SOON: Final = timedelta(minutes=4)
"""After the beginning a mailing goes out that is scheduled."""
PACE: Final = ("limits: [{max: 20, per: 1s}]", "limits: [{max: 1, per: 1m}]")
"""What the newsletter that is half out goes through, before and since: it is under way for half an hour and more."""
PATIENCE: Final = 60.0
"""Seconds in which a server has to say where it listens."""
EVERY: Final = 25
"""Seconds from one lead to the next."""
OPENED: Final = 2
PRESSED: Final = 5
"""Every so-manyeth mail is opened, and a link of it pressed."""
WAIT: Final = 5.0
"""Seconds for an answer of the server."""


@dataclass(slots=True)
class Town:
    """The people and companies around the project. Its server is at `doors`, HOST:PORT; they read what `mails` has taken."""

    doors: str
    mails: Counter
    read: int = 0

    def second(self, number: int) -> None:
        """What they do in this second."""
        while self.mails.taken:
            self.read += 1
            self._reads(self.mails.taken.popleft().message)
        if number % EVERY == 0:
            self._posts(number // EVERY)

    def _reads(self, message: bytes) -> None:
        letter = email.message_from_bytes(message, policy=email.policy.default)
        body = letter.get_body(("html",))
        doors = re.findall(r"https://[^/\s\"]+(/[oc]/[^\"\s]+)", body.get_content() if body else "")
        for sort, every in (("/o/", OPENED), ("/c/", PRESSED)):
            found = [one for one in doors if one.startswith(sort)]
            if found and self.read % every == 0:
                self._ask("GET", found[0])

    def _posts(self, number: int) -> None:
        """A lead; every eighth has a telephone number that is none, and waits to be corrected."""
        fields = {
            "first_name": "Mila", "last_name": f"Bos{number}", "email": f"mila{number}@post.example",
            "phone": "12" if number % 8 == 7 else f"+3161{number:07}", "postcode": f"{1011 + number % 8900} AB",
            "house_number": str(1 + number % 90), "roof": ("flat", "pitched", "unknown")[number % 3],
            "annual_kwh": 1800 + 130 * (number % 20),
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {SECRETS['BESPAARWIJS_KEY']}", "Content-Type": "application/json"}
        self._ask("POST", "/v1/leads", json.dumps({"fields": fields}), headers)

    def _ask(self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Whatever is answered; whether the server still runs is looked at elsewhere."""
        with closing(HTTPConnection(self.doors, timeout=WAIT)) as there, suppress(OSError, HTTPException):
            there.request(method, path, body, dict(headers or {}))
            there.getresponse().read()


def lived(directory: Path, port: int) -> None:
    """Build it, then run it until one of its commands ends. Its dashboard is at this port, or at any for 0."""
    log, quiet, talk = directory / SERVED, threading.Event(), ("--log-format", "json")
    serve = ("serve", "--listen", "127.0.0.1:0", "--dashboard", f"127.0.0.1:{port}", *talk)
    watch = ("watch", "--git", str(directory), "--interval", "20s", *talk)
    with smtp_counter() as mails, serving(agreed) as calls:
        _goes_on(played(directory, SystemClock().now(), mails.port, calls.port), calls.port)
        mails.taken.clear()
        with (
            tied(directory, *serve, log=log, env=SECRETS) as server,
            tied(directory, *watch, log=log.with_name("watch.log"), env=SECRETS) as daemon,
        ):
            town = Town(_doors(server, log), mails)
            for number in count():
                if any(one.poll() is not None for one in (server, daemon)):
                    return
                town.second(number)
                calls.requests.clear()
                quiet.wait(1.0)


def _doors(server: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server listens; SystemExit where it does not say so."""
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        if (line := said(log, "listening")) is not None:
            return str(line["at"])
        time.sleep(0.05)
    sys.exit("the server does not listen")


def _goes_on(world: Staged, hook: int) -> None:
    """What is new in this hour stands on `main`, below the last change, which nobody has merged."""
    root, at = world.root, world.clock.now()
    git_of_dana(root, at, "checkout", "-q", "-b", AHEAD)
    git_of_dana(root, at, "branch", "-f", "main", "HEAD~1")
    git_of_dana(root, at, "checkout", "-q", "main")
    for file in sorted(EXTRAS.rglob("*.yaml")):
        text = file.read_text(encoding="utf-8").replace("SOON", f"{at + SOON:%Y-%m-%dT%H:%M}")
        to = world.manifests / file.relative_to(EXTRAS)
        to.write_text(text.replace("127.0.0.1:9001", f"127.0.0.1:{hook}"), encoding="utf-8")
    relays = world.manifests / "shared" / "smtp.yaml"
    relays.write_text(relays.read_text(encoding="utf-8").replace(*PACE), encoding="utf-8")
    git_of_dana(root, at, "add", "--all")
    git_of_dana(
        root, at, "commit", "-q", "-m", "Let the newsletter out slowly; colleagues first; a buyer for the night"
    )
    applied = world.cli("apply", "--yes")  # before anybody works: else what is left of the newsletter goes out at once
    assert applied.code in ANSWERED, applied
    git_of_dana(root, at, "checkout", "-q", AHEAD)
    git_of_dana(root, at, "rebase", "-q", "main")


def _ended(_number: int, _frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ended)
    lived(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    sys.exit("a command that shows the project has ended")
