"""What comes back: the bytes of a mail → what it says of a mail that we had sent, or None where it says nothing of the kind.

Never raises, whatever the bytes; the time it takes has a bound (`dissect.CAP`), however large, deep or odd the mail is.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from reconciler.mail.auto_reply import read_auto_reply
from reconciler.mail.bounce_reason import ADDRESS
from reconciler.mail.bounce_report import is_report, read_report
from reconciler.mail.bounce_text import Notice, is_from_daemon, message_id_in, read_letter, read_notice
from reconciler.mail.complaint import read_complaint
from reconciler.mail.dissect import Mail, dissect, read_headers
from reconciler.mail.verdict import Fate, Finding, Verdict

_CAME_TO: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to")
"""Where the envelope's address is noted, the surest first."""


def read_mail(data: bytes, came_to: str | None = None, unsubscribe: Collection[str] = ()) -> Verdict | None:
    """What a mail says that came to an address of ours.

    `came_to` is the envelope's address where it is known (LMTP), else it is looked for in the headers. `unsubscribe` are the
    addresses of our List-Unsubscribe, without the part after `+`: whoever writes there asks for no more.
    """
    mail = _unwrapped(dissect(data))
    came_to = came_to or next((one for name in _CAME_TO if (one := _address(mail.top.header(name)))), None)
    notice = read_notice(mail)
    verdict = _unsubscription(mail, came_to, unsubscribe) or _verdict(mail, notice)
    if verdict is None:
        return None
    return replace(verdict, came_to=came_to, message_id=_original(mail, notice), reporting_mta=verdict.reporting_mta)


def _unwrapped(mail: Mail) -> Mail:
    """The report that a scanner has put whole into a message of its own; a person who forwards one is no such thing."""
    inner = next(mail.of("message/rfc822"), None)
    if inner is None or any(is_report(part) for part in mail.parts) or not is_from_daemon(mail):
        return mail
    within = dissect(inner.body)
    if within.top.type != "multipart/report" or not is_from_daemon(within):
        return mail
    return replace(within, top=replace(within.top, headers={**within.top.headers, **mail.top.headers}))


def _verdict(mail: Mail, notice: Notice) -> Verdict | None:
    """By the surest rule first. A mail system's letter may be marked as an automatic answer too (RFC 3834, 5.1)."""
    return (
        read_complaint(mail)
        or read_report(mail, notice)
        or read_letter(mail, notice)
        or read_auto_reply(mail, notice)
    )  # fmt: skip


def _unsubscription(mail: Mail, came_to: str | None, unsubscribe: Collection[str]) -> Verdict | None:
    if not came_to or _base(came_to) not in {_base(one) for one in unsubscribe}:
        return None
    sender = _address(mail.top.header("from"))
    findings = (Finding(sender, Fate.UNSUBSCRIBE),) if sender else ()
    return Verdict(Fate.UNSUBSCRIBE, "mailto", findings)


def _base(address: str) -> str:
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _address(value: str) -> str | None:
    match = ADDRESS.search(value)
    return match[0] if match else None


def _original(mail: Mail, notice: Notice) -> str | None:
    """The Message-ID of what we had sent: from the copy that is returned, or from what answers are linked by."""
    for part in mail.of("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
        inner = read_headers(part.text.lstrip("\n").partition("\n\n")[0].encode("utf-8", "replace"))
        if found := message_id_in("message-id: " + next(iter(inner.get("message-id", ())), "")):
            return found
    return message_id_in(notice.rest) or message_id_in(
        "message-id: " + (mail.top.header("in-reply-to") or mail.top.header("references").split(" ")[-1])
    )
