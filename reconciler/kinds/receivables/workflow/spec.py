"""The spec of a Workflow: what happens to an invoice, day by day."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import CelText, ExactlyOne, Name, Needs, SetOf, Shape, Text, cel

Event = Literal["paid", "voided", "payment_arrangement_failed"]


class WorkflowStep(Shape):
    """One message to the customer, or the end of the workflow."""

    RULES = (
        ExactlyOne(("channel", "action")),
        Needs((("channel", "template"), ("template", "channel"))),
    )
    day: Annotated[int, Field(ge=0, le=3650)] = Field(description="Days after the invoice entered; 0 is the first.")
    channel: Name | None = Field(default=None, description="Channel that carries the message.")
    template: Name | None = Field(default=None, description="Template of the message.")
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
    exit_on: SetOf[Event] = Field(
        default=(), description="What ends it early; paid and voided invoices leave in any case."
    )
