"""Taking mail apart that nobody vouches for: it ends, it raises nothing, and what it costs has a bound."""

import base64
import sys
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.mail.bounce import read_mail
from reconciler.mail.dissect import CAP, TEXT, dissect, read_headers, to_text
from reconciler.mail.verdict import Fate
from tests.mail.samples import EXPECTED, sample

NAMES = sorted(EXPECTED)
DAEMON = b"Return-Path: <>\nFrom: mailer-daemon@mx.example\nSubject: failure notice\n"


def nested_messages(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * depth + b"Subject: at last\n\nhello"


def nested_multiparts(depth: int) -> bytes:
    opened = [b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth)]
    closed = [b"\n--b%d--\n" % n for n in reversed(range(depth))]
    return b"".join(opened) + b"Content-Type: text/plain\n\nhello" + b"".join(closed)


HOSTILE = {
    "nothing": b"",
    "no headers": b"\n\n\n",
    "zeros": b"\0" * 5_000,
    "zeros within": DAEMON + b"\n\0<a@b.example>\0:\n\0no such user",
    "messages in messages": nested_messages(1_000),
    "messages in messages, returned": DAEMON + nested_messages(1_000),
    "multiparts in multiparts": nested_multiparts(1_000),
    "one boundary, many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "one boundary, nested in name": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 10_000,
    "endless header": b"Subject: " + b"x" * 3_000_000,
    "endless folding": b"Subject: x\n" + b" y\n" * 1_000_000,
    "endless headers": b"X-A: b\n" * 300_000,
    "no end of line": b"A" * 3_000_000,
    "only ends of lines": b"\n" * 2_000_000,
    "spaces": b"Subject:" + b" " * 1_000_000 + b"\n\n" + b" " * 1_000_000,
    "encoded words that do not end": b"Subject: " + b"=?a?q?" * 200_000 + b"\n\n",
    "encoded words of an odd codec": b"Subject: =?punycode?q?%s?=\n\n" % (b"a" * 500),
    "text of an odd codec": b"Content-Type: text/plain; charset=unicode_escape\n\n" + b"\\x41" * 1_000,
    "base64 of one letter": b"Content-Transfer-Encoding: base64\n\n" + b"A" * 2_000_000,
    "broken base64": b"Content-Transfer-Encoding: base64\n\n=====A=A=A",
    "quoted-printable that breaks off": b"Content-Transfer-Encoding: quoted-printable\n\n=4=\xff=",
    "tags that do not end": DAEMON + b"Content-Type: text/html\n\n" + b"<a" * 500_000,
    "addresses": DAEMON + b"\n" + b"a@b.example\n" * 100_000,
    "half addresses": DAEMON + b"\n" + b"a." * 500_000 + b"@" * 100_000,
    "dots and ats": DAEMON + b"\n" + b"a@b." * 300_000,
    "words of bounces": DAEMON + b"\n" + b"user mailbox account recipient address was not has been " * 20_000,
    "brackets": DAEMON + b"\n" + b"(" * 500_000 + b"expanded from: <" * 10_000,
    "a report of a million": DAEMON
    + b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a%d@b.example\nAction: failed\n\n" * 30_000,
    "many that failed": DAEMON + b"".join(b"X-Failed-Recipients: a%d@b.example\n" % n for n in range(20_000)) + b"\n",
    "a boundary of nothing": b'Content-Type: multipart/mixed; boundary=""\n\n--\n--\n--\n',
    "dashes": b"Content-Type: multipart/report\n\n" + b"--" * 500_000,
}


def steps_of(data: bytes) -> int:
    """How many lines of ours run for a mail: a measure of work that does not hang on the machine."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        read_mail(data)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_with_bounded_work(name: str) -> None:
    assert steps_of(HOSTILE[name]) < 400_000


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_bounded_memory(name: str) -> None:
    data = HOSTILE[name]
    tracemalloc.start()
    read_mail(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * CAP


def test_only_the_beginning_is_looked_at() -> None:
    report = sample("dsn-hard")
    assert read_mail(report + b"x" * (100 << 20)) == read_mail(report)
    assert len(dissect(b"\n\n" + b"x" * (3 * CAP)).top.body) <= CAP
    late = DAEMON + b"\nnothing\n" + b"y" * CAP + b"\n<a@b.example>:\nno such user\n"
    verdict = read_mail(late)
    assert verdict is not None
    assert verdict.findings == ()


def test_messages_within_messages_are_not_opened() -> None:
    mail = dissect(nested_messages(1_000))
    assert [part.type for part in mail.parts] == ["message/rfc822"]


def test_what_is_too_deep_stays_closed() -> None:
    assert [part.type for part in dissect(nested_multiparts(5)).parts] == ["text/plain"]
    assert [part.type for part in dissect(nested_multiparts(50)).parts] == ["multipart/mixed"]


def test_a_boundary_that_was_lost_is_guessed() -> None:
    report = sample("dsn-hard").replace(b"b1", b"part-of-it")
    assert read_mail(report.replace(b' boundary="part-of-it"', b" bo")) == read_mail(report)


def test_large_texts_are_cut() -> None:
    body = base64.b64encode(b"0123456789" * 100_000)
    part = dissect(b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + body).parts[0]
    assert len(part.text) == TEXT


def test_headers() -> None:
    block = (
        b"Subject: =?utf-8?q?F=C3=BCnf?=\n =?iso-8859-1?q?_Lat=E9rnen?=\r\nX-Odd\nTo: a@b.example\nTo: c@d.example\n"
    )
    assert read_headers(block) == {"subject": ("Fünf Latérnen",), "to": ("a@b.example", "c@d.example")}


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("Fünf".encode(), "utf-8", "Fünf"),
        ("Fünf".encode("latin-1"), "utf-8", "Fünf"),
        ("Fünf".encode(), "no-such", "Fünf"),
        ("пять".encode("koi8-r"), "koi8-r", "пять"),
        (b"ab\xc3", "utf-8", "ab"),
        (b"QlpoOTE=", "bz2", "QlpoOTE="),
        (b"\\x41", "unicode_escape", "\\x41"),
    ],
)
def test_text_by_its_charset(raw: bytes, charset: str, text: str) -> None:
    assert to_text(raw, charset) == text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=4_000))
def test_any_bytes_are_read(data: bytes) -> None:
    read_mail(data)
    read_mail(DAEMON + data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_mail_is_read(data: st.DataObject) -> None:
    """Cut, doubled, swapped and overwritten: nothing is raised, and what is found are addresses of the mail."""
    mail = bytearray(sample(data.draw(st.sampled_from(NAMES))))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(mail)))
        end = data.draw(st.integers(start, min(len(mail), start + 200)))
        mail[start:end] = data.draw(
            st.one_of(st.just(bytes(mail[start:end]) * 3), st.binary(max_size=40), st.just(b"\n\n"))
        )
    verdict = read_mail(bytes(mail), unsubscribe=("leave@post.lanterns.example",))
    if verdict is not None:
        assert isinstance(verdict.fate, Fate)
        assert all("@" in one.address and not set(one.address) & set("\r\n<> ") for one in verdict.findings)
        assert verdict.message_id is None or not set(verdict.message_id) & set("\r\n ")
