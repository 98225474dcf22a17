"""The spec of a Workflow: what happens to an invoice, day by day."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import CelText, ExactlyOne, Hours, Name, Needs, SetOf, Shape, Text, cel

Event = Literal["paid", "voided", "payment_arrangement_failed"]


class Otherwise(Shape):
    """How to reach those whom the step's own channel cannot."""

    channel: Name = Field(description="Channel that carries the message instead.")
    template: Name = Field(description="Template of the message instead.")


class WorkflowStep(Shape):
    """One message to the customer, or the end of the workflow."""

    RULES = (
        ExactlyOne(("channel", "action")),
        Needs((("channel", "template"), ("template", "channel"), ("otherwise", "channel"))),
    )
    day: Annotated[int, Field(ge=0, le=3650)] = Field(description="Days after the invoice entered; 0 is the first.")
    channel: Name | None = Field(default=None, description="Channel that carries the message.")
    template: Name | None = Field(default=None, description="Template of the message.")
    otherwise: Otherwise | None = Field(
        default=None,
        description="Where the contact has no address or number for the channel; left out: the step is passed over.",
    )
    action: Literal["exit"] | None = Field(default=None, description="exit: the invoice leaves the campaign.")
    when: Annotated[CelText, cel("invoice", "now", "today", "contact")] | None = Field(
        default=None, description="CEL condition; where it is false the step is passed over."
    )


class WorkflowSpec(Shape):
    """What happens to an invoice, day by day."""

    description: Text | None = Field(default=None, description="What it is for.")
    steps: Annotated[tuple[WorkflowStep, ...], Field(min_length=1, max_length=200)] = Field(
        description="In the order of their days."
    )
    hours: Hours | None = Field(
        default=None, description="When messages go out, in the creditor's zone; left out: at any time of the day."
    )
    exit_on: SetOf[Event] = Field(
        default=(), description="What ends it early, for whoever reads this: all three do, written or not."
    )
