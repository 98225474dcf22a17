"""Invoices and accounts over HTTP, from an organisation's own systems, asked of a running `muster serve`. (AMB-I6, C-31)"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web.shop import Server, Shop

KEY, OTHER = "the key of the ledger", "the key of the portfolio"
PAID: dict[str, Any] = {"number": "INV-1", "status": "paid", "amountDue": "10.50"}


@pytest.fixture
def office(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("LEDGER_KEY", KEY)
    monkeypatch.setenv("PORTFOLIO_KEY", OTHER)
    shop.put("InvoiceSource", "ledger", {"id": "number", "apiKey": {"env": "LEDGER_KEY"}, "currency": "EUR"})
    shop.put("AccountSource", "portfolio", {"apiKey": {"env": "PORTFOLIO_KEY"}})
    shop.apply()
    return shop


def said(
    server: Server, path: str, body: Any = None, key: str = KEY, kind: str = "application/json", **headers: str
) -> tuple[int, Any]:
    """One request: a POST where something is said. The status, and what was answered."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    given = {"Authorization": f"Bearer {key}", "Content-Type": kind, **headers}
    found = server.ask("POST" if data is not None else "GET", path, data, **given)
    assert found.headers["content-type"] == f"application/{'json' if found.status == 200 else 'problem+json'}", found
    return found.status, json.loads(found.body)


def test_an_invoice_is_posted_changed_and_asked_for(office: Shop) -> None:
    with office.serving() as server:
        status, answer = said(server, "/v1/invoices", {**PAID, "contact": {"email": "a@b.example"}})
        assert (status, answer["source"], answer["added"], answer["rows"]) == (
            200, "ledger", 1, [{"row": 1, "number": "INV-1", "became": "added"}],
        )  # fmt: skip
        again = said(server, "/v1/invoices?source=ledger", {**PAID, "contact": {"email": "a@b.example"}})
        assert (again[0], again[1]["same"]) == (200, 1)
        assert said(server, "/v1/invoices", {**PAID, "amountDue": 3})[1]["changed"] == 1
        status, answer = said(server, "/v1/invoices/INV-1")
        assert (status, answer["amountDue"], answer["currency"], answer["data"]["contact"]) == (200, "3.00", "EUR", {})
        assert said(server, "/v1/invoices/INV-2")[0] == 404


def test_a_number_may_hold_a_slash(office: Shop) -> None:
    with office.serving() as server:
        said(server, "/v1/invoices", {**PAID, "number": "2027/01 Ü"})
        assert said(server, "/v1/invoices/2027%2F01%20%C3%9C")[1]["number"] == "2027/01 Ü"


def test_many_are_posted_at_once_and_each_is_answered(office: Shop) -> None:
    """What is wrong with a row is said of that row; the others are taken, and the status says that not all were."""
    rows = [PAID, {**PAID, "number": "INV-2", "amountDue": "x"}, {**PAID, "status": "voided"}, 7, {"number": ""}]
    with office.serving() as server:
        status, answer = said(server, "/v1/invoices", rows)
        assert (status, answer["added"], answer["refused"]) == (422, 1, 4)
        assert [[fault["code"] for fault in one.get("faults", ())] for one in answer["rows"]] == [
            [], ["bad-value"], ["twice"], ["not-json"], ["no-number", "bad-value", "bad-value"],
        ]  # fmt: skip
        lines = "\n".join(json.dumps({**PAID, "number": str(number)}) for number in range(1000)).encode()
        status, answer = said(server, "/v1/invoices", lines, kind="application/x-ndjson")
        assert (status, answer["added"], len(answer["rows"])) == (200, 1000, 1000)
        assert (
            said(server, "/v1/invoices", lines + b"\n" + json.dumps(PAID).encode(), kind="application/jsonl")[0] == 400
        )


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"number": 1, "number": 2}', "application/json", 400),
        (b'{"amountDue": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"number,status\n", "text/csv", 415),
        (b"{}", "application/json; charset=latin-1", 415),
        (b'{"number": "a", "status": "paid", "amountDue": 1e999}', "application/json", 422),
        (b'{"number": "a", "status": "paid", "amountDue": ' + b"9" * 5000 + b"}", "application/json", 422),
        (b'{"number": "a", "status": "paid", "amountDue": 1, "x": "\\u0000"}', "application/json", 422),
        (b'{"number": "a", "status": "paid", "amountDue": 1, "x": "\\ud800"}', "application/json", 422),
        (b'{"number": "a", "status": "paid", "amountDue": 1, "x": {"y": 1}}', "application/json", 422),
        (b'{"number": "a", "status": "paid", "amountDue": 1, "x\\u001b": 1}', "application/json", 422),
        (json.dumps({**PAID, **{f"c{n}": n for n in range(300)}}).encode(), "application/json", 422),
        (b" " * (2 << 20) + b"{}", "application/json", 413),
    ],
)
def test_what_is_no_row_is_refused_and_leaves_nothing(office: Shop, body: bytes, kind: str, status: int) -> None:
    with office.serving() as server:
        if status == 413:
            assert server.ask("POST", "/v1/invoices", body, Authorization=f"Bearer {KEY}").status == 413
        else:
            assert said(server, "/v1/invoices", body, kind=kind)[0] == status
        assert said(server, "/v1/invoices/a")[0] == 404


def test_who_has_no_key_takes_and_learns_nothing(office: Shop) -> None:
    with office.serving() as server:
        said(server, "/v1/invoices", PAID)
        answers = [
            said(server, "/v1/invoices", PAID, key="wrong"),
            said(server, "/v1/invoices", PAID, key=OTHER),
            said(server, "/v1/invoices?source=nobody", PAID, key="wrong"),
            said(server, "/v1/invoices/INV-1", key="wrong"),
            said(server, "/v1/invoices/none", key="wrong"),
            said(server, "/v1/accounts", {"id": 1, "balance": 1}, key=KEY),
        ]
        assert {status for status, _ in answers} == {401}
        assert len({json.dumps(answer) for _, answer in answers}) == 1
        assert server.ask("POST", "/v1/invoices", b"x" * 100).status == 401
        assert said(server, "/v1/invoices?source=portfolio", PAID)[0] == 401
        for _ in range(40):
            last = said(server, "/v1/invoices", PAID, key="wrong")[0]
        assert last == 429
        assert said(server, "/v1/invoices", PAID)[0] == 200, "who has the key is heard all the same"


def test_a_request_that_is_sent_again_undoes_nothing(office: Shop) -> None:
    """The network lost an answer; meanwhile the invoice was paid. Sending the old request once more must not reopen it."""
    old = {**PAID, "status": "awaiting_payment"}
    with office.serving() as server:
        first = said(server, "/v1/invoices", old, Idempotency_Key="r-1")
        said(server, "/v1/invoices", PAID)
        assert said(server, "/v1/invoices", old, Idempotency_Key="r-1") == first
        assert said(server, "/v1/invoices/INV-1")[1]["status"] == "paid"
        assert said(server, "/v1/invoices", PAID, Idempotency_Key="r-1")[0] == 409
        assert said(server, "/v1/invoices", PAID, Idempotency_Key="r 1")[0] == 400


def test_many_posts_of_one_invoice_at_once_are_one(office: Shop) -> None:
    with office.serving() as server, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: said(server, "/v1/invoices", PAID), range(32)))
    assert {status for status, _ in answers} == {200}
    assert sum(answer["added"] for _, answer in answers) == 1
    with office.open() as store:
        assert store.invoices.change() == 1


def test_accounts_are_posted_likewise(office: Shop) -> None:
    """C-31."""
    with office.serving() as server:
        status, answer = said(server, "/v1/accounts", {"id": "A", "balance": "9", "timezone": "Mars"}, key=OTHER)
        assert (status, answer["refused"]) == (422, 1)
        assert said(server, "/v1/accounts", {"id": "A", "balance": "9", "score": 7}, key=OTHER)[1]["added"] == 1
        answer = said(server, "/v1/accounts/A", key=OTHER)[1]
        assert (answer["balance"], answer["status"], answer["score"]) == ("9.00", "pending_contact", 7.0)


def test_one_key_for_several_sources_needs_a_name(office: Shop) -> None:
    with office.serving() as server:
        assert said(server, "/v1/invoices", PAID)[0] == 200
        office.put("InvoiceSource", "shop", {"apiKey": {"env": "LEDGER_KEY"}})
        office.apply()
        status, answer = said(server, "/v1/invoices", PAID)
        assert (status, "?source=NAME: ledger, shop" in answer["detail"]) == (400, True)
        assert said(server, "/v1/invoices?source=ledger", PAID)[1]["same"] == 1
        office.put("InvoiceSource", "ledger", {"id": "number", "apiKey": {"env": "LEDGER_KEY"}}, state="deleted")
        office.apply()
        assert said(server, "/v1/invoices?source=ledger", PAID)[0] == 401


def test_a_server_without_the_sources_key_says_so(office: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEDGER_KEY")
    with office.serving() as server:
        assert said(server, "/v1/invoices", PAID)[0] == 503
        assert said(server, "/v1/accounts", {"id": 1, "balance": 1}, key=OTHER)[0] == 200
