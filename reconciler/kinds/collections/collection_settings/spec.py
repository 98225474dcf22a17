"""The spec of CollectionSettings: the organisation's time zone, cycles, contact limits and hours."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import Hours, Shape, Span, TimeOfDay, Zone

Contacts = Annotated[int, Field(ge=1, le=1000)]


class ContactLimits(Shape):
    """The most contacts with one account, over all campaigns and channels."""

    per_day: Contacts | None = Field(default=None, description="Most contacts in a calendar day.")
    per_week: Contacts | None = Field(default=None, description="Most contacts in any seven days.")
    min_interval: Span | None = Field(default=None, description="Shortest time between two contacts, e.g. 24h.")


class CollectionSettingsSpec(Shape):
    """The organisation's settings for collections."""

    timezone: Zone = Field(description="IANA zone of campaign dates, and of contacts whose own zone is unknown.")
    auto_enqueue: bool = Field(
        default=False, description="Whether active campaigns are enqueued on every scheduler cycle."
    )
    scheduler_cycle: Span = Field(default="5m", description="Time between two cycles.")
    nightly_job: TimeOfDay = Field(
        default="02:00", description="Local time at which campaigns past their end are completed."
    )
    engine_paused: bool = Field(default=False, description="true: nobody is contacted, while queue items are kept.")
    policy_pack: Literal["none", "us-reg-f"] = Field(
        default="none",
        description="us-reg-f: limits after United States Regulation F besides those here; configuration, not legal advice.",
    )
    limits: ContactLimits = Field(
        default_factory=ContactLimits, description="Left out: no limits but the policy pack's."
    )
    allowed_hours: Hours | None = Field(
        default=None, description="When contacts are allowed, in the contact's zone; left out: at any time."
    )
