"""The spec of a Channel: what the channel of a workflow or strategy step means."""

from typing import Literal

from pydantic import Field

from reconciler.kinds.shape import (
    Case,
    Cases,
    Email,
    Name,
    Retry,
    SecretRef,
    Sender,
    SetOf,
    Shape,
    Span,
    StatusCode,
    Text,
    WebUrl,
)


class ChannelSpec(Shape):
    """A way to reach people: e-mail through an SMTP connection, or a webhook to an agent for sms, voice and others."""

    RULES = (
        Cases(
            "type",
            {
                "email": Case(needs=("smtp", "from"), may=("replyTo",)),
                "webhook": Case(
                    needs=("url",), may=("medium", "secret", "success", "timeout", "retry", "allowPrivate")
                ),
            },
        ),
    )
    description: Text | None = Field(default=None, description="Whom it reaches, and how.")
    type: Literal["email", "webhook"] = Field(description="E-mail, or a POST to an agent of yours.")
    smtp: Name | None = Field(default=None, description="SmtpConnection that carries the mail.")
    from_: Sender | None = Field(default=None, description="Who the mail is from.")
    reply_to: Email | None = Field(default=None, description="Where answers go; left out: to the sender.")
    medium: Literal["sms", "voice", "letter", "other"] | None = Field(
        default=None,
        description="What the agent uses. sms and voice need contact.phone, letter contact.address; left out: "
        "nothing is needed, and limits on calls count it as one.",
    )
    url: WebUrl | None = Field(default=None, description="Receives each message as JSON by POST.")
    secret: SecretRef | None = Field(default=None, description="Key with which the request is signed.")
    success: SetOf[StatusCode] = Field(
        default=(), description="HTTP status codes that mean taken; none written: 200 to 299."
    )
    timeout: Span = Field(default="10s", description="How long to wait for an answer.")
    retry: Retry | None = Field(default=None, description="Left out: one call.")
    allow_private: bool = Field(
        default=False, description="Whether the agent may be in a private network, and may then be called without TLS."
    )
