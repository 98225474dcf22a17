"""The spec of an AccountContract: which leads a buyer takes, at what price, and how they are delivered."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import (
    Amount,
    Case,
    Cases,
    CelText,
    Currency,
    Email,
    ExactlyOne,
    FieldName,
    HeaderText,
    Hours,
    Name,
    Period,
    Retry,
    SecretRef,
    Sender,
    SetOf,
    Shape,
    Span,
    StatusCode,
    Version,
    WebUrl,
    Zone,
    cel,
)

ALLOW_PRIVATE = "Whether the URL may lead into a private network, and may then be http."
Points = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class Money(Shape):
    """An amount in a currency."""

    amount: Amount = Field(description='Decimal number in quotes, e.g. "18.50".')
    currency: Currency = Field(description="ISO 4217 code, e.g. EUR.")


class Cap(Shape):
    """The most that the buyer takes in a calendar period."""

    RULES = (ExactlyOne(("leads", "amount")),)
    leads: Annotated[int, Field(ge=0, le=100_000_000)] | None = Field(
        default=None, description="Most leads in the period."
    )
    amount: Amount | None = Field(default=None, description="Most money in the period, in the currency of the price.")
    per: Period = Field(description="Calendar period; it starts anew at local midnight.")
    timezone: Zone | None = Field(default=None, description="Zone of the calendar; left out: the campaign's.")


class Ping(Shape):
    """How the buyer is asked for a bid, where the workflow distributes by pingPost."""

    url: WebUrl = Field(description="Receives the lead without personal data, answers with a bid.")
    secret: SecretRef | None = Field(default=None, description="Key with which the request is signed.")
    fields: SetOf[FieldName] = Field(default=(), description="Fields that are shown before the sale.")
    allow_private: bool = Field(default=False, description=ALLOW_PRIVATE)
    timeout: Span = Field(default="3s", description="A bid that comes later does not count.")
    min_bid: Amount | None = Field(default=None, description="Lower bids do not count, in the currency of the price.")


_HTTP = ("url", "secret", "allowPrivate", "success", "timeout", "retry")
_MAIL = ("to", "smtp", "from", "subject", "template")


class Delivery(Shape):
    """One way in which a sold lead reaches the buyer."""

    RULES = (
        Cases(
            "method",
            {
                "portal": Case(),
                "webhook": Case(needs=("url",), may=(*_HTTP[1:], "fields", "sendTest")),
                "email": Case(needs=("to", "smtp"), may=(*_MAIL[2:], "fields", "sendTest")),
            },
        ),
    )
    method: Literal["portal", "webhook", "email"] = Field(description="Where the lead goes.")
    send_test: bool = Field(default=False, description="Whether leads of a version in test are delivered too.")
    fields: SetOf[FieldName] = Field(default=(), description="Fields that are handed over; none written: all.")
    url: WebUrl | None = Field(default=None, description="Receives the lead as JSON by POST.")
    secret: SecretRef | None = Field(default=None, description="Key with which the request is signed.")
    allow_private: bool = Field(default=False, description=ALLOW_PRIVATE)
    success: SetOf[StatusCode] = Field(
        default=(), description="HTTP status codes that mean taken; none written: 200 to 299."
    )
    timeout: Span = Field(default="10s", description="How long to wait for an answer.")
    retry: Retry | None = Field(default=None, description="Left out: one call.")
    to: Email | None = Field(default=None, description="Address that receives the lead.")
    smtp: Name | None = Field(default=None, description="SmtpConnection that carries the mail.")
    from_: Sender | None = Field(default=None, description="Left out: the connection's return path.")
    subject: HeaderText | None = Field(default=None, description="Subject, with placeholders; the template's wins.")
    template: Name | None = Field(default=None, description="Template; left out: a plain list of the fields.")


class AccountContractSpec(Shape):
    """A buyer's contract for the leads of one campaign."""

    account: Name = Field(description="The buyer.")
    campaign: Name = Field(description="LeadCampaign whose leads are bought.")
    version: Version | None = Field(
        default=None, description="Version of the campaign; left out: the lowest that is neither draft nor deleted."
    )
    allow_newer_versions: bool = Field(
        default=True, description="Whether the contract joins newer versions once they are in test or published."
    )
    verticals: SetOf[Name] = Field(
        default=(), description="Verticals that are bought; none written: all of the campaign."
    )
    workflows: SetOf[Name] = Field(default=(), description="Workflows that are bought from; none written: all.")
    where: Annotated[CelText, cel("lead", "now")] | None = Field(
        default=None, description="CEL condition on a lead to buy."
    )
    price: Money = Field(description="Price of one lead.")
    quality_score: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=0, description="Rank among buyers, in points; higher is served first."
    )
    min_lead_score: Points | None = Field(default=None, description="Leads that score lower are not bought.")
    max_lead_age: Span | None = Field(default=None, description="Older leads are not bought, e.g. 24h.")
    max_share_count: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="Most buyers, this one included, that may share a lead; 1 buys exclusively."
    )
    caps: Annotated[tuple[Cap, ...], Field(max_length=20)] = Field(default=(), description="All of them hold.")
    hours: Hours | None = Field(default=None, description="When leads are taken; left out: always.")
    ping: Ping | None = Field(default=None, description="Needed only where a workflow distributes by pingPost.")
    deliveries: Annotated[tuple[Delivery, ...], Field(max_length=20)] = Field(
        default=(), description="Every one of them is used for each sold lead."
    )
