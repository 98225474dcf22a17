"""What our SMTP costs beside smtplib's: the same prebuilt messages over one connection to postfix's smtp-sink, in turn.

python -m bench.mailing [MESSAGES]     default 5000
"""

import smtplib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from reconciler.mail.answer import Kind
from reconciler.mail.server import Envelope, Server, Tls
from reconciler.mail.smtp import Transport
from tests.smtp_sink import smtp_sink

ROUNDS = 7
_BODY = b"The quick brown fox jumps over the lazy dog, and then does it all over again.\r\n" * 60


def messages(count: int) -> list[tuple[str, bytes]]:
    """Recipients, and messages of 5 KB."""
    return [
        (f"r{one}@home.example", b"Subject: hello\r\nMessage-ID: <%d@b>\r\n\r\n" % one + _BODY) for one in range(count)
    ]


def bare(port: int, prepared: list[tuple[str, bytes]]) -> float:
    """Messages a second, through smtplib's `sendmail`."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as server:
        server.ehlo()
        began = time.perf_counter()
        for recipient, message in prepared:
            server.sendmail("shop@shop.example", recipient, message)
        return len(prepared) / (time.perf_counter() - began)


def ours(port: int, prepared: list[tuple[str, bytes]]) -> float:
    """Messages a second, through `Transport.send`."""
    with closing(Transport(Server("127.0.0.1", port, Tls.NONE))) as transport:
        if fault := transport.open():
            raise RuntimeError(fault.text)
        began = time.perf_counter()
        for recipient, message in prepared:
            if transport.send(Envelope("shop@shop.example", recipient), message).kind is not Kind.SENT:
                raise RuntimeError("a message was not taken")
        return len(prepared) / (time.perf_counter() - began)


def compared(port: int, prepared: list[tuple[str, bytes]]) -> Iterator[tuple[str, float]]:
    """The rates of one round; who comes first changes nothing where each goes on for seconds."""
    ways: tuple[Callable[[int, list[tuple[str, bytes]]], float], ...] = (bare, ours)
    for way in ways:
        yield way.__name__, way(port, prepared)


def main(count: int = 5000) -> None:
    """Print the medians, and the median of each round's ratio."""
    prepared = messages(count)
    for options in ((), ("-p",)):
        with tempfile.TemporaryDirectory() as place, smtp_sink(Path(place), *options, dump=False) as sink:
            rounds = [dict(compared(sink.port, prepared)) for _ in range(ROUNDS)]
        median = {name: statistics.median(one[name] for one in rounds) for name in ("bare", "ours")}
        ratio = statistics.median(one["ours"] / one["bare"] for one in rounds)
        offered = "without PIPELINING" if options else "with PIPELINING"
        print(f"{offered}: smtplib {median['bare']:.0f}/s, ours {median['ours']:.0f}/s, ours/smtplib {ratio:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
