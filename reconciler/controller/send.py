"""The two doors by which notices leave: HTTP and SMTP. No secret and no address ever stands in what they raise."""

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Final
from urllib.parse import urlsplit

from reconciler.controller.receivers import Email, Webhook
from reconciler.mail.answer import Answer, Kind, Stage
from reconciler.mail.server import Envelope, Server, Tls
from reconciler.mail.smtp import Transport
from reconciler.mail.wire import distrust
from reconciler.model import canonical
from reconciler.model.errors import MusterError
from reconciler.model.notice import Notice

TIMEOUT: Final = 10.0
"""Seconds for each answer of the other side."""


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
    url = urlsplit(way.url.reveal())
    body = canonical.encode({"key": key_of(notice), "at": notice.made_at, **notice.body})
    headers = {"Content-Type": "application/json", "User-Agent": "muster", "Idempotency-Key": key_of(notice)}
    if secret := way.secret.reveal():
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-Muster-Signature-256"] = f"sha256={digest}"
    if url.scheme not in ("https", "http") or not url.hostname or (url.scheme == "http" and not way.allow_private):
        raise Refused("its address is not an https one", final=True)
    with _network():
        connection = _Pinned(url.hostname, url.port or (443 if url.scheme == "https" else 80), url.scheme, way)
        try:
            connection.request("POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    if not 200 <= status < 300:
        raise Refused(f"it answered {status}")


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at: a name that means another one a moment later leads nowhere."""

    def __init__(self, host: str, port: int, scheme: str, way: Webhook) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._scheme, self._way = scheme, way

    def connect(self) -> None:
        """Connect to the first address that may be connected to."""
        plain = socket.create_connection((_address(self.host, self.port, self._way.allow_private), self.port), TIMEOUT)
        if self._scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        else:
            self.sock = plain


def _address(host: str, port: int, allow_private: bool) -> str:
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        raise Refused("its address is a private one, which needs allowPrivate: true", final=True)
    return found[0]


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


@contextmanager
def _network() -> Iterator[None]:
    """What goes wrong on the way, in words that hold nothing of what was sent."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Refused(distrust(error)) from None
    except (OSError, http.client.HTTPException, ValueError, UnicodeError) as error:
        why = (error.strerror or type(error).__name__) if isinstance(error, OSError) else type(error).__name__
        raise Refused(f"no connection: {why}") from None
