"""What providers report by webhook, as the same verdicts: a form of our own, and those of four providers.

The form that any sender can make, one object or a list of them:

    {"event": "bounce", "type": "hard", "recipient": "a@b.example", "messageId": "<1@c.example>", "id": "evt-1",
     "status": "5.1.1", "reason": "no such user"}

`event` is bounce, complaint, unsubscribe, delivered or delayed; `type` of a bounce is hard, soft, policy or left out. Whatever
the provider calls it, a full mailbox or a block that the reason tells of is never hard. `id` makes an event idempotent.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.mail.bounce_reason import ADDRESS, find_status, reason
from reconciler.mail.verdict import Fate, Finding, Verdict
from reconciler.model import canonical

MOST: Final = 1_000
"""Events of one request that are looked at."""
_Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `identity` is the same whenever a provider repeats it."""

    identity: str
    verdict: Verdict


def read_events(body: object) -> tuple[Event, ...]:
    """The events of a request's JSON. What is no event of a mail's fate is left out; nothing is raised."""
    given = body if isinstance(body, list) else [body]
    return tuple(event for one in given[:MOST] if isinstance(one, Mapping) for event in _events(one))


def _events(body: _Body) -> Iterator[Event]:
    for name, fits, read in _PROVIDERS:
        if fits(body):
            for key, verdict in read(body):
                yield Event(hashlib.sha256(f"{name}\0{key}".encode("utf-8", "replace")).hexdigest(), verdict)
            return


_Found = Iterator[tuple[str, Verdict]]


def _generic(body: _Body) -> _Found:
    name = _text(body, "event").lower()
    fate = _GENERIC.get(name)
    if name == "bounce":
        fate = _GENERIC_BOUNCES.get(_text(body, "type").lower(), Fate.UNKNOWN)
    if fate is not None:
        yield _one("json", fate, body, ("recipient", "messageId", "id", "status", "reason"))


def _postmark(body: _Body) -> _Found:
    record = _text(body, "RecordType")
    fate = _POSTMARK_TYPES.get(_text(body, "Type")) if record == "Bounce" else _POSTMARK.get(record)
    if record == "SubscriptionChange" and body.get("SuppressSending") is not True:
        fate = None
    if fate is not None:
        recipient = "Email" if body.get("Email") else "Recipient"
        yield _one("postmark", fate, body, (recipient, "MessageID", "ID", "", "Details"))


def _sendgrid(body: _Body) -> _Found:
    name = _text(body, "event")
    fate = _SENDGRID.get(name)
    if name == "bounce" and _text(body, "type") == "blocked":
        fate = Fate.POLICY
    if fate is not None:
        yield _one("sendgrid", fate, body, ("email", "smtp-id", "sg_event_id", "status", "reason"))


def _mailgun(body: _Body) -> _Found:
    data = _map(body, "event-data")
    name, status, headers = _text(data, "event"), _map(data, "delivery-status"), _map(_map(data, "message"), "headers")
    fate = _MAILGUN.get(name)
    if name == "failed":
        # "temporary" is told after each attempt, and the provider goes on trying.
        fate = Fate.DELAYED if _text(data, "severity") == "temporary" else Fate.HARD
    if fate is not None:
        flat = {
            "recipient": data.get("recipient"), "id": data.get("id"), "messageId": headers.get("message-id"),
            "status": status.get("enhanced-code"),
            "reason": f"{_text(status, 'code')} {_text(status, 'message')} {_text(status, 'description')}".strip(),
        }  # fmt: skip
        yield _one("mailgun", fate, flat, ("recipient", "messageId", "id", "status", "reason"))


def _ses(body: _Body) -> _Found:
    name = (_text(body, "notificationType") or _text(body, "eventType")).lower()
    mail, inner = _map(body, "mail"), _map(body, name)
    fate, listed = _SES.get(name), inner.get(_SES_LISTS.get(name, ""))
    if name == "bounce":
        kind, detail = _text(inner, "bounceType"), _text(inner, "bounceSubType")
        fate = _SES_DETAILS.get(detail) or _SES_TYPES.get(kind, Fate.UNKNOWN)
    if fate is None or not isinstance(listed, list):
        return
    sent = _text(_map(mail, "commonHeaders"), "messageId") or _text(mail, "messageId")
    for one in listed[:MOST]:
        each = one if isinstance(one, Mapping) else {"emailAddress": one}
        key = f"{_text(inner, 'feedbackId') or _text(mail, 'messageId')} {name} {_text(each, 'emailAddress')}"
        flat = {**each, "key": key, "sent": sent}
        yield _one("ses", fate, flat, ("emailAddress", "sent", "key", "status", "diagnosticCode"))


def _one(provider: str, fate: Fate, body: _Body, names: tuple[str, str, str, str, str]) -> tuple[str, Verdict]:
    """A verdict from a flat object: names of recipient, message id, event id, status and reason."""
    address, sent, key, status, words = (_text(body, name) for name in names)
    match = ADDRESS.search(address[:400])
    status = find_status(status) or find_status(words) or ""
    if fate is Fate.HARD and (said := reason(words, status or None)) in (Fate.SOFT, Fate.POLICY):
        fate = said
    found = (Finding(match[0], fate, status or None, words[:500]),) if match else ()
    identity = key or canonical.digest({at: _text(body, at) for at in names if at})
    sent = sent.strip()
    message_id = (sent if sent.startswith("<") else f"<{sent}>") if sent else None
    return identity, Verdict(fate, f"webhook:{provider}", found, message_id)


def _text(body: _Body, name: str) -> str:
    """A member as text: strings, and numbers of a sensible size. JSON may hold halves of characters, which no text has."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 128:
        value = str(value)
    return value[:2_000].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _map(body: _Body, name: str) -> _Body:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


_GENERIC_BOUNCES: Final = {"hard": Fate.HARD, "soft": Fate.SOFT, "policy": Fate.POLICY}
_GENERIC: Final = {
    "bounce": Fate.UNKNOWN,
    "complaint": Fate.COMPLAINT, "unsubscribe": Fate.UNSUBSCRIBE, "delivered": Fate.DELIVERED, "delayed": Fate.DELAYED,
}  # fmt: skip
_POSTMARK: Final = {
    "SpamComplaint": Fate.COMPLAINT, "Delivery": Fate.DELIVERED, "SubscriptionChange": Fate.UNSUBSCRIBE,
}  # fmt: skip
_POSTMARK_TYPES: Final = {
    "HardBounce": Fate.HARD, "BadEmailAddress": Fate.HARD, "SoftBounce": Fate.SOFT, "Transient": Fate.DELAYED,
    "DnsError": Fate.SOFT, "SpamNotification": Fate.POLICY, "Blocked": Fate.POLICY, "VirusNotification": Fate.POLICY,
    "DMARCPolicy": Fate.POLICY, "SpamComplaint": Fate.COMPLAINT, "Unsubscribe": Fate.UNSUBSCRIBE,
    "AutoResponder": Fate.AUTO_REPLY, "ChallengeVerification": Fate.AUTO_REPLY, "Unknown": Fate.UNKNOWN,
}  # fmt: skip
_SENDGRID: Final = {
    "bounce": Fate.HARD, "deferred": Fate.DELAYED, "delivered": Fate.DELIVERED, "spamreport": Fate.COMPLAINT,
    "unsubscribe": Fate.UNSUBSCRIBE, "group_unsubscribe": Fate.UNSUBSCRIBE,
}  # fmt: skip
_MAILGUN: Final = {"complained": Fate.COMPLAINT, "unsubscribed": Fate.UNSUBSCRIBE, "delivered": Fate.DELIVERED}
_SES: Final = {"complaint": Fate.COMPLAINT, "delivery": Fate.DELIVERED, "bounce": Fate.UNKNOWN, "deliverydelay": None}
_SES_LISTS: Final = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "delivery": "recipients"}
_SES_TYPES: Final = {"Permanent": Fate.HARD, "Transient": Fate.SOFT}
_SES_DETAILS: Final = {
    "MailboxFull": Fate.SOFT, "MessageTooLarge": Fate.SOFT, "ContentRejected": Fate.POLICY, "AttachmentRejected": Fate.POLICY,
}  # fmt: skip
_PROVIDERS: Final[tuple[tuple[str, Callable[[_Body], bool], Callable[[_Body], _Found]], ...]] = (
    ("mailgun", lambda body: "event-data" in body, _mailgun),
    ("ses", lambda body: "mail" in body and ("notificationType" in body or "eventType" in body), _ses),
    ("postmark", lambda body: "RecordType" in body, _postmark),
    ("sendgrid", lambda body: "event" in body and "email" in body, _sendgrid),
    ("json", lambda body: "event" in body, _generic),
)
"""By what stands in a body: whose it is, and how it is read; the first that fits."""
