"""A message on the wire: whole lines, doubled dots, one final dot; nothing in it ends it early."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.body import outgoing, stuffed

SMUGGLED = b"MAIL FROM:<x@evil.example>"


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (b"", b".\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a\nb\rc\r\nd", b"a\r\nb\r\nc\r\nd\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".a\r\n..b\r\nc.\r\n", b"..a\r\n...b\r\nc.\r\n.\r\n"),
        (b"a\n.\n" + SMUGGLED, b"a\r\n..\r\n" + SMUGGLED + b"\r\n.\r\n"),
        (b"a\r.\r" + SMUGGLED, b"a\r\n..\r\n" + SMUGGLED + b"\r\n.\r\n"),
        (b"a\r\n.\r" + SMUGGLED, b"a\r\n..\r\n" + SMUGGLED + b"\r\n.\r\n"),
        (b"a\n.\r\n" + SMUGGLED, b"a\r\n..\r\n" + SMUGGLED + b"\r\n.\r\n"),
        (b"a\r\r\n\n", b"a\r\n\r\n\r\n.\r\n"),
        (b"a\n\r", b"a\r\n\r\n.\r\n"),
    ],
)
def test_a_message_on_the_wire(message: bytes, wire: bytes) -> None:
    assert outgoing(message).wire == wire


PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\x00\xff"]), max_size=12).map(b"".join)


@given(PIECES)
def test_nothing_ends_it_early_and_it_reads_back(message: bytes) -> None:
    """Whichever of CRLF, CR and LF the reader takes for the end of a line, he sees one lone dot, at the end."""
    wire = outgoing(message).wire
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", wire)
    lines = re.split(rb"\r\n|\r|\n", wire)
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    read = [line[1:] if line.startswith(b".") else line for line in lines[:-2]]
    meant = re.split(rb"\r\n|\r|\n", message)
    assert read == (meant[:-1] if meant[-1] == b"" else meant)


@given(st.lists(PIECES.map(lambda piece: piece + b"\r\n"), max_size=4))
def test_lines_written_stretch_by_stretch_are_those_of_the_whole(stretches: list[bytes]) -> None:
    whole = outgoing(b"".join(stretches))
    assert whole.wire == b"".join([*map(stuffed, stretches), b".\r\n"])
    assert whole.size == sum(map(len, stretches))
