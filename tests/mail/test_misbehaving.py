"""Servers that stall, lie or close, at every stage of the conversation: each message has one answer, in good time."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from reconciler.mail.answer import Answer, Kind, Stage
from reconciler.mail.reply import Reply
from reconciler.mail.server import Envelope, Server, Tls
from reconciler.mail.smtp import Transport
from reconciler.mail.wire import Wire
from tests.mail.liar import (
    Act,
    Liar,
    Script,
    after_some,
    deaf,
    dribble,
    flood,
    hang_up,
    hello,
    liar,
    more_and_more,
    reset,
    stall,
    then,
)

MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"
LARGE = b"Subject: large\r\n\r\n" + b"x" * 78 + b"\r\n" + (b"y" * 78 + b"\r\n") * 400_000
ENVELOPE = Envelope("shop@shop.example", "ana@home.example")
PIPELINING = {"EHLO": hello("PIPELINING")}

DOWN, LATER, REFUSED, UNKNOWN = Kind.DOWN, Kind.LATER, Kind.REFUSED, Kind.UNKNOWN
THROTTLED, UNUSABLE, GREYLISTED = Kind.THROTTLED, Kind.UNUSABLE, Kind.GREYLISTED


def server(port: int, impatient: bool = False) -> Server:
    """Where an end is waited for that does not come, not for long; elsewhere long enough for the slowest machine."""
    timeout, limit = (1, 2) if impatient else (20, 40)
    return Server("127.0.0.1", port, Tls.NONE, timeout=timedelta(seconds=timeout), limit=timedelta(seconds=limit))


@contextmanager
def opened(script: Script, impatient: bool = False) -> Iterator[tuple[Liar, Transport]]:
    """A connection to a server that behaves until it is told whom a message is from."""
    with liar(script) as running:
        transport = Transport(server(running.port, impatient))
        assert transport.open() is None
        try:
            yield running, transport
        finally:
            transport.close()


def short(answer: Answer | None) -> tuple[Kind, Stage, int]:
    assert answer is not None
    return answer.kind, answer.stage, answer.code


ACTS: dict[str, tuple[Act, str]] = {
    "stalls": (stall, "no answer in time"),
    "dribbles": (dribble, "no answer in time"),
    "closes": (hang_up, "the server closed the connection"),
    "closes in the middle": (then(b"250-half", hang_up), "the server closed the connection"),
    "writes one endless line": (flood, "the answer is too long"),
    "writes endless lines": (more_and_more, "the answer is too long"),
    "ends lines with LF": (then(b"250 ok\n", stall), "the answer is no SMTP"),
    "writes a bare LF": (then(b"250 ok\n250 ok\r\n", stall), "the answer is no SMTP"),
    "writes a bare CR": (then(b"250 ok\r250 ok\r\n", stall), "the answer is no SMTP"),
    "writes no code": (then(b"hello\r\n", stall), "the answer is no SMTP"),
    "writes an empty line": (then(b"\r\n", stall), "the answer is no SMTP"),
    "writes a code of two digits": (then(b"25 ok\r\n", stall), "the answer is no SMTP"),
    "writes digits of another script": (then("२५० ok\r\n".encode(), stall), "the answer is no SMTP"),
    "writes no space after the code": (then(b"250ok\r\n", stall), "the answer is no SMTP"),
    "writes several codes": (then(b"250-ok\r\n550 no\r\n", stall), "the answer has more than one code"),
    "writes bytes that are no text": (then(b"\x00\xff\xfe\r\n", stall), "the answer is no SMTP"),
}
"""What a server may do instead of answering, and what is told of it."""
ENDLESS = (stall, dribble)
WAYS: dict[str, Script] = {"one by one": {}, "at once": PIPELINING}
MANNERS = [
    (manner, way) for manner, (act, _) in ACTS.items() for way in WAYS if way == "one by one" or act not in ENDLESS
]
"""What a server may do, in answer to commands one by one and at once; an endless wait is the same wait in both."""
SILENT = pytest.mark.parametrize(("act", "text"), ACTS.values(), ids=ACTS)


@SILENT
@pytest.mark.parametrize(("place", "stage"), [("CONNECT", Stage.CONNECT), ("EHLO", Stage.HELLO)])
def test_no_answer_while_opening(place: str, stage: Stage, act: Act, text: str) -> None:
    with liar({place: act}) as running:
        assert Transport(server(running.port, act in ENDLESS)).open() == Answer(DOWN, stage, text=text)


@pytest.mark.parametrize("place", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("manner", "way"), MANNERS, ids=[f"{way}-{manner}" for manner, way in MANNERS])
def test_no_answer_before_the_message(place: str, manner: str, way: str) -> None:
    (act, text), offered = ACTS[manner], WAYS[way]
    with opened({**offered, place: act}, act in ENDLESS) as (running, transport):
        answer = transport.send(ENVELOPE, MESSAGE)
        assert answer == Answer(DOWN, Stage[place], text=text)
        assert not transport.ready
    assert not running.messages


@SILENT
def test_no_answer_to_the_final_dot_is_doubt(act: Act, text: str) -> None:
    """AMB-E13: the server has it all, so it may have taken it."""
    with opened({"END": act}, act in ENDLESS) as (running, transport):
        assert transport.send(ENVELOPE, MESSAGE) == Answer(UNKNOWN, Stage.END, text=text)
        assert not transport.ready
    assert running.messages == [MESSAGE]


@pytest.mark.parametrize("place", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_a_connection_that_is_broken_off(place: str) -> None:
    with liar({place: reset}) as running:
        transport = Transport(server(running.port))
        answer = transport.open() or transport.send(ENVELOPE, MESSAGE)
        assert answer.kind is (UNKNOWN if place == "END" else DOWN)
        assert answer.code == 0


@pytest.mark.parametrize("act", [hang_up, reset, None], ids=["closes", "resets", "stops reading"])
def test_a_message_whose_final_dot_has_not_left_is_not_in_doubt(act: Act | None) -> None:
    over = threading.Event()
    with opened({"BODY": after_some(act or deaf(over))}, impatient=act is None) as (running, transport):
        answer = transport.send(ENVELOPE, LARGE)
        over.set()
        assert (answer.kind, answer.stage) == (DOWN, Stage.BODY)
    assert not running.messages


def test_a_server_that_says_no_before_the_end_and_reads_no_further_is_heard() -> None:
    over = threading.Event()
    script = {"BODY": after_some(then(b"552 5.3.4 too large\r\n", deaf(over)))}
    with opened(script, impatient=True) as (running, transport):
        assert short(transport.send(ENVELOPE, LARGE)) == (REFUSED, Stage.BODY, 552)
        assert not transport.ready
        over.set()
    assert not running.messages


def test_a_yes_before_the_end_is_no_yes() -> None:
    over = threading.Event()
    script = {"BODY": after_some(then(b"250 2.0.0 taken\r\n", deaf(over)))}
    with opened(script, impatient=True) as (running, transport):
        assert transport.send(ENVELOPE, LARGE).kind is DOWN
        over.set()
    assert not running.messages


SAID = [
    # place, what the server says there, and what that is.
    ("CONNECT", b"554 5.7.1 your address is blocked\r\n", (DOWN, Stage.CONNECT, 554)),
    ("CONNECT", b"421 4.3.2 too many connections\r\n", (THROTTLED, Stage.CONNECT, 421)),
    ("CONNECT", b"450 later\r\n", (DOWN, Stage.CONNECT, 450)),
    ("CONNECT", b"250 hello\r\n", (DOWN, Stage.CONNECT, 250)),
    ("EHLO", b"450 later\r\n", (DOWN, Stage.HELLO, 450)),
    ("EHLO", b"354 go on\r\n", (DOWN, Stage.HELLO, 354)),
    ("EHLO", b"421 4.7.0 no\r\n", (THROTTLED, Stage.HELLO, 421)),
    ("MAIL", b"550 5.7.1 not from you\r\n", (UNUSABLE, Stage.MAIL, 550)),
    ("MAIL", b"530 5.7.0 log in first\r\n", (UNUSABLE, Stage.MAIL, 530)),
    ("MAIL", b"451 4.3.0 try again\r\n", (LATER, Stage.MAIL, 451)),
    ("MAIL", b"421 4.3.2 shutting down\r\n", (THROTTLED, Stage.MAIL, 421)),
    ("MAIL", b"452 4.3.1 disk full\r\n", (THROTTLED, Stage.MAIL, 452)),
    ("MAIL", b"552 5.3.4 too large\r\n", (REFUSED, Stage.MAIL, 552)),
    ("MAIL", b"550 5.4.5 Daily sending quota exceeded\r\n", (THROTTLED, Stage.MAIL, 550)),
    ("MAIL", b"503 out of order\r\n", (DOWN, Stage.MAIL, 503)),
    ("MAIL", b"354 go on\r\n", (DOWN, Stage.MAIL, 354)),
    ("RCPT", b"550 5.1.1 nobody of that name\r\n", (REFUSED, Stage.RCPT, 550)),
    ("RCPT", b"552 5.2.2 mailbox full\r\n", (REFUSED, Stage.RCPT, 552)),
    ("RCPT", b"550 rate limit exceeded\r\n", (THROTTLED, Stage.RCPT, 550)),
    ("RCPT", b"550 5.1.1 user ratelimit unknown\r\n", (REFUSED, Stage.RCPT, 550)),
    ("RCPT", b"450 4.2.0 Greylisted, see the postmaster\r\n", (GREYLISTED, Stage.RCPT, 450)),
    ("RCPT", b"451 4.7.1 Graylisting in action\r\n", (GREYLISTED, Stage.RCPT, 451)),
    ("RCPT", b"452 4.2.2 over quota, too many mails\r\n", (LATER, Stage.RCPT, 452)),
    ("RCPT", b"452 mailbox full\r\n", (LATER, Stage.RCPT, 452)),
    ("RCPT", b"452 too many recipients\r\n", (THROTTLED, Stage.RCPT, 452)),
    ("RCPT", b"450 4.7.28 unusual rate\r\n", (THROTTLED, Stage.RCPT, 450)),
    ("RCPT", b"451 4.7.0 too many messages, slow down\r\n", (THROTTLED, Stage.RCPT, 451)),
    ("RCPT", b"451 4.3.0 local error\r\n", (LATER, Stage.RCPT, 451)),
    ("RCPT", b"421 4.7.0 closing\r\n", (THROTTLED, Stage.RCPT, 421)),
    ("RCPT", b"530 5.7.0 log in first\r\n", (UNUSABLE, Stage.RCPT, 530)),
    ("DATA", b"554 5.5.1 no\r\n", (REFUSED, Stage.DATA, 554)),
    ("DATA", b"451 4.3.0 later\r\n", (LATER, Stage.DATA, 451)),
    ("DATA", b"250 2.0.0 taken\r\n", (DOWN, Stage.DATA, 250)),
    ("DATA", b"503 out of order\r\n", (DOWN, Stage.DATA, 503)),
    ("END", b"554 5.7.1 spam\r\n", (REFUSED, Stage.END, 554)),
    ("END", b"503 out of order\r\n", (REFUSED, Stage.END, 503)),
    ("END", b"451 4.7.1 greylisted\r\n", (GREYLISTED, Stage.END, 451)),
    ("END", b"451 4.3.0 later\r\n", (LATER, Stage.END, 451)),
    ("END", b"421 4.3.2 shutting down\r\n", (THROTTLED, Stage.END, 421)),
    ("END", b"354 go on\r\n", (UNKNOWN, Stage.END, 354)),
    ("END", b"251 2.1.5 will forward\r\n", (Kind.SENT, Stage.END, 251)),
    ("END", b"250-one\r\n250-two\r\n250 three\r\n", (Kind.SENT, Stage.END, 250)),
    ("END", b"250\r\n", (Kind.SENT, Stage.END, 250)),
]


@pytest.mark.parametrize(
    ("place", "said", "meant"), [pytest.param(*one, id=f"{one[0]} {one[1].decode().strip()}") for one in SAID]
)
@pytest.mark.parametrize("offered", [{}, PIPELINING], ids=["one by one", "at once"])
def test_what_is_said_means_by_where_it_is_said(
    place: str, said: bytes, meant: tuple[Kind, Stage, int], offered: Script
) -> None:
    """AMB-E7: a recipient's refusal is his; a sender's is the connection's; what may pass is no end."""
    with liar({**offered, place: said}) as running:
        transport = Transport(server(running.port))
        answer = transport.open() or transport.send(ENVELOPE, MESSAGE)
        assert short(answer) == meant
        ended = meant[0] in (DOWN, UNUSABLE, UNKNOWN) or meant[2] == 421
        assert transport.ready is not ended
        transport.close()
    assert len(running.messages) == (place == "END")


@pytest.mark.parametrize("offered", [{}, PIPELINING], ids=["one by one", "at once"])
@pytest.mark.parametrize("place", ["MAIL", "RCPT", "DATA", "END"])
def test_after_a_no_the_connection_carries_the_next(place: str, offered: Script) -> None:
    with opened({**offered, place: b"451 4.3.0 later\r\n"}) as (running, transport):
        assert [transport.send(ENVELOPE, MESSAGE).kind for _ in range(3)] == [LATER] * 3
    assert running.verbs().count("EHLO") == 1
    assert running.verbs().count("RSET") == (0 if place == "END" else 2)


def test_a_server_that_wants_a_message_for_nobody_gets_none() -> None:
    """Commands written at once: 354 to DATA though the recipient was refused. A lone dot might send an empty mail."""
    with opened({**PIPELINING, "RCPT": b"550 5.1.1 nobody\r\n", "DATA": b"354 go on\r\n"}) as (running, transport):
        assert short(transport.send(ENVELOPE, MESSAGE)) == (REFUSED, Stage.RCPT, 550)
        assert not transport.ready
        assert transport.open() is None
        assert short(transport.send(ENVELOPE, MESSAGE)) == (REFUSED, Stage.RCPT, 550)
        assert transport.ready
    assert running.verbs().count("DATA") == 1
    assert not running.messages


UNASKED = {
    "after the greeting": {"CONNECT": b"220 liar\r\n250 liar\r\n"},
    "after EHLO": {"EHLO": b"250 liar\r\n250 ok\r\n"},
    "after MAIL": {"MAIL": b"250 ok\r\n250 ok\r\n"},
    "after RCPT": {"RCPT": b"250 ok\r\n250 ok\r\n"},
    "before the message": {"DATA": b"354 go on\r\n250 taken\r\n"},
}


@pytest.mark.parametrize("offered", [False, True], ids=["one by one", "at once"])
@pytest.mark.parametrize("script", UNASKED.values(), ids=UNASKED)
def test_an_answer_before_the_question_is_not_taken_for_one(script: dict[str, bytes], offered: bool) -> None:
    """Else a yes that came too early would be the yes to the next message."""
    if offered and "EHLO" in script:
        script = {"EHLO": hello("PIPELINING") + b"250 ok\r\n"}
    elif offered:
        script = {**script, **PIPELINING}  # type: ignore[dict-item]
    with liar({**script, "END": b"550 5.7.1 no\r\n"}) as running:
        transport = Transport(server(running.port))
        answer = transport.open() or transport.send(ENVELOPE, MESSAGE)
        assert answer.kind is DOWN
        assert not running.messages
        assert not transport.ready


def test_nothing_is_said_after_an_answer_too_many() -> None:
    with liar({"CONNECT": b"220 liar\r\n250 liar\r\n"}) as running:
        answer = Transport(server(running.port)).open()
    assert answer == Answer(DOWN, Stage.HELLO, text="the server spoke out of turn")
    assert not running.told


def test_a_yes_that_comes_between_the_go_on_and_the_message_is_not_taken_for_its_answer() -> None:
    read = threading.Event()

    class Late(Wire):
        """Goes on only when what the server adds has come too."""

        def reply(self, patient: bool = False) -> Reply:
            found = super().reply(patient)
            if found.code == 354:
                read.set()
                assert select.select([self._sock], [], [], 20)[0]
            return found

    def adds(one: socket.socket) -> None:
        one.sendall(b"354 go on\r\n")
        assert read.wait(20)
        one.sendall(b"250 2.0.0 taken\r\n")
        stall(one)

    with opened({"DATA": adds}) as (_, transport):
        assert transport._session
        transport._session.wire.__class__ = Late
        assert short(transport.send(ENVELOPE, MESSAGE)) == (DOWN, Stage.DATA, 0)
        assert not transport.ready


def test_the_answer_to_the_final_dot_is_waited_for_as_long_as_the_limit_allows() -> None:
    """AMB-E13: giving up earlier would put what is being delivered in doubt."""

    class Hurried(Wire):
        """Once the server waits for the message, no answer comes soon enough."""

        def reply(self, patient: bool = False) -> Reply:
            found = super().reply(patient)
            if found.code == 354:
                self._timeout = -1.0
            return found

    with opened({}) as (_, transport):
        assert transport._session
        transport._session.wire.__class__ = Hurried
        assert transport.send(ENVELOPE, MESSAGE).kind is Kind.SENT


def test_what_follows_a_yes_does_not_unsay_it_but_ends_the_connection() -> None:
    with opened({"END": b"250 2.0.0 taken\r\n550 no\r\n"}) as (running, transport):
        assert transport.send(ENVELOPE, MESSAGE).kind is Kind.SENT
        assert not transport.ready
    assert running.messages == [MESSAGE]


def test_a_server_that_has_hung_up_meanwhile_is_noticed_before_anything_is_said() -> None:
    with opened({"END": then(b"250 2.0.0 taken\r\n421 4.4.2 idle too long\r\n", hang_up)}) as (running, transport):
        assert transport.send(ENVELOPE, MESSAGE).kind is Kind.SENT
        assert short(transport.send(ENVELOPE, MESSAGE)) == (DOWN, Stage.IDLE, 0)
        assert not transport.ready
        assert transport.open() is None
        assert transport.send(ENVELOPE, MESSAGE).kind is Kind.SENT
    assert running.messages == [MESSAGE, MESSAGE]


def test_a_reset_that_is_refused_ends_the_connection() -> None:
    with opened({"RCPT": b"550 no\r\n", "RSET": b"500 what\r\n"}) as (_, transport):
        assert transport.send(ENVELOPE, MESSAGE).kind is REFUSED
        assert short(transport.send(ENVELOPE, MESSAGE)) == (DOWN, Stage.RESET, 500)
        assert not transport.ready


def test_a_server_of_before_ehlo() -> None:
    with opened({"EHLO": b"502 what\r\n"}) as (running, transport):
        assert transport.send(ENVELOPE, MESSAGE).kind is Kind.SENT
    assert running.verbs()[:2] == ["EHLO", "HELO"]


def test_nobody_listens() -> None:
    with liar({}) as running:
        pass
    assert Transport(server(running.port)).open() == Answer(DOWN, Stage.CONNECT, text="Connection refused")
    nowhere = Server("no-such-host.invalid", 25, Tls.NONE)
    answer = Transport(nowhere).open()
    assert short(answer) == (DOWN, Stage.CONNECT, 0)
    assert answer and "invalid" not in answer.text


def test_what_is_not_open_sends_nothing() -> None:
    transport = Transport(server(1))
    assert not transport.ready
    assert short(transport.send(ENVELOPE, MESSAGE)) == (DOWN, Stage.IDLE, 0)
    transport.close()


# What is kept of what they say.


@pytest.mark.parametrize(
    ("said", "enhanced", "text"),
    [
        (b"550 5.1.1 nobody\r\n", "5.1.1", "nobody"),
        (b"550 4.2.2 nobody\r\n", "", "4.2.2 nobody"),
        (b"550 2.0.0 taken\r\n", "", "2.0.0 taken"),
        (b"550 5.1.1\r\n", "5.1.1", ""),
        (b"550 5.1.1x\r\n", "", "5.1.1x"),
        (b"550-5.1.1 no\r\n550-5.1.1 body\r\n550 5.1.1 here\r\n", "5.1.1", "no body here"),
        (b"550 5.1.1 \x1b[31mred\x07\x00\xff\r\n", "5.1.1", "[31mred \ufffd"),
        ("550 5.1.1 a\u202eb\u2028c\u0085d\r\n".encode(), "5.1.1", "a b c d"),
        (b"550 " + b"x" * 3000 + b"\r\n", "", "x" * 299 + "…"),
    ],
)
def test_what_is_kept_of_an_answer(said: bytes, enhanced: str, text: str) -> None:
    """A code of another class than the answer's contradicts it, and does not count."""
    with opened({"RCPT": said}) as (_, transport):
        assert transport.send(ENVELOPE, MESSAGE) == Answer(REFUSED, Stage.RCPT, 550, enhanced, text)
