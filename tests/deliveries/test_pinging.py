"""Bids: what is asked, in which time, and what counts as an answer."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import pytest

from reconciler.kinds.leads.bid import NO_BID, bid_of
from reconciler.kinds.leads.market import Buyer
from reconciler.kinds.leads.pinging import Pinger
from reconciler.model.ref import Ref
from reconciler.model.secret import revealer
from tests.deliveries.desk import SECRETS, no_files
from tests.deliveries.sold import contract, lead
from tests.hooks.servers import Request, Script, Serving, serving

NOTHING = Decimal(0)


def buyer(uid: int, url: str, **ping: Any) -> Buyer:
    spec = contract(ping={"url": url, "allowPrivate": True, **ping})
    return Buyer(uid, Ref("AccountContract", f"b{uid}"), "present", spec)


@pytest.fixture
def pinger() -> Iterator[Pinger]:
    with closing(Pinger(revealer(SECRETS, no_files))) as found:
        yield found


def bids(amount: str) -> Script:
    return lambda request: request.answer(200, json.dumps({"bid": amount, "currency": "EUR"}).encode())


def test_nothing_of_a_person_leaves_that_is_not_named(pinger: Pinger) -> None:
    """L-45: the contract names what is shown before the sale; where it names nothing, no field leaves."""
    with serving(bids("1")) as some, serving(bids("1")) as none:
        pinger([buyer(1, some.url, fields=["postcode", "nothing"]), buyer(2, none.url)], lead())
    asked = [json.loads(server.requests[0].body) for server in (some, none)]
    assert [one["fields"] for one in asked] == [{"postcode": "1011 AB"}, {}]
    assert asked[1] == {
        "ping": "lead-1", "campaign": "cars", "workflow": "quote-form", "vertical": "cars", "test": False, "currency": "EUR",
        "fields": {},
    }  # fmt: skip
    for word in ("ana@home.example", "31612345678", "XX-1"):
        assert word.encode() not in b"".join(server.requests[0].body for server in (some, none))


def test_it_is_signed_and_the_connection_kept(pinger: Pinger) -> None:
    with serving(bids("2.5")) as server:
        asked = [buyer(1, server.url, secret={"env": "ACME_SECRET"})]
        assert [pinger(asked, lead(number)) for number in range(3)] == [{1: Decimal("2.50")}] * 3
        assert server.connections == 1
    assert server.requests[0].headers["x-muster-signature-256"].startswith("sha256=")


def test_all_are_asked_at_once_and_each_has_its_own_time(pinger: Pinger) -> None:
    """L-15: a buyer who does not answer costs his own time, and nobody else's."""

    together = threading.Barrier(20)

    def slow(request: Request) -> None:
        together.wait(20)
        bids("3")(request)

    with ExitStack() as open_now:
        servers: list[Serving] = [open_now.enter_context(serving(slow)) for _ in range(20)]
        never = open_now.enter_context(serving(lambda _request: time.sleep(5)))
        asked = [buyer(n, server.url, timeout="20s") for n, server in enumerate(servers)]
        answers = pinger([*asked, buyer(99, never.url, timeout="1s")], lead())
    assert answers == {**{n: Decimal("3.00") for n in range(20)}, 99: "no answer: not in time"}


def test_who_cannot_be_asked_does_not_keep_others_from_bidding(pinger: Pinger) -> None:
    no_ping = Buyer(5, Ref("AccountContract", "b5"), "present", contract())
    with serving(bids("3")) as good, serving(lambda request: request.answer(500)) as broken:
        answers = pinger(
            [
                buyer(1, good.url),
                buyer(2, broken.url),
                buyer(3, good.url, allowPrivate=False),
                buyer(4, good.url, secret={"env": "NOT_THERE"}),
                no_ping,
                buyer(6, "http://169.254.169.254/"),
                buyer(7, good.url, minBid="3.01"),
            ],
            lead(),
        )
    assert answers == {
        1: Decimal("3.00"),
        2: "it answered 500",
        3: "its address is a private one, which needs allowPrivate: true",
        4: "the environment has no NOT_THERE",
        5: "its contract has no ping",
        6: "its address is one that is never called",
        7: "its bid is below the contract's least",
    }
    assert pinger([], lead()) == {}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda request: request.answer(204), NO_BID),
        (lambda request: request.answer(200), NO_BID),
        (lambda request: request.answer(302, b"", "Location: http://169.254.169.254/"), "it answered 302"),
        (lambda request: request.say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"), "its answer did not end"),
        (lambda request: request.answer(200, b'{"bid": "1", "x": "' + b"x" * 70000 + b'"}'), "its answer did not end"),
        (lambda request: request.hang_up(), "no answer: the server hung up"),
    ],
)
def test_answers_that_are_no_bid(pinger: Pinger, answer: Script, why: str) -> None:
    with serving(answer) as server:
        assert pinger([buyer(1, server.url, timeout="1s")], lead()) == {1: why}


COUNTS: Mapping[str, str] = {
    '{"bid": "12.5"}': "12.50",
    '{"bid": 12.5, "currency": "EUR"}': "12.50",
    '{"bid": 7}': "7.00",
    '{"bid": "0.0001"}': "0.0001",
    '{"bid": 0.1000}': "0.10",
    '{"bid": 1e3}': "1000.00",
    '{"bid": "999999999999.9999"}': "999999999999.9999",
    '{"bid": 0.30000000000000000000}': "0.30",
}
COUNTS_NOT: Mapping[str, str] = {
    "": NO_BID, "  \n": NO_BID, "{}": NO_BID, '{"bid": null}': NO_BID, '{"bid": 0}': NO_BID, '{"bid": "0.00"}': NO_BID,
    '{"bid": 0e99}': NO_BID,
    "[1]": "its answer is no JSON object", '"12"': "its answer is no JSON object", "12": "its answer is no JSON object",
    "{": "its answer is no JSON", "[" * 60000: "its answer is no JSON", '{"bid": NaN}': "its answer is no JSON",
    '{"bid": Infinity}': "its answer is no JSON", '{"bid": -Infinity}': "its answer is no JSON", "\xff": "its answer is no JSON",
    '{"bid": ' + "9" * 5000 + "}": "its answer is no JSON",
    '{"bid": "NaN"}': "its bid is no amount", '{"bid": "1_000"}': "its bid is no amount",
    '{"bid": "1,5"}': "its bid is no amount",
    '{"bid": ""}': "its bid is no amount", '{"bid": "."}': "its bid is no amount", '{"bid": "٣"}': "its bid is no amount",
    '{"bid": "1e3"}': "its bid is no amount", '{"bid": "-1"}': "its bid is no amount", '{"bid": true}': "its bid is no amount",
    '{"bid": [1]}': "its bid is no amount", '{"bid": {"a": 1}}': "its bid is no amount", '{"bid": " 1"}': "its bid is no amount",
    '{"bid": -1}': "its bid is out of bounds", '{"bid": 1e12}': "its bid is out of bounds",
    '{"bid": 1e999999}': "its bid is out of bounds",
    '{"bid": 1e-9}': "its bid has more than four decimal places",
    '{"bid": "1.00001"}': "its bid has more than four decimal places",
    '{"bid": 1.000000000000000000000000000000001}': "its bid has more than four decimal places",
    '{"bid": 1e-999999}': "its bid has more than four decimal places",
    '{"bid": "5", "currency": "USD"}': "its bid is not in EUR", '{"bid": "5", "currency": null}': "its bid is not in EUR",
    '{"bid": "5", "currency": ["EUR"]}': "its bid is not in EUR",
}  # fmt: skip


@pytest.mark.parametrize("answer", COUNTS)
def test_bids_that_count(answer: str) -> None:
    """L-45: by Decimal, as written, in the contract's currency."""
    assert str(bid_of(answer.encode(), "EUR", NOTHING)) == COUNTS[answer]


@pytest.mark.parametrize("answer", COUNTS_NOT, ids=lambda answer: answer[:30])
def test_bids_that_do_not_count(answer: str) -> None:
    assert bid_of(answer.encode("latin-1" if answer == "\xff" else "utf-8"), "EUR", NOTHING) == COUNTS_NOT[answer]


def test_the_least_bid_counts_itself() -> None:
    assert bid_of(b'{"bid": "3.00"}', "EUR", Decimal("3")) == Decimal("3.00")
    assert bid_of(b'{"bid": "2.9999"}', "EUR", Decimal("3")) == "its bid is below the contract's least"
