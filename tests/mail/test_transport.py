"""A connection that carries many messages: what goes over the wire, in which order, and what never does."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from reconciler.mail.answer import Kind, Stage
from reconciler.mail.server import Envelope, Server, Tls
from reconciler.mail.smtp import Transport
from tests.mail.liar import hello, liar
from tests.smtp_counter import Counter, Taken, smtp_counter
from tests.smtp_sink import free_port, smtp_sink

MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"


def server(port: int) -> Server:
    return Server("127.0.0.1", port, Tls.NONE, timeout=timedelta(seconds=20), limit=timedelta(seconds=40))


def envelope(number: int) -> Envelope:
    return Envelope(f"bounce+{number}@shop.example", f"r{number}@home.example")


def test_one_connection_carries_many() -> None:
    with smtp_counter() as counter, closing(Transport(server(counter.port))) as transport:
        assert transport.open() is None
        for number in range(50):
            assert transport.send(envelope(number), b"%d\r\n" % number).kind is Kind.SENT
    assert counter.connections == 1
    assert [(one.sender, one.recipient, one.message) for one in counter.taken] == [
        (envelope(number).sender, envelope(number).recipient, b"%d\r\n" % number) for number in range(50)
    ]


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)], ids=["one by one", "at once"])
def test_what_is_said_for_each_message(extensions: tuple[str, ...]) -> None:
    with liar({"EHLO": hello("SIZE 1000", "8BITMIME", *extensions)}) as running:
        transport = Transport(server(running.port))
        assert transport.open() is None
        assert transport.send(envelope(1), MESSAGE).kind is Kind.SENT
        assert transport.send(Envelope("", "ana@home.example"), "é\r\n".encode()).kind is Kind.SENT
        transport.close()
    assert running.told[1:] == [
        b"MAIL FROM:<bounce+1@shop.example> SIZE=24", b"RCPT TO:<r1@home.example>", b"DATA",
        b"MAIL FROM:<> SIZE=4 BODY=8BITMIME", b"RCPT TO:<ana@home.example>", b"DATA", b"QUIT",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "mail.shop.example", "[127.0.0.1]"])
def test_the_name_that_is_given(name: str) -> None:
    with (
        liar({}) as running,
        closing(Transport(Server("127.0.0.1", running.port, Tls.NONE, hello_name=name))) as transport,
    ):
        assert transport.open() is None
    verb, _, given = running.told[0].decode().partition(" ")
    assert verb == "EHLO"
    assert given == name if name else "." in given


@pytest.mark.parametrize("name", ["x\r\nMAIL FROM:<a@b.example>", "[x\r\nRSET]", "a b", "é.example", "-"])
def test_a_name_that_is_none_is_not_given(name: str) -> None:
    with liar({}) as running:
        answer = Transport(Server("127.0.0.1", running.port, Tls.NONE, hello_name=name)).open()
        assert answer and answer.kind is Kind.UNUSABLE
    assert not running.told


HOSTILE = [
    "", "a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example\r\nDATA", "a\n@b.example", "a\r@b.example", "a\0@b.example",
    "a@b.example> SIZE=1", "a@b.example> NOTIFY=NEVER", "<a@b.example", "a b@c.example", "a\u2028@b.example",
    "a\u202e@b.example", "a\x85@b.example", "\ud800@b.example", "a" * 400 + "@b.example", "a@b.example\t",
]  # fmt: skip


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("address", HOSTILE, ids=repr)
def test_an_address_that_would_be_a_command_is_refused_unsaid(address: str, utf8: bool) -> None:
    with (
        liar({"EHLO": hello("SMTPUTF8", "PIPELINING")}) as running,
        closing(Transport(server(running.port))) as transport,
    ):
        assert transport.open() is None
        bad = [Envelope("a@b.example", address, utf8), Envelope("a@b.example", "c@d.example", utf8, (address,))]
        if address:
            bad.append(Envelope(address, "c@d.example", utf8))
        for one in bad:
            answer = transport.send(one, MESSAGE)
            assert (answer.kind, answer.code) == (Kind.REFUSED, 0)
        assert transport.ready
    assert running.verbs() == ["EHLO", "QUIT"]


def test_addresses_beyond_ascii_only_where_the_server_takes_them() -> None:
    theirs = Envelope("shop@shop.example", "jürgen@häuser.example", smtputf8=True)
    with (
        liar({"EHLO": hello("8BITMIME", "SMTPUTF8")}) as running,
        closing(Transport(server(running.port))) as transport,
    ):
        assert transport.open() is None
        assert transport.send(theirs, "Subject: ü\r\n\r\n".encode()).kind is Kind.SENT
        assert transport.send(Envelope("shop@shop.example", theirs.recipient), MESSAGE).kind is Kind.REFUSED
    assert running.told[1:3] == [
        b"MAIL FROM:<shop@shop.example> BODY=8BITMIME SMTPUTF8", "RCPT TO:<jürgen@häuser.example>".encode()
    ]  # fmt: skip
    with liar({}) as running, closing(Transport(server(running.port))) as transport:
        assert transport.open() is None
        assert transport.send(theirs, MESSAGE).kind is Kind.REFUSED
        assert transport.ready


@pytest.mark.parametrize(("size", "kind"), [("24", Kind.SENT), ("23", Kind.REFUSED), ("0", Kind.SENT), ("", Kind.SENT),
                                            ("x", Kind.SENT), ("9" * 4000, Kind.SENT)])  # fmt: skip
def test_a_message_that_is_too_large_is_not_offered(size: str, kind: Kind) -> None:
    with liar({"EHLO": hello(f"SIZE {size}")}) as running, closing(Transport(server(running.port))) as transport:
        assert transport.open() is None
        assert transport.send(envelope(1), MESSAGE).kind is kind
        assert ("MAIL" in running.verbs()) is (kind is Kind.SENT)


def test_several_recipients_are_told_at_once_and_one_is_enough() -> None:
    for offered in ({}, {"EHLO": hello("PIPELINING")}):
        with liar(offered) as running, closing(Transport(server(running.port))) as transport:
            assert transport.open() is None
            assert (
                transport.send(Envelope("a@b.example", "c@d.example", also=("e@f.example",)), MESSAGE).kind is Kind.SENT
            )
        assert running.verbs() == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]


class _Picky:
    """A real server that knows one recipient."""

    def __init__(self) -> None:
        self.given: list[tuple[list[str], bytes]] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address != "ana@home.example":
            return "550 5.1.1 nobody"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.given.append((envelope.rcpt_tos, envelope.original_content))
        return "250 taken"


def test_a_real_server_reads_what_was_meant() -> None:
    box = _Picky()
    running = Controller(box, hostname="127.0.0.1", port=free_port())
    running.start()
    message = b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nMAIL FROM:<x@y.example>\r\n"
    known, unknown = Envelope("a@b.example", "ana@home.example"), Envelope("a@b.example", "bo@home.example")
    both = Envelope("a@b.example", "bo@home.example", also=("ana@home.example",))
    try:
        with closing(Transport(server(running.port))) as transport:
            assert transport.open() is None
            kinds = [transport.send(one, message).kind for one in (known, unknown, known, unknown, both, unknown)]
    finally:
        running.stop()
    assert kinds == [Kind.SENT, Kind.REFUSED, Kind.SENT, Kind.REFUSED, Kind.SENT, Kind.REFUSED]
    assert box.given == [(["ana@home.example"], message)] * 3


# postfix's smtp-sink, and the two servers of these tests against one another.


@pytest.mark.parametrize("options", [(), ("-p",), ("-e",)], ids=["at once", "one by one", "without EHLO"])
def test_smtp_sink_takes_all(options: tuple[str, ...], tmp_path: Path) -> None:
    bodies = [b"Subject: %d\r\n\r\n.dot\r\n.\r\n\r\nlast\r\n" % number for number in range(200)]
    with smtp_sink(tmp_path, *options) as sink, closing(Transport(server(sink.port))) as transport:
        assert transport.open() is None
        for number, body in enumerate(bodies):
            assert transport.send(envelope(number), body).kind is Kind.SENT
        assert sink.count() == 200
        taken = sink.messages()
    assert [(one.sender, one.recipient) for one in taken] == [
        (envelope(number).sender, envelope(number).recipient) for number in range(200)
    ]
    assert [one.message for one in taken] == [body.replace(b"\r\n", b"\n") for body in bodies]
    assert sink.recipients() == [one.recipient for one in taken]


@pytest.mark.parametrize("place", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(("option", "code"), [("-r", 450), ("-f", 500), ("-Q", 421), ("-q", 0)])
def test_smtp_sink_says_no(place: str, option: str, code: int, tmp_path: Path) -> None:
    kinds = {
        450: Kind.LATER, 421: Kind.THROTTLED, 500: Kind.UNUSABLE if place == "MAIL" else Kind.REFUSED,
        0: Kind.UNKNOWN if place == "." else Kind.DOWN,
    }  # fmt: skip
    with smtp_sink(tmp_path, option, place) as sink, closing(Transport(server(sink.port))) as transport:
        for number in range(3):
            assert transport.ready or transport.open() is None
            answer = transport.send(envelope(number), MESSAGE)
            assert (answer.kind, answer.code, answer.stage) == (kinds[code], code, Stage(place.replace(".", "end")))
        assert sink.count() == (3 if place == "." else 0)


def test_what_did_not_end_is_not_in_the_dump(tmp_path: Path) -> None:
    with smtp_sink(tmp_path) as sink:
        transport = Transport(server(sink.port))
        assert transport.open() is None
        assert transport.send(envelope(1), MESSAGE).kind is Kind.SENT
        broken = Transport(server(sink.port))
        assert broken.open() is None and broken._session
        broken._session.wire.allow(20)
        broken._session.wire.write(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        assert [broken._session.wire.reply().code for _ in range(3)] == [250, 250, 354]
        broken._session.wire.write(b"Subject: half\r\n")
        broken._drop()
        assert transport.send(envelope(2), MESSAGE).kind is Kind.SENT
        transport.close()
        assert sink.recipients() == ["r1@home.example", "r2@home.example"]


def test_the_counter_knows_when_and_what_came_twice() -> None:
    def moody(one: Taken) -> bytes:
        return b"451 4.3.0 later" if one.recipient == "r3@home.example" else b"250 ok"

    with smtp_counter(moody) as counter, closing(Transport(server(counter.port))) as transport:
        assert transport.open() is None
        kinds = [transport.send(envelope(number), MESSAGE).kind for number in (1, 2, 3, 2)]
    assert kinds == [Kind.SENT, Kind.SENT, Kind.LATER, Kind.SENT]
    assert counter.count() == 3
    assert counter.twice() == {"r2@home.example"}
    assert [one.monotonic for one in counter.taken] == sorted(one.monotonic for one in counter.taken)


@pytest.mark.parametrize(("times", "span", "most"), [
    ([], 1, 0), ([0.0], 1, 1), ([0.0, 0.5, 1.0], 1, 2), ([0.0, 0.5, 0.999], 1, 3), ([0.0, 2.0, 2.1, 2.2, 5.0], 1, 3),
])  # fmt: skip
def test_the_most_within_a_span(times: list[float], span: float, most: int) -> None:
    counter = Counter(0)
    for at in times:
        counter.taken.append(Taken(None, at, "", "", b"", 0))  # type: ignore[arg-type]
    assert counter.most_within(span) == most
