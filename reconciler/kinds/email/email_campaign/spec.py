"""The spec of an EmailCampaign: the message, whom it reaches, and how it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.kinds.shape import (
    BasedOn,
    Email,
    ExactlyOne,
    FieldName,
    HeaderText,
    Line,
    Name,
    Named,
    Percent,
    Scalar,
    Sender,
    SetOf,
    Shape,
    Span,
    Text,
    WebUrl,
)


class Content(Shape):
    """What the message says."""

    template: Name = Field(description="Template of the message.")
    variables: Annotated[dict[FieldName, Scalar], Field(max_length=100)] | None = Field(
        default=None,
        description="Values for the template, the same for every recipient; a recipient's own column wins.",
    )


class Target(Shape):
    """A set of recipients."""

    RULES = (ExactlyOne(("list", "segment")),)
    list: Name | None = Field(default=None, description="RecipientList.")
    segment: Name | None = Field(default=None, description="Segment of a list.")


class Targets(Shape):
    """Whom the campaign reaches: everyone included, less everyone excluded."""

    include: Annotated[tuple[Target, ...], Field(max_length=100)] = Field(default=(), description="Who receives it.")
    exclude: Annotated[tuple[Target, ...], Field(max_length=100)] = Field(
        default=(), description="Who does not, after all."
    )


class SmtpShare(Shape):
    """One connection and its share of the recipients."""

    name: Name = Field(description="SmtpConnection.")
    percent: Percent | None = Field(
        default=None, description="Share of the recipients, in percent; the shares sum to 100."
    )


@dataclass(frozen=True, slots=True)
class ConnectionsFitMode:
    """Shares are written only where recipients are split by percentage, and mode single has one connection."""

    def keywords(self) -> dict[str, Any]:
        """One if/then a mode; a mode left out is `single`."""
        unshared = {"items": {"properties": {"percent": False}}}
        return {
            "if": {"properties": {"mode": {"const": "percentage"}}, "required": ["mode"]},
            "else": {
                "properties": {"connections": unshared},
                "if": {"properties": {"mode": {"const": "single"}}},
                "then": {"properties": {"connections": {"maxItems": 1}}},
            },
        }

    def fault(self, written: Mapping[str, Any]) -> str | None:
        """What is wrong with the connections in this mode."""
        mode, connections = written.get("mode", "single"), written["connections"]
        if mode == "single" and len(connections) > 1:
            return "mode single has one connection"
        shared = [c.name for c in connections if c.percent is not None]
        return f"leave out the percent of {', '.join(shared)}" if shared and mode != "percentage" else None


class Smtp(Shape):
    """Which connections carry the mail."""

    RULES = (ConnectionsFitMode(),)
    mode: Literal["single", "percentage", "roundRobin"] = Field(
        default="single", description="One connection; an exact split by percent; or in turn."
    )
    connections: Named[SmtpShare] = Field(min_length=1, description="The connections.")


class Sending(Shape):
    """The pace of sending, and what happens to failures."""

    batch_size: Annotated[int, Field(ge=1, le=10_000)] = Field(default=100, description="Recipients taken at a time.")
    rate: Annotated[str, Field(max_length=12, pattern=r"^[1-9][0-9]{0,6}/(s|min|h|day)$")] | None = Field(
        default=None,
        description="Most mails in a time, over all connections, e.g. 600/min; left out: the connections' limits.",
    )
    max_attempts: Annotated[int, Field(ge=1, le=20)] = Field(
        default=4, description="Attempts for one recipient, the first included, where the server asks to try later."
    )
    backoff: Annotated[tuple[Span, ...], Field(max_length=20)] = Field(
        default=(),
        description="Waits before the second, third … attempt; the last repeats; none written: 30s, 2m, 10m.",
    )
    max_outage: Span = Field(default="24h", description="A campaign whose connections are all down for longer fails.")
    on_unknown: Literal["skip", "resend"] = Field(
        default="skip", description="After a crash in mid-send: leave a mail that may have gone out, or send it again."
    )


class Tracking(Shape):
    """What is recorded of what recipients do; links and pixels are added only where asked for."""

    opens: bool = Field(default=False, description="Add a pixel that counts opens.")
    clicks: bool = Field(default=False, description="Rewrite links so that clicks are counted.")


class Unsubscribe(Shape):
    """How a recipient unsubscribes, in the mail's List-Unsubscribe header."""

    one_click: bool = Field(
        default=True, description="One-click unsubscribe (RFC 8058) through this installation's server."
    )
    mailto: Email | None = Field(default=None, description="Address to which an unsubscribing mail may be sent.")
    url: WebUrl | None = Field(default=None, description="Page of your own; left out: this installation's.")


class EmailCampaignSpec(Shape):
    """One message to many recipients through SMTP. Subject, from, content, targets and smtp may wait until launch."""

    based_on: BasedOn | None = Field(default=None, description="The campaign that this one was copied from.")
    title: Line | None = Field(default=None, description="What people call the campaign.")
    description: Text | None = Field(default=None, description="What the campaign is for.")
    starting_deadline: Span = Field(
        default="1h", description="A scheduled start that is later than this fails as missed."
    )
    subject: HeaderText | None = Field(
        default=None, description="Subject; may hold {{ placeholders }}, but no line breaks."
    )
    preheader: HeaderText | None = Field(default=None, description="Preview text that inboxes show after the subject.")
    from_: Sender | None = Field(default=None, description="Who the mail is from.")
    reply_to: Email | None = Field(default=None, description="Where answers go; left out: to the sender.")
    content: Content | None = Field(default=None, description="What the message says.")
    targets: Targets | None = Field(default=None, description="Whom it reaches; resolved once, at launch.")
    suppressions: SetOf[Name] = Field(default=(), description="SuppressionLists; asked again just before each mail.")
    smtp: Smtp | None = Field(default=None, description="Which connections carry the mail.")
    sending: Sending = Field(default_factory=Sending, description="The pace of sending.")
    tracking: Tracking = Field(default_factory=Tracking, description="Left out: nothing is tracked.")
    unsubscribe: Unsubscribe | None = Field(
        default=None, description="Left out: the mail has no List-Unsubscribe header."
    )
