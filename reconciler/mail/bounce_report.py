"""Delivery reports (RFC 3464): one group of fields for each recipient, in the form that is, and in those that are met."""

import re
from collections.abc import Mapping
from typing import Final

from reconciler.mail.bounce_reason import ADDRESS, find_status, reason
from reconciler.mail.bounce_text import Notice
from reconciler.mail.dissect import Mail, Part, read_headers
from reconciler.mail.verdict import Fate, Finding, Verdict, heaviest

MOST: Final = 100
"""Recipients of one report that are looked at: we send one mail to one recipient."""
_GAP: Final = re.compile(r"\n[ \t]{0,80}\n")
_TYPED: Final = re.compile(r"^\s{0,9}(?:rfc822|x-[\w-]{1,30}|local|unknown|utf-8|smtp)\s{0,9};\s{0,9}", re.I)
_ARRIVED: Final = ("delivered", "relayed", "expanded")
_Fields = Mapping[str, tuple[str, ...]]


def read_report(mail: Mail, notice: Notice) -> Verdict | None:
    """What a delivery report says; None where there is none, or none that names a recipient."""
    part = next((one for one in mail.parts if is_report(one)), None)
    if part is None:
        return None
    texts = [text for text in _GAP.split(part.text) if text.strip()][: MOST + 1]
    groups = [read_headers(text.encode("utf-8", "replace")) for text in texts]
    findings: dict[str, Finding] = {}
    for fields in groups:
        found = _finding(fields, notice)
        if found and found.address.casefold() not in findings:
            findings[found.address.casefold()] = found
    if not findings:
        return None
    fates = tuple(one.fate for one in findings.values())
    mta = next((_untyped(_first(fields, "reporting-mta")) for fields in groups if "reporting-mta" in fields), None)
    return Verdict(heaviest(fates), "rfc3464", tuple(findings.values()), reporting_mta=mta or None)


def is_report(part: Part) -> bool:
    """Whether it is the machine's part of a report; some are sent as plain text."""
    if part.type in ("message/delivery-status", "message/global-delivery-status"):
        return True
    return part.type == "text/plain" and "final-recipient:" in part.body[:4_000].decode("latin-1").lower()


def _finding(fields: _Fields, notice: Notice) -> Finding | None:
    address = next((one for name in _NAMES if (one := _address(_first(fields, name)))), None)
    if address is None:
        return None
    diagnostic = " ".join(_first(fields, "diagnostic-code").split())[:500]
    given = _first(fields, "status")
    status = find_status(given)
    action = _first(fields, "action").strip().lower()
    if action.startswith(_ARRIVED) or (not action and status and status.startswith("2")):
        return Finding(address, Fate.DELIVERED, status, diagnostic)
    if action.startswith("delayed") or (not action.startswith("fail") and notice.is_warning):
        return Finding(address, Fate.DELAYED, status, diagnostic)
    # Some explain themselves in a comment: `Action: failed (Bad address)`, `Status: 5.0.0 (unknown user)`.
    words = " ".join((diagnostic, given[5:], action.removeprefix("failed"), _first(fields, "x-supplementary-info")))
    fate = reason(words, status)
    if fate is Fate.UNKNOWN:
        fate = reason(notice.about(address), status)
    if fate is Fate.UNKNOWN:
        fate = notice.reason_for(address)
    return Finding(address, fate, status or find_status(words), diagnostic or notice.about(address)[:500])


_NAMES: Final = ("original-recipient", "final-recipient", "x-actual-recipient", "x-final-recipient", "recipient")
"""The original one is the address that we sent to; others may be what it was forwarded to."""


def _first(fields: _Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _untyped(value: str) -> str:
    return value.partition(";")[2].strip() or value.strip()


def _address(value: str) -> str | None:
    bare = _TYPED.sub("", value).strip()
    match = ADDRESS.search(bare)
    return match[0] if match else None
