"""Partners at the door, by HTTP: the real server in a process of its own, and whoever attacks it."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reconciler.kinds.leads.intake import Intake
from reconciler.kinds.leads.market import Outlook
from reconciler.model.lead_books import Which
from reconciler.model.lead_intake import Wanted
from reconciler.model.leads import QueueReason
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.web.allowance import Allowance
from reconciler.web.door import Ask
from reconciler.web.leads import LeadDoors
from reconciler.web.partners import Partners
from reconciler.web.patience import Patience
from tests.leads.desk import WORKFLOW, campaign, move, partner
from tests.web.shop import SECRET, Said, Server, Shop
from tests.world import FixedClock

KEY, OTHER = "the key of affiliate 7", "the key of another one"
ANA = {"email": "ana@example.com", "phone": "06 12345678", "postcode": "1012 AB"}
TWINS = {"duplicate": {"match": ["email"], "within": "30d"}}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name, value in {"SHOP_SECRET": SECRET, "PARTNER_KEY": KEY, "OTHER_KEY": OTHER}.items():
        monkeypatch.setenv(name, value)
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    made = Shop(tmp_path / "shop", 1)
    with made.open() as store:
        campaign(store, "cars", workflows=[{**WORKFLOW, **TWINS}])
        partner(store, "affiliate", "cars")
        partner(store, "other", "cars", apiKey={"env": "OTHER_KEY"})
    return made


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    with shop.serving() as found:
        yield found


def post(server: Server, body: Any, key: str = KEY, **headers: str) -> Said:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content_Type": "application/json", "Authorization": f"Bearer {key}", **headers}
    return server.ask("POST", "/v1/leads", data, **{name: value for name, value in headers.items() if value})


def said(answer: Said) -> Any:
    return json.loads(answer.body)


def counts(shop: Shop) -> tuple[int, int]:
    """Leads, and items of the queue."""
    with shop.open() as store:
        return store.lead_books.taken(Which(tests_in=("test",))).total, len(store.lead_intake.queue(Wanted(), 0, 1000))


def test_a_lead_comes_in_as_json_or_as_a_form_and_tells_what_became_of_it(server: Server, shop: Shop) -> None:
    """L-24, L-45: by the key of a partner's contract."""
    first = post(server, {"fields": {**ANA, "colour": "red"}, "vertical": "car", "workflow": "quotes", "version": 1})
    code = said(first)["code"]
    assert first.status == 202
    assert said(first) == {"code": code, "status": "taken", "test": False, "unknown": ["colour"]}
    assert first.headers["location"] == f"/v1/leads/{code}"
    form = b"email=bo%40example.com&_vertical=car&_version=1&postcode=1012+AB"
    second = post(server, form, Authorization="", Content_Type="application/x-www-form-urlencoded", X_API_Key=KEY)
    assert second.status == 202
    with shop.open() as store:
        lead = store.lead_books.lead(said(second)["code"])
        assert lead is not None
        assert lead.fields == {"email": "bo@example.com", "postcode": "1012 AB"}
    found = server.get(f"/v1/leads/{code}", X_API_Key=KEY)
    assert {**said(found), "at": ""} == {
        "code": code, "status": "waiting", "test": False, "at": "", "vertical": "car", "workflow": "quotes",
    }  # fmt: skip
    assert server.get(f"/v1/leads/{code}", X_API_Key=OTHER).status == 404, "another partner's"
    assert server.get("/v1/leads/L0000000000000", X_API_Key=KEY).status == 404
    assert server.get(f"/v1/leads/{code}").status == 401


def test_what_is_parked_is_no_success_and_says_why(server: Server) -> None:
    """L-43: the queue's code, one reason, and every fault."""
    answer = post(server, {"fields": {"email": "ana", "phone": "12"}})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    found = said(answer)
    assert (found["reason"], found["type"]) == ("validation", "urn:muster:problem:lead-validation")
    assert [fault["field"] for fault in found["faults"]] == ["email", "phone"]
    status = said(server.get(f"/v1/leads/{found['code']}", X_API_Key=KEY))
    assert (status["status"], status["reason"]) == ("queued", "validation")
    assert server.get(f"/v1/leads/{found['code']}", X_API_Key=OTHER).status == 404
    assert said(post(server, {"fields": ANA, "campaign": "boats"}))["reason"] == "campaign-missing"
    assert said(post(server, {"fields": ANA, "contract": "other"}))["reason"] == "contract-missing"
    assert said(post(server, {"fields": ANA, "version": 2}))["reason"] == "contract-missing"
    assert said(post(server, {"fields": ANA, "vertical": "boat"}))["reason"] == "vertical-missing"


def test_a_duplicate_does_not_tell_of_another_partners_lead(server: Server) -> None:
    code = said(post(server, {"fields": ANA}, OTHER))["code"]
    answer = post(server, {"fields": ANA})
    assert said(answer)["reason"] == "duplicate"
    assert code.encode() not in answer.body


def test_a_test_lead_is_shown_to_its_partner_until_its_version_is_published(server: Server, shop: Shop) -> None:
    """L-14, L-22, AMB-L2: while it is in test, and not after."""
    with shop.open() as store:
        move(store, Ref("LeadCampaign", "cars"), "test")
    answer = post(server, {"fields": ANA})
    assert said(answer)["test"] is True
    code = said(answer)["code"]
    assert server.get(f"/v1/leads/{code}", X_API_Key=KEY).status == 200
    with shop.open() as store:
        move(store, Ref("LeadCampaign", "cars"), "published")
    assert server.get(f"/v1/leads/{code}", X_API_Key=KEY).status == 404


def test_a_key_for_several_contracts_needs_a_name(server: Server, shop: Shop) -> None:
    with shop.open() as store:
        campaign(store, "vans")
        partner(store, "affiliate-vans", "vans")
        partner(store, "affiliate-old", "vans", "deleted")
    answer = post(server, {"fields": ANA})
    assert (answer.status, "affiliate, affiliate-vans" in said(answer)["detail"]) == (400, True)
    assert post(server, {"fields": ANA, "campaign": "vans"}).status == 202
    assert post(server, {"fields": ANA, "contract": "affiliate"}).status == 202
    with shop.open() as store:
        partner(store, "affiliate-vans", "vans", "deleted")
    assert said(post(server, {"fields": ANA, "contract": "affiliate-vans"}))["reason"] == "contract-ended"


def test_the_same_request_is_answered_the_same_and_another_one_is_a_conflict(server: Server, shop: Shop) -> None:
    first = post(server, {"fields": ANA}, Idempotency_Key="a")
    assert post(server, {"fields": dict(reversed(ANA.items()))}, Idempotency_Key="a").body == first.body
    conflict = post(server, {"fields": {**ANA, "email": "bo@example.com"}}, Idempotency_Key="a")
    assert (conflict.status, conflict.headers["content-type"]) == (409, "application/problem+json")
    assert (
        post(server, {"fields": {}}, Idempotency_Key="b").body == post(server, {"fields": {}}, Idempotency_Key="b").body
    )
    assert counts(shop) == (1, 1)


def test_two_hundred_replays_at_once_are_one_lead(server: Server, shop: Shop) -> None:
    with ThreadPoolExecutor(200) as crowd:
        answers = list(crowd.map(lambda _: post(server, {"fields": ANA}, Idempotency_Key="once"), range(200)))
    busy = [one for one in answers if one.status == 503]
    assert {one.body for one in answers if one not in busy} == {
        post(server, {"fields": ANA}, Idempotency_Key="once").body
    }
    assert len(busy) < 200
    assert counts(shop) == (1, 0)


HOSTILE: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no object": (b"[]", 400),
    "no fields": (b"{}", 400),
    "deep": (b'{"fields":' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "twice": (b'{"fields":{"email":"a@example.com","email":"b@example.com"}}', 400),
    "twice outside": (b'{"fields":{},"fields":{}}', 400),
    "nested": (b'{"fields":{"email":{"$ne":""}}}', 400),
    "NaN": (b'{"fields":{"email":NaN}}', 400),
    "not UTF-8": (b'{"fields":{"email":"\xff\xfe"}}', 400),
    "another coding": ('{"fields":{}}'.encode("utf-16"), 400),
    "half a sign": (b'{"fields":{"email":"\\ud800"}}', 400),
    "half a sign as a name": (b'{"fields":{"\\udfff":1}}', 400),
    "control in a name": (b'{"fields":{"a\\u001b[31m":1}}', 400),
    "long name": (b'{"fields":{"' + b"a" * 201 + b'":1}}', 400),
    "unknown member": (b'{"fields":{},"price":0}', 400),
    "odd version": (b'{"fields":{},"version":1.5}', 400),
    "version as a truth": (b'{"fields":{},"version":true}', 400),
    "long campaign": (b'{"fields":{},"campaign":"' + b"a" * 64 + b'"}', 400),
    "huge number": (b'{"fields":{"email":' + b"9" * 60_000 + b"}}", 422),
    "huge exponent": (b'{"fields":{"email":1e999999}}', 422),
    "NUL": (b'{"fields":{"email":"a\\u0000@example.com"}}', 422),
    "a header": (b'{"fields":{"email":"a@example.com\\r\\nBcc: b@example.com"}}', 422),
    "many fields": (b'{"fields":{' + b",".join(b'"f%d":1' % number for number in range(501)) + b"}}", 422),
    "too long": (b" " * (64 << 10) + b"{}", 413),
}


def test_hostile_bodies_are_turned_away_with_a_problem(server: Server, shop: Shop) -> None:
    for name, (body, status) in HOSTILE.items():
        answer = post(server, body)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), name
        assert b"Traceback" not in answer.body
    assert post(server, {"fields": ANA}).status == 202, "it is still there"
    parked = sum(status == 422 for _, status in HOSTILE.values())
    assert counts(shop) == (1, parked)
    with shop.open() as store:
        assert {one.reason for one in store.lead_intake.queue(Wanted(), 0, 100)} == {QueueReason.VALIDATION}


FORMS: dict[str, tuple[bytes, int]] = {
    "many": (b"&".join(b"a%d=1" % number for number in range(600)), 400),
    "separators": (b"&" * 60_000, 400),
    "twice": (b"email=a%40example.com&email=b%40example.com", 400),
    "not UTF-8": (b"email=%ff%fe", 400),
    "a version": (b"_version=x", 400),
    "empty": (b"", 422),
    "NUL": (b"email=%00", 422),
}


def test_hostile_forms_are_turned_away_with_a_problem(server: Server) -> None:
    for name, (body, status) in FORMS.items():
        assert post(server, body, Content_Type="application/x-www-form-urlencoded").status == status, name
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-16", ""):
        assert post(server, b"{}", Content_Type=kind).status == 415, kind


@pytest.mark.parametrize("key", ["a" * 201, "a b", "é"])
def test_a_key_of_a_request_is_short_and_visible(server: Server, key: str) -> None:
    assert post(server, {"fields": ANA}, Idempotency_Key=key).status == 400


def test_header_injection_leads_nowhere(server: Server, shop: Shop) -> None:
    with socket.create_connection((server.host, server.port), timeout=60) as there:
        there.sendall(
            b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nX-API-Key: a\r\n b\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}"
        )
        assert there.recv(1000).startswith(b"HTTP/1.1 400")
    assert counts(shop) == (0, 0)


def test_who_tries_keys_is_sent_away_and_a_partner_beside_is_not(server: Server) -> None:
    """Nothing tells a key that is nearly right from one that is not; a partner at the same address goes on."""
    assert post(server, {"fields": ANA}).status == 202
    tries = [post(server, {"fields": ANA}, key) for key in (KEY[:-1], KEY + "x", "", "x" * 600, "é", KEY.upper())]
    assert {one.status for one in tries} == {401}
    assert len({one.body for one in tries}) == 1
    assert tries[0].headers["www-authenticate"] == "Bearer"
    statuses = [post(server, {"fields": ANA}, f"guess {number}").status for number in range(30)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert post(server, {"fields": {**ANA, "email": "bo@example.com"}}).status == 202


def test_a_partner_who_asks_too_much_waits(store: Store) -> None:
    """The bucket of a key holds so many, and is filled again; another key has its own."""
    seconds = 0.0
    campaign(store, "cars")
    partner(store, "affiliate", "cars")
    partner(store, "other", "cars", apiKey={"env": "OTHER_KEY"})
    outlook, keys = Outlook(), {"PARTNER_KEY": KEY, "OTHER_KEY": OTHER}
    partners = Partners(outlook, lambda written: keys[written["env"]], lambda: seconds, lambda *_, **__: None, b"salt")
    allowance = Allowance(lambda: seconds, most=3, rate=0.5)
    doors = LeadDoors(
        Intake(outlook, Random(1).randbytes), partners, FixedClock(), Patience(lambda: seconds), allowance
    )
    door = doors.doors()[0]
    one, two = (Ask("POST", {}, {"x-api-key": key}, "192.0.2.1", b"") for key in (KEY, OTHER))
    assert door.handler(one, store).status == 415
    assert [door.admits(one) is None for _ in range(4)] == [True, True, True, False]
    late = door.admits(one)
    assert late is not None
    assert (late.status, late.headers["Retry-After"], late.kind) == (429, "2", "application/problem+json")
    assert door.admits(two) is None
    seconds = 2.0
    assert door.admits(one) is None
    assert door.admits(one) is not None
