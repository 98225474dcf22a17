"""The spec of a ReferralProgram: what its campaigns share."""

from pydantic import Field

from reconciler.kinds.shape import Line, Retry, SecretRef, SetOf, Shape, Span, StatusCode, Text, WebUrl, Zone


class PayingWebhook(Shape):
    """A server of yours that pays rewards; it gets each one with an Idempotency-Key, perhaps more than once."""

    url: WebUrl = Field(description="Receives each reward that is due as JSON by POST.")
    secret: SecretRef | None = Field(default=None, description="Key with which the request is signed.")
    success: SetOf[StatusCode] = Field(
        default=(), description="HTTP status codes that mean paid; none written: 200 to 299."
    )
    timeout: Span = Field(default="10s", description="How long to wait for an answer.")
    retry: Retry = Field(default_factory=Retry, description="When it does not answer, or not now.")
    allow_private: bool = Field(
        default=False, description="Whether it may be in a private network, and may then be called without TLS."
    )


class Fulfilment(Shape):
    """How rewards are paid."""

    webhook: PayingWebhook = Field(description="It is called for each reward.")


class ReferralProgramSpec(Shape):
    """A program in which referral campaigns take turns."""

    title: Line | None = Field(default=None, description="What people call the program.")
    description: Text | None = Field(default=None, description="What the program is for.")
    timezone: Zone = Field(
        description="IANA zone of its calendar: cut-off dates, yearly limits, three months to stopped."
    )
    fallback: WebUrl | None = Field(
        default=None,
        description="Where links lead while no campaign is live; left out: to a plain page without an offer.",
    )
    api_key: SecretRef | None = Field(
        default=None,
        description="Key that your systems send with friend events; left out: none are taken from outside.",
    )
    fulfilment: Fulfilment | None = Field(
        default=None, description="How rewards are paid; left out: by hand, from `muster referral export`."
    )
