"""Notifications: to real receivers over HTTP and SMTP, each once, no secret ever said."""

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from reconciler.controller.receivers import Secret, Webhook
from reconciler.controller.send import Refused, send_webhook
from reconciler.model.condition import Aspect
from reconciler.model.instant import to_text
from reconciler.model.notice import Fate, Notice
from tests.daemons import campaign, daemon, until
from tests.world import World

CANARY = "canary-7f3a-secret"


@dataclass(slots=True)
class Receiving:
    """A receiver of webhooks: what came, and how it answers."""

    url: str = ""
    status: int = 200
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiving]:
    found = Receiving()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.raw.append(body)
            found.bodies.append(json.loads(body))
            found.headers.append(dict(self.headers))
            self.send_response(found.status)
            self.send_header("Location", found.url)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


HOOK = """\
notifications:
  - name: chat
    on: [applied, blocked, failed, missed]
    webhook: {url: {env: HOOK_URL}, secret: {env: HOOK_SECRET}, allowPrivate: true}
"""


def tally(world: World, fate: Fate) -> int:
    with world.store() as store:
        return sum(count for (_, found), count in store.bulletin.tally().items() if found is fate)


def test_a_webhook_is_told_once_through_a_kill(tmp_path: Path) -> None:
    world = World(tmp_path / "repository")
    world.write("one.yaml", campaign("one"))
    with receiving() as receiver:
        world.write("../muster.yaml", HOOK)
        environment = {"HOOK_URL": receiver.url, "HOOK_SECRET": CANARY}
        receiver.status = 503
        with daemon(world.root, environment=environment) as running:
            running.says("a notice could not be sent", target="chat")
            running.process.kill()
        receiver.status = 200
        with daemon(world.root, environment=environment) as running:
            until(lambda: tally(world, Fate.SENT) == 1, "the sending")
            world.write("one.yaml", campaign("one", "test"))
            until(lambda: tally(world, Fate.SENT) == 2, "the second")
            said = "".join(running.raw)
    keys = {body["key"]: (body["ref"], body["event"]) for body in receiver.bodies}
    assert sorted(keys.values()) == [("LeadCampaign/one@1", "create"), ("LeadCampaign/one@1", "promote")]
    for raw, headers in zip(receiver.raw, receiver.headers, strict=True):
        expected = hmac.new(CANARY.encode(), raw, hashlib.sha256).hexdigest()
        assert headers["X-Muster-Signature-256"] == f"sha256={expected}"
        assert headers["Idempotency-Key"] == json.loads(raw)["key"]
    stored = b"".join(file.read_bytes() for file in (world.root / ".muster").rglob("*") if file.is_file())
    assert CANARY.encode() not in stored
    assert receiver.url.encode() not in stored
    assert CANARY not in said
    assert receiver.url not in said


def test_what_is_blocked_is_told(tmp_path: Path) -> None:
    world = World(tmp_path / "repository")
    world.write("one.yaml", campaign("one", "published"))
    with receiving() as receiver:
        world.write("../muster.yaml", HOOK.replace("applied, ", ""))
        with daemon(world.root, environment={"HOOK_URL": receiver.url, "HOOK_SECRET": CANARY}) as running:
            running.says("applied", ref="LeadCampaign/one@1")
            world.write("one.yaml", campaign("one", "draft"))
            running.says("blocked", ref="LeadCampaign/one@1")
            until(lambda: receiver.bodies, "the notice")
    assert [(body["occasion"], body["ref"]) for body in receiver.bodies] == [("blocked", "LeadCampaign/one@1")]
    with world.store() as store:
        status = next(iter(store.bulletin.statuses().values()))
    assert {one.aspect.value: one.truth.value for one in status.conditions} == {
        "Ready": "False", "Synced": "False", "Drifted": "False", "Held": "False", "Stalled": "True",
    }  # fmt: skip


def test_the_end_of_a_hold_is_told_once(tmp_path: Path) -> None:
    world = World(tmp_path / "repository")
    world.clock.moment = datetime.now(UTC)
    world.write("one.yaml", campaign("one"))
    world.apply()
    end = to_text(world.clock.moment + timedelta(minutes=30))
    world.hold("LeadCampaign/one", end)
    with receiving() as receiver:
        world.write("../muster.yaml", HOOK.replace("applied, ", "hold-expiring, "))
        environment = {"HOOK_URL": receiver.url, "HOOK_SECRET": CANARY}
        for _ in range(2):
            with daemon(world.root, "--interval", "1s", environment=environment) as running:
                until(lambda running=running: len(running.said("pass")) > 1 or receiver.bodies, "two passes")
                until(lambda: tally(world, Fate.SENT) == 1, "the sending")
    (body,) = receiver.bodies
    assert (body["occasion"], body["ref"], body["owner"]) == ("hold-expiring", "LeadCampaign/one@1", "dana")
    with world.store() as store:
        (status,) = store.bulletin.statuses().values()
    held = next(one for one in status.conditions if one.aspect is Aspect.HELD)
    assert (held.truth.value, held.message.endswith("somebody looks into it")) == ("True", True)


class _Mailbox:
    def __init__(self) -> None:
        self.mails: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content.decode())
        return "250 OK"


def test_mail_is_sent(tmp_path: Path) -> None:
    world, box = World(tmp_path / "repository"), _Mailbox()
    world.write("one.yaml", campaign("one"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        world.write(
            "../muster.yaml",
            f"""\
            notifications:
              - name: office
                on: [applied]
                email:
                  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
                  from: muster@shop.example
                  to: [ana@shop.example, bo@shop.example]
            """,
        )
        with daemon(world.root):
            until(lambda: tally(world, Fate.SENT) == 1, "the mail")
    finally:
        server.stop()
    assert len(box.mails) == 1
    assert "Subject: applied: LeadCampaign/one@1" in box.mails[0]
    assert "ana@shop.example, bo@shop.example" in box.mails[0]


def notice() -> Notice:
    return Notice("applied x 1", "chat", {"occasion": "applied", "ref": "x"}, "2027-01-04T09:00:00Z", "")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://localhost/x", "https://169.254.169.254/latest", "http://192.0.2.1/", "file:///etc/passwd"]
)  # fmt: skip
def test_the_own_network_is_not_for_notices(url: str) -> None:
    with pytest.raises(Refused) as refused:
        send_webhook(Webhook(Secret(plain=url)), notice())
    assert refused.value.final
    assert url not in str(refused.value)


def test_redirects_are_not_followed() -> None:
    with receiving() as receiver:
        receiver.status = 307
        with pytest.raises(Refused):
            send_webhook(Webhook(Secret(plain=receiver.url), allow_private=True), notice())
        assert len(receiver.bodies) == 1
