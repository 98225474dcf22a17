"""TLS and passwords: to whom they are told, and what an answer to them may show."""

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.mail.answer import Answer, Failed, Kind, Stage
from reconciler.mail.auth import log_in, loopback
from reconciler.mail.server import Envelope, Server, Tls
from reconciler.mail.smtp import Transport
from reconciler.mail.wire import Wire
from tests.certificates import Authority
from tests.mail.liar import Liar, Script, hang_up, hello, liar, then

PASSWORD = "canary-5d1e-password"
PLAIN = b64encode(f"\0shop\0{PASSWORD}".encode())
MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"
ENVELOPE = Envelope("shop@shop.example", "ana@home.example")
OFFERED = hello("STARTTLS", "AUTH PLAIN LOGIN")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Whom this machine trusts."""
    made = Authority.at(tmp_path / "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.root))
    return made


@contextmanager
def asked(
    script: Script, tls: Tls, context: ssl.SSLContext | None = None, password: str = PASSWORD
) -> Iterator[tuple[Liar, Transport]]:
    """A server, and a connection to it that is not open yet."""
    with liar(script, context, implicit=tls is Tls.IMPLICIT) as running:
        user = "shop" if password else ""
        server = Server("127.0.0.1", running.port, tls, user, password, timedelta(seconds=20), timedelta(seconds=40))
        transport = Transport(server)
        try:
            yield running, transport
        finally:
            transport.close()


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_message_goes_over_tls_with_a_password(tls: Tls, authority: Authority) -> None:
    script = {"EHLO": OFFERED, "AUTH": b"235 2.7.0 welcome\r\n"}
    with asked(script, tls, authority.context()) as (running, transport):
        assert transport.open() is None
        assert [transport.send(ENVELOPE, MESSAGE).kind for _ in range(3)] == [Kind.SENT] * 3
        assert transport.ready
    assert running.messages == [MESSAGE] * 3
    assert b"AUTH PLAIN " + PLAIN in running.told
    greetings = running.verbs()[:3]
    assert greetings == (["EHLO", "STARTTLS", "EHLO"] if tls is Tls.STARTTLS else ["EHLO", "AUTH", "MAIL"])


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
@pytest.mark.parametrize("address", ["mail.shop.example", "127.0.0.2"])
def test_a_certificate_for_another_name_ends_it(tls: Tls, address: str, authority: Authority) -> None:
    with asked({"EHLO": OFFERED}, tls, authority.context(address)) as (running, transport):
        answer = transport.open()
    stage = Stage.STARTTLS if tls is Tls.STARTTLS else Stage.CONNECT
    assert answer == Answer(Kind.UNUSABLE, stage, text="its certificate is not accepted: it is for another name")
    assert "AUTH" not in running.verbs()


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_that_nobody_vouches_for_ends_it(tls: Tls, authority: Authority, tmp_path: Path) -> None:
    stranger = Authority.at(tmp_path / "stranger", "stranger")
    with asked({"EHLO": OFFERED}, tls, stranger.context()) as (running, transport):
        answer = transport.open()
    assert answer and answer.kind is Kind.UNUSABLE
    assert "unable to get local issuer certificate" in answer.text
    assert "AUTH" not in running.verbs()


@pytest.mark.parametrize(
    ("script", "kind", "stage"),
    [
        ({"EHLO": hello("AUTH PLAIN")}, Kind.UNUSABLE, Stage.STARTTLS),
        ({"EHLO": b"500 what\r\n"}, Kind.DOWN, Stage.HELLO),
        ({"EHLO": OFFERED, "STARTTLS": b"454 4.7.0 not now\r\n"}, Kind.DOWN, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": b"502 no\r\n"}, Kind.UNUSABLE, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": b"250 no\r\n"}, Kind.DOWN, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": b"421 no\r\n"}, Kind.THROTTLED, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": hang_up}, Kind.DOWN, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": then(b"220 go on\r\n", hang_up)}, Kind.DOWN, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": b"220 go on\r\n250-liar\r\n250 AUTH PLAIN\r\n"}, Kind.DOWN, Stage.STARTTLS),
        ({"EHLO": OFFERED, "STARTTLS": then(b"220 go on\r\n", then(b"250 liar\r\n", hang_up))}, Kind.DOWN, Stage.STARTTLS),
    ],
)  # fmt: skip
def test_without_tls_nothing_is_told(script: Script, kind: Kind, stage: Stage, authority: Authority) -> None:
    """What somebody on the way has struck out or put in is no reason to go on without."""
    with asked(script, Tls.STARTTLS) as (running, transport):
        answer = transport.open()
        assert answer and (answer.kind, answer.stage) == (kind, stage)
        assert not transport.ready
    assert not {"AUTH", "MAIL", "HELO"} & set(running.verbs())


def test_what_was_put_in_behind_starttls_is_no_answer_over_tls(authority: Authority) -> None:
    """Response injection: what came in the clear would be read as what the server says when nobody listens."""
    script = {"EHLO": OFFERED, "STARTTLS": b"220 go on\r\n250-liar\r\n250 AUTH PLAIN\r\n"}
    with asked(script, Tls.STARTTLS, authority.context()) as (running, transport):
        answer = transport.open()
    assert answer == Answer(Kind.DOWN, Stage.STARTTLS, text="the server spoke out of turn")
    assert running.verbs() == ["EHLO", "STARTTLS"]


def test_what_was_offered_before_tls_counts_no_more(authority: Authority) -> None:
    script = {"EHLO": hello("STARTTLS", "AUTH PLAIN", "PIPELINING"), "EHLO AGAIN": hello("SIZE 1000")}
    with asked(script, Tls.STARTTLS, authority.context()) as (running, transport):
        answer = transport.open()
    assert answer == Answer(Kind.UNUSABLE, Stage.AUTH, text="the server offers no way to log in that we speak")
    assert "AUTH" not in running.verbs()


def test_a_server_that_speaks_no_tls_is_down() -> None:
    with asked({}, Tls.STARTTLS) as (running, _):
        wrong = Transport(Server("127.0.0.1", running.port, Tls.IMPLICIT))
        answer = wrong.open()
        assert answer and (answer.kind, answer.stage) == (Kind.DOWN, Stage.CONNECT)
        assert answer.text.startswith("TLS failed")


# Passwords.


@pytest.mark.parametrize(
    ("offered", "told"),
    [
        ("AUTH PLAIN LOGIN CRAM-MD5", [b"AUTH CRAM-MD5"]),
        ("AUTH LOGIN PLAIN", [b"AUTH PLAIN " + PLAIN]),
        ("AUTH=LOGIN", [b"AUTH LOGIN"]),
        ("auth login", [b"AUTH LOGIN"]),
    ],
)
def test_this_machine_may_be_told_a_password_without_tls(offered: str, told: list[bytes]) -> None:
    with asked({"EHLO": hello(offered), "AUTH": b"235 2.7.0 welcome\r\n"}, Tls.NONE) as (running, transport):
        assert transport.open() is None
    assert [line for line in running.told if line.startswith(b"AUTH")] == told


@pytest.mark.parametrize(
    ("address", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False), ("192.0.2.7", False),
     ("fe80::1%eth0", False), ("2001:db8::1", False), ("0.0.0.0", False)],
)  # fmt: skip
def test_what_this_machine_is(address: str, own: bool) -> None:
    assert loopback(address) is own


def test_another_machine_is_told_no_password_without_tls() -> None:
    class Far(Wire):
        def addresses(self) -> tuple[str, str]:
            return "192.0.2.1", "192.0.2.7"

    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(Failed) as failed:
            log_in(Far(ours, 20), Server("mail.shop.example", user="shop", password=PASSWORD), "PLAIN CRAM-MD5")
        ours.close()
        assert theirs.recv(100) == b""
    assert failed.value.answer == Answer(Kind.UNUSABLE, Stage.AUTH, text="no user and password without TLS")


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (b"535 5.7.8 wrong\r\n", Kind.UNUSABLE, 535),
        (b"534 5.7.9 too weak\r\n", Kind.UNUSABLE, 534),
        (b"500 what\r\n", Kind.UNUSABLE, 500),
        (b"504 5.5.4 no such way\r\n", Kind.UNUSABLE, 504),
        (b"454 4.7.0 not now\r\n", Kind.DOWN, 454),
        (b"421 4.7.0 too many\r\n", Kind.THROTTLED, 421),
        (b"250 welcome\r\n", Kind.DOWN, 250),
        (b"334 \r\n", Kind.DOWN, 0),
        (b"235 2.7.0 welcome\r\n235 2.7.0 welcome\r\n", Kind.DOWN, 0),
    ],
)
def test_what_an_answer_to_a_password_means(said: bytes, kind: Kind, code: int) -> None:
    """AMB-E7: a password that is refused is refused once, and the connection is of no use."""
    with asked({"EHLO": hello("AUTH PLAIN"), "AUTH": said}, Tls.NONE) as (running, transport):
        answer = transport.open() or transport.send(ENVELOPE, MESSAGE)
        assert (answer.kind, answer.code) == (kind, code)
        assert not transport.ready
    assert running.verbs().count("AUTH") == 1
    assert not running.messages


def test_a_way_that_there_is_not_is_left_for_another() -> None:
    with asked({"EHLO": hello("AUTH PLAIN LOGIN"), "AUTH": b"504 5.5.4 no such way\r\n"}, Tls.NONE) as (
        running,
        transport,
    ):
        answer = transport.open()
        assert answer and answer.code == 504
    assert [line.split(b" ")[1] for line in running.told if line.startswith(b"AUTH")] == [b"PLAIN", b"LOGIN"]


@pytest.mark.parametrize("offered", ["AUTH XOAUTH2 GSSAPI", "AUTH", "SIZE 10"])
def test_a_server_that_cannot_be_logged_in_to_is_of_no_use(offered: str) -> None:
    with asked({"EHLO": hello(offered)}, Tls.NONE) as (running, transport):
        answer = transport.open()
        assert answer and (answer.kind, answer.stage) == (Kind.UNUSABLE, Stage.AUTH)
    assert "AUTH" not in running.verbs()


@pytest.mark.parametrize("place", ["AUTH", "MAIL", "RCPT", "END"])
@pytest.mark.parametrize("form", [PASSWORD.encode(), PLAIN, PLAIN.rstrip(b"="), b64encode(PASSWORD.encode())])
def test_an_answer_never_shows_the_password(place: str, form: bytes) -> None:
    said = b"550 5.7.8 you said " + form + b" and " + b"x" * 400 + form + b"\r\n"
    with asked({"EHLO": hello("AUTH PLAIN"), "AUTH": b"235 ok\r\n", place: said}, Tls.NONE) as (_, transport):
        answer = transport.open() or transport.send(ENVELOPE, MESSAGE)
    assert answer.code == 550
    assert answer.text.startswith("you said *** and xxx")
    for shown in (repr(answer), repr(transport), str(answer)):
        assert form.decode() not in shown
    assert PASSWORD not in repr(Server("x", password=PASSWORD))


def test_a_password_of_bytes_that_are_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an environment may hold it."""
    with asked({"EHLO": hello("AUTH PLAIN"), "AUTH": b"235 ok\r\n"}, Tls.NONE, password="\udcff-x") as (
        running,
        transport,
    ):
        assert transport.open() is None
    assert b"AUTH PLAIN " + b64encode(b"\0shop\0\xff-x") in running.told


def test_a_challenge_is_answered_with_the_password_and_without_showing_it() -> None:
    """CRAM-MD5 with the example of RFC 2195."""
    challenge = b64encode(b"<1896.697170952@postoffice.reston.mci.net>")
    with liar({"EHLO": hello("AUTH CRAM-MD5"), "AUTH": b"334 " + challenge + b"\r\n"}) as running:
        server = Server("127.0.0.1", running.port, Tls.NONE, "tim", "tanstaaftanstaaf", timedelta(seconds=20))
        Transport(server).open()
    assert running.told[-1] == b64encode(b"tim b913a602c7eda7a495b4e6e7334d3890")


def test_cleaning_an_answer_does_not_put_the_password_together() -> None:
    script = {"EHLO": hello("AUTH PLAIN"), "AUTH": b"535 5.7.8 not two\twords but \xe2\x80\xa9two words\r\n"}
    with asked(script, Tls.NONE, password="two words") as (_, transport):
        answer = transport.open()
    assert answer and answer.text == "not *** but ***"
