"""The portal: who sees which leads, and how much of them; the doors, and attacks on them."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.portal import Guests
from reconciler.model import canonical
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.secret import revealer
from reconciler.web.door import Answer, Ask
from reconciler.web.patience import Patience
from reconciler.web.portal import Portal
from tests.deliveries.desk import no_files
from tests.leads import desk, rows

TOKENS = {
    "ACME_TOKEN": "acme-token-of-some-length",
    "TESTER_TOKEN": "tester-token",
    "OTHER_TOKEN": "other-token",
    "SAME": "same",
}
PORTAL = {"method": "portal"}


def user(
    store: Store, name: str, account: str = "acme", env: str = "ACME_TOKEN", state: str = "present", **spec: Any
) -> None:
    desk.put(store, Ref("PortalUser", name), state, {"spec": {"account": account, "token": {"env": env}, **spec}})


def sold(store: Store, uid: int, contract: int, fields: dict[str, Any] | None = None, **more: Any) -> str:
    """A lead, sold to the account of a contract; the sale's code."""
    number, _ = rows.lead(store, uid, is_test=more.get("is_test", False))
    if fields is not None:
        text = canonical.encode(fields).decode()
        rows.desk_of(store).writing(lambda sql: sql.run("UPDATE lead SET fields = ? WHERE id = ?", (text, number)))
    return rows.sale(store, uid, number, contract=contract, **more)[1]


@pytest.fixture
def portal() -> Portal:
    return Portal(Guests(revealer(TOKENS, no_files)), Outlook(), Patience(lambda: 0.0, most=5))


Get = Callable[..., Answer]


@pytest.fixture
def get(portal: Portal, store: Store) -> Get:
    """What the portal answers to whoever has this token."""

    def answer(token: str, path: str = "/v1/portal/leads", scheme: str = "Bearer", **query: str) -> Answer:
        headers = {"authorization": f"{scheme} {token}"} if token else {}
        ask = Ask("GET", {}, headers, "192.0.2.1", query=query)
        (door,) = (one for one in portal.doors() if one.path == path)
        return door.admits(ask) or door.handler(ask, store)

    return answer


def codes(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [one["id"] for one in json.loads(answer.body)["leads"]]


def test_a_person_sees_the_leads_of_the_own_account(store: Store, get: Get) -> None:
    """L-45: of the account, whatever contract they were sold under, and nobody else's."""
    uid = desk.campaign(store, "cars")
    ours, theirs = (desk.buyer(store, name, "cars", deliveries=[PORTAL]) for name in ("acme", "other"))
    user(store, "ana")
    user(store, "bo", "other", "OTHER_TOKEN")
    first, second = sold(store, uid, ours), sold(store, uid, theirs, account="other")
    third = sold(store, uid, ours, price="7.25")
    assert codes(get(TOKENS["ACME_TOKEN"])) == [third, first]
    assert codes(get(TOKENS["OTHER_TOKEN"])) == [second]
    (one, _) = json.loads(get(TOKENS["ACME_TOKEN"]).body)["leads"]
    assert one["fields"] == {"email": "ana@home.example"}
    assert (one["campaign"], one["price"]) == ("cars", {"amount": "7.25", "currency": "EUR"})


def test_test_leads_are_seen_where_show_test_says_so(store: Store, get: Get) -> None:
    """L-17: by the setting of the portal user; AMB-L2, L-14: and only while the version is in test."""
    uid = desk.campaign(store, "cars", state="test")
    contract = desk.buyer(store, "acme", "cars", deliveries=[PORTAL])
    user(store, "ana")
    user(store, "tess", env="TESTER_TOKEN", showTest=True)
    test = sold(store, uid, contract, is_test=True)
    assert codes(get(TOKENS["ACME_TOKEN"])) == []
    assert codes(get(TOKENS["TESTER_TOKEN"])) == [test]
    desk.move(store, Ref("LeadCampaign", "cars", 1), "published")
    real = sold(store, uid, contract)
    assert codes(get(TOKENS["ACME_TOKEN"])) == [real]
    assert codes(get(TOKENS["TESTER_TOKEN"])) == [real]
    user(store, "ana", showTest=True)
    desk.move(store, Ref("LeadCampaign", "cars", 1), "test")
    assert codes(get(TOKENS["ACME_TOKEN"])) == [real, test]


@pytest.mark.parametrize("state", ["sundowned", "deleted"])
def test_what_was_bought_stays_in_sight(store: Store, get: Get, state: str) -> None:
    """AMB-L5: also when the version, or the contract, is gone."""
    uid = desk.campaign(store, "cars")
    contract = desk.buyer(store, "acme", "cars", deliveries=[PORTAL])
    user(store, "ana")
    code = sold(store, uid, contract)
    desk.move(store, Ref("LeadCampaign", "cars", 1), state)
    desk.move(store, Ref("AccountContract", "acme"), "deleted")
    (one,) = json.loads(get(TOKENS["ACME_TOKEN"]).body)["leads"]
    assert (one["id"], one["fields"]) == (code, {"email": "ana@home.example"})


@pytest.mark.parametrize(
    ("deliveries", "seen"),
    [
        ([PORTAL], ["a", "b", "c"]),
        ([{"method": "webhook", "url": "https://b.example/", "fields": ["a"]}], ["a"]),
        ([{"method": "webhook", "url": "https://b.example/", "fields": ["a"]}, {"method": "webhook", "url": "https://c.example/",
          "fields": ["c"]}], ["a", "c"]),
        ([{"method": "webhook", "url": "https://b.example/", "fields": ["a"]}, PORTAL], ["a", "b", "c"]),
        ([], []),
    ],
)  # fmt: skip
def test_the_portal_shows_no_more_than_the_contract_hands_over(
    store: Store, get: Get, deliveries: list[dict[str, Any]], seen: list[str]
) -> None:
    """L-45: fields that no delivery of the contract shows are not shown here."""
    uid = desk.campaign(store, "cars")
    contract = desk.buyer(store, "acme", "cars", deliveries=deliveries)
    user(store, "ana")
    sold(store, uid, contract, {"a": "1", "b": "2", "c": "3"})
    (one,) = json.loads(get(TOKENS["ACME_TOKEN"]).body)["leads"]
    assert sorted(one["fields"]) == seen


def test_pages_follow_one_another(store: Store, get: Get) -> None:
    uid = desk.campaign(store, "cars")
    contract = desk.buyer(store, "acme", "cars", deliveries=[PORTAL])
    user(store, "ana")
    every = [sold(store, uid, contract) for _ in range(7)][::-1]
    found, after = list[str](), ""
    for _ in range(9):
        answer = get(TOKENS["ACME_TOKEN"], limit="3", **({"after": after} if after else {}))
        found += codes(answer)
        after = json.loads(answer.body)["next"]
        if not after:
            break
    assert found == every
    assert codes(get(TOKENS["ACME_TOKEN"], after="nothing")) == []


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e3", "99999999999999999999", "", "٣", "1.0"])
def test_limits_that_are_none(store: Store, get: Get, limit: str) -> None:
    user(store, "ana")
    assert get(TOKENS["ACME_TOKEN"], limit=limit).status == 400


@pytest.mark.parametrize("after", ["x" * 101, "a\0b"])
def test_codes_that_are_none(store: Store, get: Get, after: str) -> None:
    user(store, "ana")
    assert get(TOKENS["ACME_TOKEN"], after=after).status == 400


def test_who_has_no_token_is_a_stranger(store: Store, get: Get) -> None:
    """L-45: a user who is deleted, whose secret is not there, or who shares a token signs in no more."""
    user(store, "ana")
    user(store, "gone", env="TESTER_TOKEN", state="deleted")
    user(store, "lost", env="NOT_THERE")
    user(store, "twin", env="SAME")
    user(store, "twin2", "other", env="SAME")
    desk.put(store, Ref("PortalUser", "none"), "present", {"spec": {"account": "acme"}})
    for token in ("", TOKENS["TESTER_TOKEN"], "NOT_THERE", TOKENS["SAME"], TOKENS["ACME_TOKEN"][:-1]):
        answer = get(token)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert get("", "/portal").headers["WWW-Authenticate"].startswith("Basic ")
    assert get(TOKENS["ACME_TOKEN"]).status == 200


def test_a_token_that_is_given_away_or_taken_back_counts_at_once(store: Store, get: Get) -> None:
    user(store, "ana")
    assert get(TOKENS["TESTER_TOKEN"]).status == 401
    user(store, "tess", env="TESTER_TOKEN")
    assert get(TOKENS["TESTER_TOKEN"]).status == 200
    user(store, "tess", env="TESTER_TOKEN", state="deleted")
    assert get(TOKENS["TESTER_TOKEN"]).status == 401


def test_who_guesses_is_sent_away(store: Store, get: Get) -> None:
    user(store, "ana")
    assert [get(f"guess {n}").status for n in range(7)] == [401] * 5 + [429] * 2


def test_the_page_shows_it_and_runs_nothing(store: Store, get: Get) -> None:
    """What people wrote into a form is text, whatever it looks like."""
    uid = desk.campaign(store, "cars")
    contract = desk.buyer(store, "acme", "cars", deliveries=[PORTAL])
    user(store, "ana")
    sold(
        store,
        uid,
        contract,
        {"name": "<script>alert(1)</script>", "<b>": '"><img src=x onerror=alert(1)>', "none": None},
    )
    basic = base64.b64encode(f"anybody:{TOKENS['ACME_TOKEN']}".encode()).decode()
    answer = get(basic, "/portal", "Basic")
    text = answer.body.decode()
    assert (answer.status, answer.kind) == (200, "text/html; charset=utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search(r"<(script|img|b)[\s>]", text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_page_leads_on(store: Store, get: Get) -> None:
    uid = desk.campaign(store, "cars")
    contract = desk.buyer(store, "acme", "cars", deliveries=[PORTAL])
    user(store, "ana")
    assert "No leads yet." in get(TOKENS["ACME_TOKEN"], "/portal").body.decode()
    every = [sold(store, uid, contract) for _ in range(3)]
    text = get(TOKENS["ACME_TOKEN"], "/portal", limit="2").body.decode()
    assert f'href="/portal?after={every[1]}"' in text
