"""The two doors by which notices leave: HTTP and SMTP. No secret and no address ever stands in what they raise."""

import hashlib
import hmac
import http.client
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Final
from urllib.parse import urlsplit

from reconciler.controller.receivers import Email, Webhook
from reconciler.model import canonical
from reconciler.model.errors import MusterError
from reconciler.model.notice import Notice

TIMEOUT: Final = 10.0
"""Seconds for each answer of the other side."""

_ANOTHER: Final = (62, 64)
"""OpenSSL's codes for a certificate of another host, or address; its words would name that."""


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
    message = _written(way, notice)
    with _network():
        context = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(way.host, way.port, timeout=TIMEOUT, context=context)
            if way.tls == "implicit"
            else smtplib.SMTP(way.host, way.port, timeout=TIMEOUT)
        )
        with server:
            if way.tls == "starttls":
                server.starttls(context=context)
            if user or password:
                server.login(user, password)
            server.send_message(message)


def _written(way: Email, notice: Notice) -> EmailMessage:
    """A notice as mail. Refused where an address is none that can stand in a header."""
    message, body = EmailMessage(), notice.body
    try:
        message["Subject"] = " ".join(f"{body['occasion']}: {body.get('ref', '')}".split())
        message["From"], message["To"] = way.sender, ", ".join(way.to)
        message["Message-ID"] = f"<{key_of(notice)}@muster.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n".join(f"{name}: {value}" for name, value in body.items()) + "\n")
    except ValueError:
        raise Refused("it cannot be written as mail: what its from and to say are no addresses", final=True) from None
    return message


@contextmanager
def _network() -> Iterator[None]:
    """What goes wrong on the way, in words that hold nothing of what was sent."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise Refused(f"the mail server answered {error.smtp_code}", final=error.smtp_code == 535) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        raise Refused(f"the mail server answered {', '.join(codes)} to every recipient") from None
    except smtplib.SMTPNotSupportedError as error:
        # Its words are smtplib's own: what the server does not offer.
        raise Refused(f"the mail server did not take it: {error}") from None
    except smtplib.SMTPException as error:
        raise Refused(f"the mail server did not take it: {type(error).__name__}") from None
    except ssl.SSLCertVerificationError as error:
        why = "it is for another name" if error.verify_code in _ANOTHER else error.verify_message
        raise Refused(f"its certificate is not accepted: {why}") from None
    except (OSError, http.client.HTTPException, ValueError, UnicodeError) as error:
        why = (error.strerror or type(error).__name__) if isinstance(error, OSError) else type(error).__name__
        raise Refused(f"no connection: {why}") from None
