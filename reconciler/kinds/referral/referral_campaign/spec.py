"""The spec of a ReferralCampaign: offer, journey, rewards, and what happens to referrals in progress."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.kinds.shape import (
    Amount,
    BasedOn,
    ContentPath,
    Currency,
    Duration,
    IsoDate,
    Line,
    Mark,
    Name,
    Period,
    Shape,
    Span,
    Text,
    WebUrl,
)

EventName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*$")]


def _once(events: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(events)) < len(events):
        raise ValueError("write each event of the journey once")
    return events


Journey = Annotated[
    tuple[EventName, ...], Field(max_length=50), AfterValidator(_once), Mark({"uniqueItems": True})
]  # ordered, so no x-set


class Creative(Shape):
    """What advocates and friends see."""

    cta: ContentPath | None = Field(
        default=None, description="HTML file of the call to action, relative to the manifest."
    )
    landing: WebUrl | None = Field(
        default=None, description="Page that a friend's link leads to; {code} is the share code."
    )


class Offer(Shape):
    """The promise, in words."""

    friend: Line | None = Field(default=None, description="What the friend is promised.")
    advocate: Line | None = Field(default=None, description="What the advocate is promised.")


class Limit(Shape):
    """The most rewards that one person earns in a calendar period."""

    count: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="Most rewards.")
    per: Period = Field(description="Calendar period, in the program's zone.")


class Reward(Shape):
    """What someone earns when a friend reaches a step of the journey."""

    to: Literal["friend", "advocate"] = Field(description="Who earns it.")
    on: EventName = Field(description="Step of the journey that earns it.")
    value: Amount = Field(description='Decimal number in quotes, e.g. "50.00".')
    currency: Currency = Field(description="ISO 4217 code, e.g. USD.")
    wait: Duration = Field(default="0d", description="Time between the event and the payment, e.g. 7d.")
    approval: Literal["auto", "manual"] = Field(default="auto", description="Whether a person approves each reward.")
    limit: Limit | None = Field(default=None, description="Left out: no limit.")


class InProgress(Shape):
    """What happens to friends who are under way when the campaign is no longer live."""

    keep_offer: bool = Field(default=True, description="Whether they keep this campaign's offer while it is paused.")
    from_: EventName | None = Field(
        default=None, description="Step that makes a friend eligible; left out: opening the link."
    )
    cutoff: IsoDate | None = Field(default=None, description="Last day on which they keep it, in the program's zone.")
    pending_period: Span | None = Field(
        default=None, description="How long the journey may take after the pause, e.g. 60d."
    )
    then_state: Literal["ended"] | None = Field(
        default=None, description="State entered when the pending period is over; left out: the campaign stays paused."
    )


class Fraud(Shape):
    """What happens to referrals that look wrong."""

    self_referral: Literal["allow", "review", "deny"] = Field(default="deny", description="The friend is the advocate.")
    same_household: Literal["allow", "review", "deny"] = Field(
        default="review", description="They share an address or device."
    )


class ReferralCampaignSpec(Shape):
    """Which offer advocates and friends see, and which rewards are due."""

    based_on: BasedOn | None = Field(default=None, description="The campaign that this one was copied from.")
    title: Line | None = Field(default=None, description="What people call the campaign.")
    description: Text | None = Field(default=None, description="What the campaign is for.")
    program: Name = Field(description="ReferralProgram that it runs in.")
    go_live_as: Literal["burst", "test"] = Field(
        default="test",
        description="burst: the program's other live campaigns are paused; test: traffic is split by weight.",
    )
    weight: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None,
        description="Share of the traffic, relative to the weights of the program's other live campaigns; left out: "
        "no other may be live beside it.",
    )
    creative: Creative | None = Field(default=None, description="What advocates and friends see.")
    offer: Offer | None = Field(default=None, description="The promise, in words.")
    journey: Journey = Field(default=(), description="Friend events in the order in which they happen.")
    rewards: Annotated[tuple[Reward, ...], Field(max_length=100)] = Field(
        default=(), description="What is earned, and when."
    )
    in_progress: InProgress = Field(default_factory=InProgress, description="What happens to friends under way.")
    fraud: Fraud = Field(default_factory=Fraud, description="What happens to referrals that look wrong.")
