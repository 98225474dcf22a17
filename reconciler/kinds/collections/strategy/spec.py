"""The spec of a Strategy: the steps by which an account is contacted."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import CelText, Duration, FieldName, Name, Shape, Span, Text, cel


class StrategyStep(Shape):
    """One contact."""

    channel: Name = Field(description="Channel that carries the message.")
    action: FieldName | None = Field(
        default=None, description="What the contact is, for the agent behind the channel: reminder, followUp, urgent …"
    )
    template: Name = Field(description="Template of the message.")
    wait: Duration = Field(
        default="0d", description="Time after the step before; for the first, after the account joined."
    )
    retries: Annotated[int, Field(ge=0, le=20)] = Field(
        default=0, description="Further tries where nobody was reached."
    )
    retry_delay: Span = Field(default="1d", description="Time between two tries.")
    when: Annotated[CelText, cel("account", "now", "today")] | None = Field(
        default=None, description="CEL condition; where it is false the step is passed over."
    )


class Escalate(Shape):
    """When an account is handed to a person; whichever comes first."""

    max_attempts: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Contacts without success."
    )
    days_without_response: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=None, description="Days since the last answer, or since the first contact."
    )


class StrategySpec(Shape):
    """The steps by which an account is contacted."""

    description: Text | None = Field(default=None, description="Which accounts it suits.")
    type: Literal["early", "medium", "intensive", "promiseFollowUp", "recontact"] = Field(
        description="Stage of the debt that it is made for."
    )
    enabled: bool = Field(default=True, description="false: no account is contacted by it, in any campaign.")
    steps: Annotated[tuple[StrategyStep, ...], Field(min_length=1, max_length=100)] = Field(
        description="In the order in which they are taken."
    )
    escalate: Escalate | None = Field(default=None, description="Left out: never.")
