"""Webhooks: a form of our own and those of four providers, as verdicts; each event with an identity that repeats with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.bounce_events import read_events
from reconciler.mail.verdict import Fate

GENERIC = {
    "event": "bounce", "type": "hard", "recipient": "ada@b.example", "messageId": "<1@c.example>", "id": "evt-1",
    "status": "5.1.1", "reason": "550 5.1.1 no such user",
}  # fmt: skip


def ses(kind: str, detail: str, diagnostic: str = "") -> dict[str, Any]:
    return {
        "notificationType": "Bounce",
        "mail": {"messageId": "0100-1", "commonHeaders": {"messageId": "<1@c.example>"}},
        "bounce": {
            "bounceType": kind, "bounceSubType": detail, "feedbackId": "fb-1",
            "bouncedRecipients": [
                {"emailAddress": "ada@b.example", "action": "failed", "status": "5.1.1", "diagnosticCode": diagnostic},
                {"emailAddress": "bob@b.example"},
            ],
        },
    }  # fmt: skip


def mailgun(**data: Any) -> dict[str, Any]:
    return {"signature": {}, "event-data": {"id": "m1", "recipient": "ada@b.example", **data}}


PERMANENT = {"event": "failed", "severity": "permanent"}
CASES: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("generic hard", GENERIC, [("hard", "ada@b.example")]),
    ("generic, the reason is gentler", {**GENERIC, "reason": "550 5.1.1 mailbox full"}, [("soft", "ada@b.example")]),
    ("generic, the status is gentler", {**GENERIC, "status": "5.7.1", "reason": ""}, [("policy", "ada@b.example")]),
    ("generic soft", {**GENERIC, "type": "soft"}, [("soft", "ada@b.example")]),
    ("generic without a type", {"event": "bounce", "recipient": "ada@b.example"}, [("unknown", "ada@b.example")]),
    ("generic of a type of its own", {**GENERIC, "type": "dropped"}, [("unknown", "ada@b.example")]),
    ("generic complaint", {"event": "complaint", "recipient": "Ada <ada@b.example>"}, [("complaint", "ada@b.example")]),
    ("generic unsubscribe", {"event": "unsubscribe", "recipient": "ada@b.example"}, [("unsubscribe", "ada@b.example")]),
    ("generic delivered", {"event": "delivered", "recipient": "ada@b.example"}, [("delivered", "ada@b.example")]),
    ("a list", [GENERIC, {**GENERIC, "id": "evt-2", "type": "policy"}], [("hard", "ada@b.example"), ("policy", "ada@b.example")]),
    ("ses hard", ses("Permanent", "General"), [("hard", "ada@b.example"), ("hard", "bob@b.example")]),
    ("ses full", ses("Permanent", "MailboxFull"), [("soft", "ada@b.example"), ("soft", "bob@b.example")]),
    ("ses content", ses("Permanent", "ContentRejected"), [("policy", "ada@b.example"), ("policy", "bob@b.example")]),
    ("ses transient", ses("Transient", "General"), [("soft", "ada@b.example"), ("soft", "bob@b.example")]),
    ("ses blocked", ses("Permanent", "General", "550 5.7.1 blocked"), [("policy", "ada@b.example"), ("hard", "bob@b.example")]),
    ("ses complaint", {"eventType": "Complaint", "mail": {"messageId": "1"},
        "complaint": {"complainedRecipients": [{"emailAddress": "ada@b.example"}]}}, [("complaint", "ada@b.example")]),
    ("ses delivery", {"notificationType": "Delivery", "mail": {"messageId": "1"},
        "delivery": {"recipients": ["ada@b.example"]}}, [("delivered", "ada@b.example")]),
    ("mailgun hard", mailgun(**PERMANENT, **{"delivery-status": {"code": 550, "message": "no such user"}}),
        [("hard", "ada@b.example")]),
    ("mailgun full", mailgun(**PERMANENT, **{"delivery-status": {"code": 552, "description": "over quota"}}),
        [("soft", "ada@b.example")]),
    ("mailgun temporary", mailgun(event="failed", severity="temporary"), [("delayed", "ada@b.example")]),
    ("mailgun complained", mailgun(event="complained"), [("complaint", "ada@b.example")]),
    ("mailgun opened", mailgun(event="opened"), []),
    ("sendgrid bounce", [{"event": "bounce", "type": "bounce", "email": "ada@b.example", "status": "5.1.1", "sg_event_id": "s1"}],
        [("hard", "ada@b.example")]),
    ("sendgrid blocked", [{"event": "bounce", "type": "blocked", "email": "ada@b.example"}], [("policy", "ada@b.example")]),
    ("sendgrid spam report", [{"event": "spamreport", "email": "ada@b.example"}], [("complaint", "ada@b.example")]),
    ("sendgrid open", [{"event": "open", "email": "ada@b.example"}], []),
    ("postmark hard", {"RecordType": "Bounce", "Type": "HardBounce", "Email": "ada@b.example", "ID": 7},
        [("hard", "ada@b.example")]),
    ("postmark full", {"RecordType": "Bounce", "Type": "HardBounce", "Email": "ada@b.example", "Details": "smtp;552 5.2.2 full"},
        [("soft", "ada@b.example")]),
    ("postmark spam", {"RecordType": "Bounce", "Type": "SpamNotification", "Email": "ada@b.example"},
        [("policy", "ada@b.example")]),
    ("postmark complaint", {"RecordType": "SpamComplaint", "Email": "ada@b.example"}, [("complaint", "ada@b.example")]),
    ("postmark leaves", {"RecordType": "SubscriptionChange", "Recipient": "ada@b.example", "SuppressSending": True},
        [("unsubscribe", "ada@b.example")]),
    ("postmark comes back", {"RecordType": "SubscriptionChange", "Recipient": "ada@b.example", "SuppressSending": False}, []),
    ("nothing of ours", {"hello": "world"}, []),
    ("no object", "bounce", []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "expected"), CASES, ids=[one[0] for one in CASES])
def test_what_events_say(name: str, body: Any, expected: list[tuple[str, str]]) -> None:
    found = [(one.verdict.fate.value, one.verdict.findings[0].address) for one in read_events(body)]
    assert found == expected


def test_an_event_carries_what_it_says() -> None:
    (event,) = read_events(GENERIC)
    assert event.verdict.message_id == "<1@c.example>"
    assert event.verdict.findings[0].status == "5.1.1"
    assert event.verdict.rule == "webhook:json"


def test_a_message_id_has_its_brackets() -> None:
    (event,) = read_events({**GENERIC, "messageId": "1@c.example"})
    assert event.verdict.message_id == "<1@c.example>"


def test_identities_repeat_with_the_event_and_differ_between_events() -> None:
    bodies = [
        GENERIC,
        {**GENERIC, "id": "evt-2"},
        {"event": "bounce", "recipient": "a@b.example"},
        ses("Permanent", "General"),
    ]
    identities = [event.identity for body in bodies for event in read_events(body)]
    assert identities == [event.identity for body in json.loads(json.dumps(bodies)) for event in read_events(body)]
    assert len(set(identities)) == len(identities) == 5
    sendgrid = {"event": "bounce", "email": "a@b.example", "sg_event_id": "evt-1"}
    assert read_events(sendgrid)[0].identity not in identities  # another provider's id


def test_half_a_character_is_no_text() -> None:
    (event,) = read_events(json.loads('{"event": "bounce", "recipient": "ada@b.example", "reason": "\\ud800"}'))
    event.verdict.findings[0].diagnostic.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([
        "event", "event-data", "mail", "bounce", "notificationType", "RecordType", "Type", "recipient", "email", "id",
        "bouncedRecipients", "emailAddress", "delivery-status", "message", "headers", "type", "messageId", "reason",
    ]), inner | st.sampled_from(["bounce", "Bounce", "failed", "hard", "a@b.example"]), max_size=6),
    max_leaves=30,
)  # fmt: skip


@given(JSON)
def test_any_json_is_read(body: Any) -> None:
    for event in read_events(body):
        assert isinstance(event.verdict.fate, Fate)
        assert len(event.identity) == 64
