"""A shop that sends for real, and the server that its mails lead to.

shop = Shop(tmp_path / "shop", counter.port)
shop.lists(["ada@r.example"]); shop.campaign("spring", text="See https://shop.example/sale")
shop.launch()                          plan, apply, and send all there is
with shop.serving() as server:         `muster serve`, a process of its own
    server.get(link)                   the link of a mail, asked of that process
"""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.app import App, SystemClock
from reconciler.model.outcome import Outcome
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Return, Suppression
from tests.daemons import PATIENCE, ROOT, Running
from tests.world import World

URL = "https://mail.shop.example"
SECRET = "nobody guesses what this says"
HOOK = "what the provider knows"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Server:
    """A running `muster serve`."""

    running: Running
    host: str
    port: int

    def ask(self, method: str, link: str, body: bytes | None = None, **headers: str) -> Said:
        """One request for the path of a link, as it stands."""
        there = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        with closing(there):
            path = link.removeprefix(URL) if link.startswith(URL) else link
            there.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            found = there.getresponse()
            return Said(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())

    def get(self, link: str, **headers: str) -> Said:
        return self.ask("GET", link, **headers)

    def post(self, link: str, body: bytes = b"List-Unsubscribe=One-Click", **headers: str) -> Said:
        return self.ask("POST", link, body, **headers)


@dataclass
class Shop:
    """A campaigns repository with one connection, one template, and a server of its own."""

    root: Path
    port: int
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World(self.root)
        own = {"url": URL, "secret": {"env": "SHOP_SECRET"}}
        self.world.write("../muster.yaml", json.dumps({"server": own, **self.settings}))
        connection = {"host": "127.0.0.1", "port": self.port, "tls": "none", "returnPath": "bounce@shop.example"}
        self.put("SmtpConnection", "a", connection)

    def put(self, kind: str, name: str, spec: Mapping[str, Any], **more: Any) -> None:
        document = {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, **more, "spec": spec}
        self.world.write(f"{kind.lower()}-{name}.yaml", json.dumps(document))

    def list_of(self, addresses: Sequence[str], name: str = "all") -> None:
        self.put("RecipientList", name, {"source": {"inline": [{"email": one} for one in addresses]}})

    def campaign(self, name: str, text: str = "Hello", html: str | None = None, **spec: Any) -> None:
        """A campaign that runs, tracks, and is left by one click; what is given as None is left out."""
        body = {"text": {"inline": text}, **({"html": {"inline": html}} if html else {})}
        self.put("Template", name, body)
        whole = {
            "subject": "Hi", "from": {"email": "news@shop.example", "name": "Shop"}, "content": {"template": name},
            "targets": {"include": [{"list": "all"}]}, "smtp": {"connections": [{"name": "a"}]},
            "tracking": {"opens": True, "clicks": True}, "unsubscribe": {}, **spec,
        }  # fmt: skip
        kept = {key: value for key, value in whole.items() if value is not None}
        self.put("EmailCampaign", name, kept, state="running")

    def app(self) -> App:
        return App.open(self.root, clock=SystemClock())

    def apply(self) -> Outcome:
        with closing(self.app()) as app:
            reconciler = app.reconciler()
            return reconciler.apply(reconciler.plan()[0])

    def work(self) -> None:
        """Send until there is nothing left to send: a worker, a process of its own."""
        command = (sys.executable, str(ROOT / "cli.py"), "-C", str(self.root), "worker", "--until-idle")
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr

    def launch(self) -> None:
        outcome = self.apply()
        assert not (outcome.failed or outcome.waiting or outcome.denied), outcome
        self.work()

    def uid(self, name: str) -> int:
        with self.open() as store:
            return store.ledger.uid(Ref("EmailCampaign", name, 1))

    @contextmanager
    def open(self) -> Iterator[Store]:
        with closing(self.app()) as app:
            yield app.store()

    def signs(self, name: str) -> list[tuple[str, str]]:
        """What was heard of a campaign: signs by address."""
        with self.open() as store:
            return sorted((one.key, one.sign.value) for one in store.returns.signs(store.ledger.uid(_ref(name))))

    def history(self, address: str) -> list[Return]:
        with self.open() as store:
            return list(store.returns.history(address, 100))

    def suppressions(self) -> list[Suppression]:
        with self.open() as store:
            return list(store.returns.suppressions())

    def reasons(self) -> dict[tuple[str, str], str]:
        """Reason by address and list."""
        return {(one.address, one.list): one.reason for one in self.suppressions()}

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Server]:
        command = (
            sys.executable,
            str(ROOT / "cli.py"),
            "-C",
            str(self.root),
            "serve",
            "--no-dashboard",
            "--log-format",
            "json",
        )
        process = subprocess.Popen(
            (*command, "--listen", "127.0.0.1:0", *arguments), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            text=True, env=dict(os.environ),
        )  # fmt: skip
        running = Running(process)
        reader = threading.Thread(target=running.listen, daemon=True)
        reader.start()
        try:
            host, _, port = str(running.says("listening")["at"]).rpartition(":")
            yield Server(running, host, int(port))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join(timeout=PATIENCE)


def _ref(name: str) -> Ref:
    return Ref("EmailCampaign", name, 1)


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(message: bytes) -> str:
    body = parsed(message).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(message: bytes) -> str:
    body = parsed(message).get_body(("html",))
    assert body is not None
    return str(body.get_content())


def links(message: bytes, door: str) -> list[str]:
    """Our links in a mail, by their door: c, o or u."""
    mail = parsed(message)
    whole = "".join(
        [
            str(mail["List-Unsubscribe"]),
            *(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"),
        ]
    )
    return list(dict.fromkeys(re.findall(rf"{re.escape(URL)}/{door}/[A-Za-z0-9_.-]+", whole)))


def token(link: str) -> str:
    return urlsplit(link).path.rpartition("/")[2].removesuffix(".gif")
