"""What a sale sends out, as a function of lead and contract."""

from reconciler.kinds.leads.deliveries import units_of, vias_of
from tests.deliveries.sold import EMAIL, FIELDS, NOW, WEBHOOK, contract, lead, outbound


def test_each_delivery_but_the_portal_is_a_unit() -> None:
    """L-45: every delivery of the contract is used for each sold lead, once by its key."""
    spec = contract({"method": "portal"}, WEBHOOK, EMAIL, {**WEBHOOK, "url": "https://b.example/"})
    units = units_of(outbound(7), lead(), spec)
    assert [(unit.key, unit.lane, unit.due_at) for unit in units] == [
        ("outbound:7:1", 0, NOW),
        ("outbound:7:2", 1, NOW),
        ("outbound:7:3", 2, NOW),
    ]
    assert vias_of(spec) == ("", "lead-relay", "")
    assert [unit.payload["key"] for unit in units] == ["sold-7-1", "sold-7-2", "sold-7-3"]


def test_webhooks_and_mails_never_share_a_lane() -> None:
    """However a contract is edited: a mail whose fate is unknown is not repeated because webhooks are."""
    contracts = [contract(*found) for found in ((EMAIL,), (WEBHOOK,), (EMAIL, WEBHOOK, EMAIL), (WEBHOOK, EMAIL), ())]
    for spec in contracts:
        units = units_of(outbound(), lead(), spec)
        assert all((unit.lane % 2 == 1) == (unit.payload["method"] == "email") for unit in units)
        assert all(unit.lane < len(vias_of(spec)) for unit in units)
        assert all(vias_of(spec)[unit.lane] == unit.payload.get("smtp", "") for unit in units)


def test_test_leads_go_only_where_send_test_says_so() -> None:
    """L-18: the switch of each delivery; L-16: nothing else of it leaves."""
    spec = contract({**WEBHOOK, "sendTest": True}, WEBHOOK, {**EMAIL, "sendTest": True}, EMAIL, {"method": "portal"})
    assert [unit.key for unit in units_of(outbound(1, is_test=True), lead(), spec)] == ["outbound:1:0", "outbound:1:2"]
    assert len(units_of(outbound(1), lead(), spec)) == 4


def test_a_unit_holds_all_that_is_needed_and_no_secret() -> None:
    """AMB-L5: what is edited later changes nothing of it."""
    spec = contract({
        **WEBHOOK, "secret": {"env": "ACME_SECRET"}, "success": [204, 200], "fields": ["phone", "plate", "nothing"],
        "timeout": "5s", "retry": {"attempts": 8, "backoff": "2m"},
    })  # fmt: skip
    (unit,) = units_of(outbound(), lead(), spec)
    assert dict(unit.payload) == {
        "key": "sold-1-0",
        "method": "webhook",
        "url": WEBHOOK["url"],
        "secret": {"env": "ACME_SECRET"},
        "allowPrivate": True,
        "success": [200, 204],
        "timeout": 5.0,
        "attempts": 8,
        "backoff": 120.0,
        "lead": {
            "id": "sold-1",
            "lead": "lead-1",
            "account": "acme",
            "campaign": "cars",
            "workflow": "quote-form",
            "vertical": "cars",
            "receivedAt": "2027-03-02T09:30:00Z",
            "soldAt": "2027-03-02T09:30:00Z",
            "test": False,
            "price": {"amount": "18.50", "currency": "EUR"},
            "fields": {"phone": FIELDS["phone"], "plate": "XX-1"},
        },
    }


def test_without_retry_there_is_one_call() -> None:
    (unit,) = units_of(outbound(), lead(), contract(WEBHOOK))
    assert unit.payload["attempts"] == 1
    assert unit.payload["lead"]["fields"] == FIELDS
