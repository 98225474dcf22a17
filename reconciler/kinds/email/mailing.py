"""A mailing: all that workers need to know of a launched campaign, wherever they run. It is written down at launch (E-13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from reconciler.kinds.email.email_campaign.spec import EmailCampaignSpec, Sending
from reconciler.kinds.messaging.texts import attachment
from reconciler.kinds.shelf import Shelf
from reconciler.mail.check import check
from reconciler.mail.fault import Fault
from reconciler.mail.letter import Letter, Mailbox, Unsubscribe
from reconciler.mail.reading import links_of
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ref import Ref

BACKOFF: Final = ("30s", "2m", "10m")
"""Waits between attempts where a campaign names none."""
_UNITS: Final = {"s": 1, "min": 60, "h": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Terms:
    """How a mailing is sent. Spans are seconds; `rate` is so many mails in so many seconds."""

    max_attempts: int
    backoff: tuple[float, ...]
    max_outage: float
    resends_unknown: bool
    rate: tuple[int, int] | None = None
    takes_turns: bool = False
    """Whether one connection may do the work of another: where each has its share, or there is but one, none may."""


@dataclass(frozen=True, slots=True)
class OwnServer:
    """This installation's server: its address, and where the secret stands that links and codes are signed with."""

    url: str
    secret: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mailing:
    """The letter, how it is sent, and which SuppressionLists are asked before each mail.

    `links` are where those lead that are counted, by number: written down, for they have to lead there for years.
    """

    letter: Letter
    terms: Terms
    suppressions: tuple[str, ...] = ()
    server: OwnServer | None = None
    links: tuple[str, ...] = ()


def spec_of(document: Document) -> EmailCampaignSpec:
    """A campaign's spec, with its defaults."""
    return EmailCampaignSpec.model_validate_json(canonical.encode(document.get("spec", {})))


def mailing_of(ref: Ref, uid: int, document: Document, shelf: Shelf, server: OwnServer | None = None) -> Mailing:
    """The mailing of a campaign. Permanent where its letter cannot be written to anybody (AMB-E7).

    So it is where it asks for what only a server of our own can do, and there is none: never sent without it.
    """
    spec = spec_of(document)
    letter = letter_of(ref, str(uid), spec, shelf)
    asked = unserved(spec) if server is None else ""
    if asked:
        raise Permanent(f"{asked}, and muster.yaml names no server; write `server` there, or ask for less")
    terms = terms_of(spec.sending, takes_turns=spec.smtp is not None and spec.smtp.mode == "roundRobin")
    return Mailing(letter, terms, tuple(spec.suppressions), server, links_of(letter))


def unserved(spec: EmailCampaignSpec) -> str:
    """What a campaign asks for that needs a server of our own; empty where it does not."""
    if spec.tracking.opens or spec.tracking.clicks:
        return "opens and clicks are counted by a server of your own"
    leave = spec.unsubscribe
    if leave is not None and leave.one_click and leave.url is None:
        return "one click unsubscribes at a server of your own"
    return ""


def letter_of(ref: Ref, uid: str, spec: EmailCampaignSpec, shelf: Shelf) -> Letter:
    """The letter of a campaign. Permanent where a part is missing, or has a fault (E-42)."""
    if spec.content is None or spec.from_ is None:
        raise Permanent(f"{ref} has no content or no sender yet")
    template, document = shelf.document("Template", spec.content.template)
    text: Mapping[str, Any] = document.get("spec", {})
    subject = spec.subject or text.get("subject")
    if subject is None:
        raise Permanent(f"{ref} has no subject")
    letter = Letter(
        uid=uid,
        sender=Mailbox(spec.from_.email, spec.from_.name),
        subject=subject,
        html=shelf.text(template, document, text.get("html")),
        text=shelf.text(template, document, text.get("text")),
        preheader=spec.preheader or text.get("preheader"),
        reply_to=spec.reply_to,
        attachments=tuple(
            attachment(one, shelf.bytes_of(template, document, one["file"])) for one in text.get("attachments", ())
        ),
        variables=dict(spec.content.variables or {}),
        list_id=f"{ref.name}.{ref.kind.lower()}.{spec.from_.email.rpartition('@')[2]}",
        feedback_id=f"{ref.name}-{ref.version}",
        unsubscribe=Unsubscribe(spec.unsubscribe.one_click, spec.unsubscribe.mailto, spec.unsubscribe.url)
        if spec.unsubscribe
        else None,
        track_opens=spec.tracking.opens,
        track_clicks=spec.tracking.clicks,
    )
    _refuse(check(letter), text)
    return letter


def _refuse(faults: Sequence[Fault], text: Mapping[str, Any]) -> None:
    """Permanent with the first few; what a file of the template says is called by that file."""
    if faults:
        raise Permanent("; ".join(str(replace(one, part=_place(one.part, text))) for one in faults[:5]))


def _place(part: str, text: Mapping[str, Any]) -> str:
    written = text.get(part)
    return str(written.get("file", part)) if isinstance(written, Mapping) else part


def terms_of(sending: Sending, *, takes_turns: bool = False) -> Terms:
    """How a campaign says that it is sent."""
    rate = None
    if sending.rate:
        most, _, unit = sending.rate.partition("/")
        rate = int(most), _UNITS[unit]
    return Terms(
        max_attempts=sending.max_attempts,
        backoff=tuple(parse_duration(span).total_seconds() for span in sending.backoff or BACKOFF),
        max_outage=parse_duration(sending.max_outage).total_seconds(),
        resends_unknown=sending.on_unknown == "resend",
        rate=rate,
        takes_turns=takes_turns,
    )


def packed(mailing: Mailing) -> Document:
    """A mailing as it is kept in the store."""
    document: Document = msgspec.to_builtins(mailing)
    return document


def unpacked(document: Document) -> Mailing:
    """The mailing that `packed` made it from."""
    return msgspec.convert(document, Mailing)
