"""The spec of an SmtpConnection: an SMTP server, its credentials and its limits."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import Email, Line, SecretRef, Shape, Span, Text

Host = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)$",
    ),
]  # a name, an IPv4 or an IPv6 address
Domain = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]


class Auth(Shape):
    """Credentials for the server."""

    user: Line = Field(description="User name.")
    password: SecretRef = Field(description="Where the password is found.")


class RateLimit(Shape):
    """The most mails in any span of this length."""

    max: Annotated[int, Field(ge=1, le=100_000_000)] = Field(description="Most mails.")
    per: Span = Field(description="Length of the span, e.g. 1s, 24h.")


class Dkim(Shape):
    """The key with which mails are signed."""

    domain: Domain = Field(description="Signing domain (d=).")
    selector: Domain = Field(description="Selector under which the public key stands in DNS (s=).")
    key: SecretRef = Field(description="Where the private key in PEM is found.")


class SmtpConnectionSpec(Shape):
    """An SMTP server; limits may change at any time and apply at once, to all campaigns together."""

    description: Text | None = Field(default=None, description="Whose server it is.")
    host: Host = Field(description="Host name or address.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=587, description="TCP port; 465 is usual for implicit TLS."
    )
    tls: Literal["none", "starttls", "implicit"] = Field(
        default="starttls",
        description="None (for a server on this machine), upgraded after connecting, or from the start.",
    )
    auth: Auth | None = Field(default=None, description="Left out: the server asks for none.")
    max_connections: Annotated[int, Field(ge=1, le=200)] = Field(
        default=2, description="Most connections open at once."
    )
    timeout: Span = Field(default="30s", description="Longest wait for one answer of the server.")
    limits: Annotated[tuple[RateLimit, ...], Field(max_length=10)] = Field(default=(), description="All of them hold.")
    return_path: Email | None = Field(
        default=None, description="Envelope sender that receives bounces; left out: the sender."
    )
    hello_name: Domain | None = Field(default=None, description="Name given in EHLO; left out: this machine's.")
    dkim: Dkim | None = Field(default=None, description="Left out: mails are not signed here.")
