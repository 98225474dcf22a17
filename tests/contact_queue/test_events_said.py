"""What systems and people say of accounts: over HTTP to a running server, by the command line, and from files (AMB-C8)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.smtp_counter import smtp_counter
from tests.web.shop import Server, Shop

KEY = "the key of the portfolio"
ROWS = [{"id": number, "balance": "120.50", "currency": "USD"} for number in ("4711", "A/1 b", "47 12")]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A project with a source of accounts that has a key, its rows loaded."""
    monkeypatch.setenv("SHOP_SECRET", "nobody guesses what this says")
    monkeypatch.setenv("PORTFOLIO_KEY", KEY)
    monkeypatch.setenv("MUSTER_ACTOR", "user:dana")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    with smtp_counter() as counter:
        found = Shop(tmp_path / "shop", counter.port)
    found.put("AccountSource", "portfolio", {"source": {"inline": ROWS}, "apiKey": {"env": "PORTFOLIO_KEY"}})
    found.put("CollectionSettings", "organisation", {"timezone": "UTC"})
    found.apply()
    assert found.world.cli("collections", "load").code == 0
    return found


def tell(server: Server, number: str, said: Any, key: str = KEY) -> tuple[int, Any]:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    found = server.ask("POST", f"/v1/accounts/{number}/events", body, Authorization=f"Bearer {key}")
    assert found.headers["content-type"] == f"application/{'json' if found.status == 200 else 'problem+json'}", found
    return found.status, json.loads(found.body)


BAD = {
    "no JSON": b"{",
    "not an object": b"[]",
    "no id": {"event": "opt_out"},
    "an id with a space": {"id": "a b", "event": "opt_out"},
    "another event": {"id": "1", "event": "refund"},
    "an event that is ours alone": {"id": "1", "event": "contact"},
    "more than is known": {"id": "1", "event": "opt_out", "campaign": "q2"},
    "a payment of nothing": {"id": "1", "event": "payment"},
    "a payment of less": {"id": "1", "event": "payment", "amount": "-5"},
    "no number": {"id": "1", "event": "payment", "amount": "NaN"},
    "a number without end": {"id": "1", "event": "payment", "amount": "1e999"},
    "five places": {"id": "1", "event": "payment", "amount": "0.00001"},
    "truth for an amount": {"id": "1", "event": "payment", "amount": True},
    "no currency": {"id": "1", "event": "payment", "amount": "5", "currency": "dollars"},
    "a promise without a day": {"id": "1", "event": "promise", "amount": "5"},
    "a day that is none": {"id": "1", "event": "promise", "dueOn": "2027-02-30"},
    "a day far away": {"id": "1", "event": "promise", "dueOn": "9999-12-31"},
    "a time that lies ahead": {"id": "1", "event": "opt_out", "at": "2999-01-01T00:00:00Z"},
    "a time without an offset": {"id": "1", "event": "opt_out", "at": "2027-01-01T00:00:00"},
    "an amount of an answer": {"id": "1", "event": "response", "amount": "5"},
    "NUL": {"id": "1", "event": "response", "detail": "a\0b"},
    "what moves a cursor": {"id": "1", "event": "response", "detail": "a\x1b[2Jb"},
    "half a character": b'{"id": "1", "event": "response", "detail": "\\ud800"}',
    "too long": {"id": "1", "event": "response", "detail": "x" * 1001},
}


def test_what_happens_is_told_over_http(shop: Shop) -> None:
    """AMB-C8, C-31: once by its id, with the source's key, and nothing that makes no sense."""
    payment = {"id": "bank-1", "event": "payment", "amount": "20.50"}
    promise = {"id": "p-1", "event": "promise", "amount": 100, "dueOn": "2199-01-01", "medium": "voice"}
    with shop.serving() as server:
        for said in BAD.values():
            status, answer = tell(server, "4711", said)
            assert (status, answer["type"]) == (400, "urn:muster:problem:unreadable"), (said, answer)
        new = {"id": "bank-1", "event": "payment", "became": "new", "account": "4711", "status": "pending_contact"}
        assert tell(server, "4711", payment) == (200, new)
        assert tell(server, "4711", payment) == (200, {**new, "became": "known"})
        assert tell(server, "4711", {**payment, "amount": "21"})[0] == 409
        assert tell(server, "4711", promise)[1]["status"] == "promise"
        assert tell(server, "A%2F1%20b", {"id": "o", "event": "opt_out"})[0] == 200
        for nobody in ("4712", "4711%00", "a/b/c"):
            assert tell(server, nobody, payment)[0] == 404
        assert tell(server, "4711", payment, key="another")[0] == 401
        assert tell(server, "4712", payment, key="another")[0] == 401
    code, out, _ = shop.world.cli("collections", "account", "4711", "--format", "json")
    assert code == 0
    sorts = sorted(one["sort"] for one in json.loads(out)["interactions"])
    assert sorts == ["payment", "promise"]


def test_what_happened_is_told_by_hand(shop: Shop) -> None:
    """AMB-C8: the id keeps it from counting twice; without one it is who tells, and when."""
    say = ("collections", "tell", "4711", "--event")
    code, out, err = shop.world.cli(*say, "promise", "--amount", "100", "--due-on", "2199-01-01")
    assert (code, out, err) == (0, "4711: promise; its status is promise\n", "")
    assert shop.world.cli(*say, "payment", "--amount", "100", "--id", "m1").out.endswith("is in_auto_management\n")
    known = shop.world.cli(*say, "payment", "--amount", "100", "--id", "m1", "--format", "json")
    assert json.loads(known.out)["became"] == "known"
    assert shop.world.cli(*say, "payment", "--amount", "5", "--id", "m1").code == 5
    code, out, err = shop.world.cli("collections", "tell", "nobody\x1b[2J", "--event", "opt_out")
    assert (code, out) == (5, "")
    assert "the source has no account of this number" in err
    assert "\x1b" not in err
    code, out, err = shop.world.cli(*say, "payment")
    assert code == 64
    assert "--amount" in err
    code, _, err = shop.world.cli(*say, "promise", "--amount", "100")
    assert (code, "--due-on is needed" in err) == (64, True)


def test_events_come_from_files(shop: Shop) -> None:
    """AMB-C8: row by row, what is wrong with one keeps no other out; a file may be imported again."""
    lines = [
        "account,id,event,at,amount,dueOn",
        "4711,m1,payment,2026-01-03T09:00:00Z,20.50,",
        "4711,p1,promise,2026-01-03T10:00:00Z,100,2199-06-30",
        "nobody,m2,payment,,5,",
        "47 12,m3,payment,,much,",
        "47 12,o1,opt_out,,,",
    ]
    path = shop.root / "events.csv"
    path.write_text("\n".join(lines) + "\n")
    for _ in range(2):
        code, out, err = shop.world.cli("collections", "import", str(path), "--rows", "events")
        assert (code, out) == (1, "3 events taken in, 2 not\n"), err
        assert err.splitlines()[-2:] == [
            f"{path}:4: the source has no account of this number",
            f"{path}:5: `amount`: 'much' is no amount, such as 1234.50",
        ]
    with shop.open() as store:
        uid = store.accounts.named("4711")[0].uid
        found = store.accounts.get(uid, "4711")
        other = store.accounts.get(uid, "47 12")
    assert found is not None
    assert found.row.status == "promise"
    assert other is not None
    assert other.declined
