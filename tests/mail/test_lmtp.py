"""The LMTP server, spoken to by the library's client and by hand."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from reconciler.mail.bounce import read_mail
from reconciler.mail.inbox import Letter
from reconciler.mail.inbox_lmtp import Limits, Lmtp
from reconciler.mail.lmtp_session import MOST_RECIPIENTS, Rules, Talk, Then
from tests.mail.samples import sample

RULES = Rules("post.lanterns.example", lambda address: address.startswith("news+"), largest=50_000, longest_line=1_000)


@contextmanager
def serving(limits: Limits | None = None, refuse: int = 0) -> Iterator[tuple[Lmtp, list[Letter]]]:
    """A server whose letters are recorded, but for the first `refuse` ones."""
    server = Lmtp(("127.0.0.1", 0), RULES, limits or Limits(silent=10, record=10))
    recorded: list[Letter] = []

    def record() -> None:
        left = refuse
        for letter in server.letters():
            if left:
                left -= 1
                continue
            recorded.append(letter)
            server.acknowledge(letter)

    worker = threading.Thread(target=record)
    worker.start()
    try:
        yield server, recorded
    finally:
        server.close()
        worker.join(10)
        assert not worker.is_alive()


def client(server: Lmtp) -> smtplib.LMTP:
    return smtplib.LMTP("127.0.0.1", server.port, local_hostname="relay.example", timeout=60)


def test_a_letter_comes_with_the_address_it_came_to() -> None:
    with serving() as (server, recorded), client(server) as relay:
        assert relay.sendmail("", ["news+t7@lanterns.example", "nobody@lanterns.example"], sample("dsn-hard")) == {
            "nobody@lanterns.example": (550, b"5.1.1 no such address here")
        }
    assert [letter.came_to for letter in recorded] == ["news+t7@lanterns.example"]
    verdict = read_mail(recorded[0].data, recorded[0].came_to)
    assert verdict is not None
    assert (verdict.fate.value, verdict.came_to) == ("hard", "news+t7@lanterns.example")


def test_each_recipient_has_an_answer_and_a_letter_of_its_own() -> None:
    with serving(refuse=1, limits=Limits(record=0.3)) as (server, recorded), client(server) as relay:
        relay.ehlo_or_helo_if_needed()
        relay.mail("")
        for name in ("news+a", "news+b"):
            assert relay.rcpt(f"{name}@lanterns.example")[0] == 250
        relay.putcmd("data")
        assert relay.getreply()[0] == 354
        relay.send(b"Subject: x\r\n\r\n..dot\r\n.\r\n")
        answers = [relay.getreply()[0], relay.getreply()[0]]
    assert answers == [451, 250]
    assert [(letter.came_to, letter.data) for letter in recorded] == [
        ("news+b@lanterns.example", b"Subject: x\r\n\r\n.dot\r\n")
    ]


def test_what_is_not_recorded_is_not_accepted_and_comes_again() -> None:
    with serving(refuse=1, limits=Limits(record=0.3)) as (server, recorded), client(server) as relay:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            relay.sendmail("", ["news+a@lanterns.example"], b"Subject: x\r\n\r\nhello")
        assert caught.value.smtp_code == 451
        assert recorded == []
        relay.sendmail("", ["news+a@lanterns.example"], b"Subject: x\r\n\r\nhello")
    assert len(recorded) == 1


def test_a_letter_brought_twice_has_one_identity_and_each_recipient_another() -> None:
    with serving() as (server, recorded), client(server) as relay:
        for to in (["news+a@l.example"], ["NEWS+A@l.example"], ["news+b@l.example"]):
            relay.mail("")
            if to[0].startswith("NEWS"):
                relay.rset()
                continue
            relay.rset()
            relay.sendmail("", to, b"Subject: x\r\n\r\nhello")
        relay.sendmail("", ["news+a@l.example"], b"Subject: x\r\n\r\nhello")
    one, two, again = (letter.identity for letter in recorded)
    assert one == again != two


def test_what_is_too_large_is_refused_before_and_after() -> None:
    with serving() as (server, recorded), client(server) as relay:
        relay.ehlo_or_helo_if_needed()
        assert relay.mail("", ["SIZE=60000"])[0] == 552
        with pytest.raises(smtplib.SMTPDataError) as caught:
            relay.esmtp_features.pop("size")
            relay.sendmail("", ["news+a@l.example"], b"x" * 100 + b"\r\n" + b"y" * 60_000)
        assert caught.value.smtp_code == 552
        relay.sendmail("", ["news+a@l.example"], b"z" * 5_000)  # a long line is no large letter
    assert [letter.data for letter in recorded] == [b"z" * 5_000 + b"\r\n"]


@contextmanager
def raw(server: Lmtp) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        yield connection


def until_closed(connection: socket.socket) -> bytes:
    got = b""
    while piece := connection.recv(4_096):
        got += piece
    return got


def test_a_bare_line_feed_ends_nothing() -> None:
    """Else one mail could carry a second one, with a sender and a recipient of its own."""
    hidden = (
        b"first\n.\nMAIL FROM:<>\r\nfirst\n.\r\nMAIL FROM:<evil@e.example>\r\nRCPT TO:<news+b@l.example>\r\nDATA\r\nx"
    )
    with serving() as (server, recorded), raw(server) as connection:
        connection.sendall(
            b"LHLO r\r\nMAIL FROM:<>\r\nRCPT TO:<news+a@l.example>\r\nDATA\r\n" + hidden + b"\r\n.\r\nQUIT\r\n"
        )
        answers = until_closed(connection)
    assert answers.count(b"2.0.0 taken up") == 1
    assert [letter.data for letter in recorded] == [hidden.replace(b"\n.\r\n", b"\n.\r\n") + b"\r\n"]


def test_silence_and_a_long_line_end_a_connection() -> None:
    with serving(Limits(silent=0.2)) as (server, _):
        with raw(server) as connection:
            assert until_closed(connection).startswith(b"220 ")
        with raw(server) as connection:
            connection.sendall(b"N" * 20_000)
            with suppress(ConnectionResetError):
                assert b"500 5.5.2" in until_closed(connection)


def test_a_connection_that_trickles_ends() -> None:
    with serving(Limits(silent=60, connected=0.3)) as (server, _), raw(server) as connection:
        connection.sendall(b"NOOP\r\n")
        assert until_closed(connection).startswith(b"220 ")


def test_too_many_connections_are_closed_at_once_and_room_comes_back() -> None:
    with serving(Limits(connections=2, silent=10)) as (server, _), raw(server) as one, raw(server) as two:
        assert one.recv(100) and two.recv(100)
        with raw(server) as three:
            assert until_closed(three) == b""
        one.sendall(b"QUIT\r\n")
        until_closed(one)
        for _ in range(100):
            with raw(server) as again:
                if again.recv(100).startswith(b"220"):
                    return
    raise AssertionError("no room came back")


def talk(*lines: bytes) -> list[bytes]:
    one = Talk(RULES, lambda letter: True)
    return [one.command(line + b"\r\n")[0].split(b" ")[0] for line in lines]


def test_commands_out_of_order_and_out_of_form() -> None:
    assert talk(b"MAIL FROM:<a@b.example>", b"DATA", b"RCPT TO:<news+a@l.example>", b"EHLO x", b"LHLO", b"WHAT", b"\xff") == [
        b"503", b"503", b"503", b"500", b"500", b"500", b"500",
    ]  # fmt: skip
    greeted = (b"LHLO relay", b"MAIL FROM: <a@b.example> BODY=8BITMIME")
    assert talk(*greeted, b"MAIL FROM:<>", b"DATA")[1:] == [b"250", b"503", b"503"]
    assert (
        talk(*greeted, b"RCPT TO:news+a@l.example", b"RCPT TO:<>", b"RCPT FROM:<news+a@l.example>")[2:] == [b"501"] * 3
    )
    many = [b"RCPT TO:<news+%d@l.example>" % n for n in range(MOST_RECIPIENTS + 1)]
    assert talk(*greeted, *many)[-2:] == [b"250", b"452"]


def test_too_many_commands_end_a_connection() -> None:
    one = Talk(RULES, lambda letter: True)
    ends = [one.command(b"NOOP\r\n")[1] for _ in range(RULES.most_commands + 1)]
    assert ends.count(Then.CLOSE) == 1
    assert ends[-1] is Then.CLOSE
