"""The portal as it is served: a process of its own, a real request."""

import json

import pytest

from reconciler.model.ref import Ref
from tests.leads import rows
from tests.web.shop import Shop

TOKEN = "canary-portal-token"


def test_leads_are_served_to_who_has_bought_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """L-17, L-45: by a token from the server's environment; a later manifest counts without a restart."""
    monkeypatch.setenv("ACME_TOKEN", TOKEN)
    price = {"amount": "18.50", "currency": "EUR"}
    workflow = {"name": "quotes", "distribution": {"mode": "directPost"}}
    shop.put("LeadCampaign", "cars", {"workflows": [workflow]}, state="test")
    shop.put(
        "AccountContract",
        "acme",
        {"account": "acme", "campaign": "cars", "price": price, "deliveries": [{"method": "portal"}]},
    )
    assert not shop.apply().failed
    with shop.open() as store:
        ledger = store.ledger
        uid, contract = ledger.uid(Ref("LeadCampaign", "cars", 1)), ledger.uid(Ref("AccountContract", "acme", 1))
        _, code = rows.sale(store, uid, rows.lead(store, uid, is_test=True)[0], contract=contract, is_test=True)
    with shop.serving() as server:
        assert server.get("/v1/portal/leads", Authorization=f"Bearer {TOKEN}").status == 401
        shop.put("PortalUser", "ana", {"account": "acme", "token": {"env": "ACME_TOKEN"}})
        assert not shop.apply().failed
        assert json.loads(server.get("/v1/portal/leads", Authorization=f"Bearer {TOKEN}").body)["leads"] == []
        shop.put("PortalUser", "ana", {"account": "acme", "token": {"env": "ACME_TOKEN"}, "showTest": True})
        assert not shop.apply().failed
        answer = server.get("/v1/portal/leads?limit=10", Authorization=f"Bearer {TOKEN}")
        assert [one["id"] for one in json.loads(answer.body)["leads"]] == [code]
        assert answer.headers["cache-control"] == "no-store"
        assert server.get("/portal").headers["www-authenticate"].startswith("Basic")
        beyond = server.get("/v1/portal/leads?limit=201", Authorization=f"Bearer {TOKEN}")
        assert (beyond.status, beyond.headers["content-type"]) == (400, "application/problem+json")
        assert json.loads(beyond.body)["detail"] == "limit is a number from 1 to 200"
        assert json.loads(server.get("/v1/portal/leads").body)["type"] == "urn:muster:problem:stranger"
        assert TOKEN not in "".join(server.running.raw)
