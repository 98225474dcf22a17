"""Notices by mail: over STARTTLS and TLS, with a password, to real servers; and to none that is not who it says it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from reconciler.controller.receivers import Email, Secret
from reconciler.controller.send import Refused, send_email
from reconciler.model.notice import Fate, Notice
from tests.certificates import Authority
from tests.daemons import Running, campaign, daemon, until
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # what some tests are about

PASSWORD = "canary-91c4-password"


@dataclass(slots=True)
class Office:
    """A mail server's other side: what has come, and who has tried to get in with what."""

    mails: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    refuses: str = ""
    """What it answers to every recipient, if anything."""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content.decode())
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def knows(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
        self.tried.append(told.password.decode())
        return AuthResult(success=(told.login, told.password) == (b"muster", PASSWORD.encode()), handled=False)


class _Server(Controller):
    """One that takes a free port, and says which."""

    async def _listen(self) -> Any:
        server = await super()._create_server()
        self.port = server.sockets[0].getsockname()[1]
        return server

    _create_server = _listen


@contextmanager
def office(tls: str, authority: Authority | None = None, address: str = "127.0.0.1") -> Iterator[tuple[Office, int]]:
    """A mail server that takes mail from whoever knows the password: `starttls`, `implicit`, or `none`; and its port."""
    box, context = Office(), authority.context(address) if authority else None
    settings: dict[str, Any] = {
        "authenticator": box.knows,
        "auth_required": True,
        "auth_require_tls": tls == "starttls",
    }
    if tls == "starttls":
        settings |= {"tls_context": context, "require_starttls": True}
    elif tls == "implicit":
        settings["ssl_context"] = context
    server = _Server(box, hostname="127.0.0.1", port=0, **settings)
    server.start()
    try:
        yield box, server.port
    finally:
        server.stop()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.at(tmp_path / "authority")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "repository")
    world.write("one.yaml", campaign("one"))
    return world


SETTINGS = """\
notifications:
  - name: office
    on: [applied]
    email:
      smtp: {{host: 127.0.0.1, port: {port}, tls: {tls}, user: muster, password: {{env: MAIL_PASSWORD}}}}
      from: muster@shop.example
      to: [ana@shop.example]
"""


def fates(world: World) -> dict[Fate, int]:
    with world.store() as store:
        return {fate: count for (_, fate), count in store.bulletin.tally().items()}


@contextmanager
def telling(world: World, port: int, tls: str, trusted: Path, password: str = PASSWORD) -> Iterator[Running]:
    """A daemon that tells the office of what it applies; the password is nowhere afterwards."""
    world.write("../muster.yaml", SETTINGS.format(port=port, tls=tls))
    with daemon(world.root, environment={"SSL_CERT_FILE": str(trusted), "MAIL_PASSWORD": password}) as running:
        yield running
    assert PASSWORD not in "".join(running.raw)
    stored = b"".join(file.read_bytes() for file in (world.root / ".muster").rglob("*") if file.is_file())
    assert PASSWORD.encode() not in stored


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_is_sent_to_a_server_that_wants_tls_and_a_password(tls: str, world: World, authority: Authority) -> None:
    with office(tls, authority) as (box, port), telling(world, port, tls, authority.root):
        until(lambda: fates(world) == {Fate.SENT: 1}, "the mail")
    assert len(box.mails) == 1
    assert "Subject: applied: LeadCampaign/one@1" in box.mails[0]
    assert box.tried == [PASSWORD]


def test_a_wrong_password_is_given_up_and_told_without_it(world: World, authority: Authority) -> None:
    with (
        office("starttls", authority) as (box, port),
        telling(world, port, "starttls", authority.root, f"{PASSWORD}-of-old") as running,
    ):
        assert running.says("a notice was given up")["error"] == "the mail server answered 535"
        until(lambda: fates(world) == {Fate.DEAD: 1}, "the end")
    assert not box.mails


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_server_whom_nobody_vouches_for_learns_nothing(
    tls: str, world: World, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority.at(tmp_path / "stranger", "stranger")
    with office(tls, stranger) as (box, port), telling(world, port, tls, authority.root) as running:
        error = running.says("a notice could not be sent")["error"]
        assert error == "its certificate is not accepted: unable to get local issuer certificate"
    assert not box.tried and not box.mails


# Without a daemon: each way of being refused.


def way(port: int, tls: str, host: str = "127.0.0.1", sender: str = "muster@shop.example") -> Email:
    return Email(host, port, tls, sender, ("ana@shop.example",), Secret(plain="muster"), Secret(plain=PASSWORD))


def why(email: Email) -> Refused:
    """Why a notice is not taken."""
    with pytest.raises(Refused) as refused:
        send_email(email, Notice("applied x 1", "office", {"occasion": "applied", "ref": "x"}, "", ""))
    assert PASSWORD not in str(refused.value)
    return refused.value


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    return authority


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_for_another_name_is_refused(tls: str, trusted: Authority) -> None:
    with office(tls, trusted, "mail.shop.example") as (box, port):
        assert str(why(way(port, tls))) == "its certificate is not accepted: it is for another name"
    assert not box.tried


def test_a_server_that_offers_no_starttls_is_not_told_the_password() -> None:
    """Nor one whose offer somebody on the way has struck out."""
    with office("none") as (box, port):
        assert "STARTTLS extension not supported by server" in str(why(way(port, "starttls")))
    assert not box.tried


def test_a_password_is_not_said_where_others_may_listen() -> None:
    with office("none") as (box, port):
        refused = why(way(port, "none"))
    assert refused.final
    assert str(refused) == "a password is told over TLS alone, and tls is none"
    assert not box.tried


def test_a_server_that_speaks_no_tls_is_told_apart(trusted: Authority) -> None:
    with office("none") as (box, port):
        assert "no connection" in str(why(way(port, "implicit")))
    assert not box.tried


@pytest.mark.parametrize("answer", ["550 nobody", "450 later"])
def test_recipients_that_are_refused_are_told_by_number(answer: str, trusted: Authority) -> None:
    with office("implicit", trusted) as (box, port):
        box.refuses = answer
        assert str(why(way(port, "implicit"))) == f"the mail server answered {answer[:3]} to every recipient"


@pytest.mark.parametrize("sender", ["muster\u2028@shop.example", "muster\x0b@shop.example", "\ud800@shop.example"])
def test_an_address_that_is_none_ends_the_notice_and_nothing_else(sender: str, trusted: Authority) -> None:
    with office("implicit", trusted) as (_, port):
        assert "cannot be written" in str(why(way(port, "implicit", sender=sender)))


def test_nobody_at_home() -> None:
    with office("none") as (_, port):
        pass
    assert str(why(way(port, "implicit"))) == "no connection: Connection refused"
