"""The two doors by which notices leave: HTTP and SMTP. No secret and no address ever stands in what they raise."""

import hashlib
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Final

from reconciler.controller.receivers import Email, Webhook
from reconciler.hooks.call import Call, Fate
from reconciler.hooks.caller import Caller
from reconciler.mail.answer import Answer, Kind, Stage
from reconciler.mail.server import Envelope, Server, Tls
from reconciler.mail.smtp import Transport
from reconciler.model import canonical
from reconciler.model.errors import MusterError
from reconciler.model.notice import Notice

TIMEOUT: Final = 10.0
"""Seconds for a webhook's whole call, and for each answer of a mail server."""


class Refused(MusterError):
    """A notice was not taken; `final` where another attempt would end alike."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def key_of(notice: Notice) -> str:
    """The key by which a receiver knows a notice that it already has."""
    return hashlib.sha256(f"{notice.target}\0{notice.key}".encode()).hexdigest()[:32]


def send_webhook(way: Webhook, notice: Notice) -> None:
    """POST a notice as JSON. Refused where it is not answered with 2xx; redirects are not followed."""
    body = canonical.encode({"key": key_of(notice), "at": notice.made_at, **notice.body})
    timeout = timedelta(seconds=TIMEOUT)
    call = Call(way.url.reveal(), body, key_of(notice), way.secret.reveal(), {}, timeout, way.allow_private)
    with closing(Caller()) as caller:
        reply = caller.call(call)
    if reply.fate is not Fate.TAKEN:
        raise Refused(reply.text, final=reply.fate is Fate.REFUSED and not reply.status)


def send_email(way: Email, notice: Notice) -> None:
    """Mail a notice. Refused where the server does not take it."""
    user, password = way.user.reveal(), way.password.reveal()
    if password and way.tls == "none":
        raise Refused("a password is told over TLS alone, and tls is none", final=True)
    message, sender, recipients = _written(way, notice)
    server = Server(way.host, way.port, Tls(way.tls), user, password, timedelta(seconds=TIMEOUT))
    with closing(Transport(server)) as transport:
        if fault := transport.open():
            raise _told(fault)
        utf8 = not "".join((sender, *recipients)).isascii()
        answer = transport.send(Envelope(sender, recipients[0], utf8, tuple(recipients[1:])), message)
    if answer.kind is not Kind.SENT:
        raise _told(answer)


def _told(answer: Answer) -> Refused:
    if answer.code:
        whom = " to every recipient" if answer.stage is Stage.RCPT else ""
        return Refused(f"the mail server answered {answer.code}{whom}", final=answer.code == 535)
    return Refused(answer.text if answer.kind is Kind.UNUSABLE else f"no connection: {answer.text}")


def _written(way: Email, notice: Notice) -> tuple[bytes, str, list[str]]:
    """A notice as mail, its sender and its recipients. Refused where an address is none that can stand in a header."""
    message, body = EmailMessage(policy=SMTP), notice.body
    try:
        message["Subject"] = " ".join(f"{body['occasion']}: {body.get('ref', '')}".split())
        message["From"], message["To"] = way.sender, ", ".join(way.to)
        message["Message-ID"] = f"<{key_of(notice)}@muster.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n".join(f"{name}: {value}" for name, value in body.items()) + "\n")
        (sender, *_), recipients = message["From"].addresses, message["To"].addresses
        utf8 = not "".join(one.addr_spec for one in (sender, *recipients)).isascii()
        written = message.as_bytes(policy=SMTPUTF8 if utf8 else SMTP)
    except ValueError:
        raise Refused("it cannot be written as mail: what its from and to say are no addresses", final=True) from None
    return written, sender.addr_spec, [one.addr_spec for one in recipients]
