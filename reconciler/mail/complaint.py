"""Complaints: feedback reports (RFC 5965), which mailbox providers send when somebody presses "this is spam"."""

from typing import Final

from reconciler.mail.bounce_reason import ADDRESS
from reconciler.mail.dissect import Mail, read_headers
from reconciler.mail.verdict import Fate, Finding, Verdict

_FATES: Final = {
    "abuse": Fate.COMPLAINT,
    "fraud": Fate.COMPLAINT,
    "virus": Fate.COMPLAINT,
    "other": Fate.COMPLAINT,
    "opt-out": Fate.UNSUBSCRIBE,
    "opt-out-list": Fate.UNSUBSCRIBE,
}
"""By Feedback-Type. `not-spam` and `auth-failure` (RFC 6591) are no complaint of a recipient."""
_MOST: Final = 20


def read_complaint(mail: Mail) -> Verdict | None:
    """What a feedback report says; None where there is none, or none that counts against a recipient.

    Many providers leave out who complained: then the envelope address or the original Message-ID tells.
    """
    part = next(mail.of("message/feedback-report"), None)
    if part is None:
        return None
    fields = read_headers(part.text.encode("utf-8", "replace").lstrip())
    kind = next(iter(fields.get("feedback-type", ())), "abuse").strip().lower()
    fate = _FATES.get(kind, None if kind in ("not-spam", "auth-failure") else Fate.COMPLAINT)
    if fate is None:
        return None
    named = (*fields.get("original-rcpt-to", ()), *fields.get("removal-recipient", ()))
    addresses = dict.fromkeys(ADDRESS.findall(" ".join(named)))
    mta = next(iter(fields.get("reporting-mta", fields.get("user-agent", ()))), "").rpartition(";")[2].strip()
    findings = tuple(Finding(one, fate, diagnostic=kind) for one in list(addresses)[:_MOST])
    return Verdict(fate, "rfc5965", findings, reporting_mta=mta or None)
