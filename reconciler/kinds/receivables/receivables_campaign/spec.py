"""The spec of a ReceivablesCampaign: the workflow, its audience, and the launch checklist's entries."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import BasedOn, Email, Line, Name, Shape, Text


class Audience(Shape):
    """The invoices that are targeted."""

    rule_set: Name = Field(description="RuleSet that an invoice must meet.")
    source: Name | None = Field(default=None, description="InvoiceSource; left out: every source.")
    priority: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=100, description="Where two campaigns match an invoice, the lower number takes it."
    )


class Launch(Shape):
    """What a person states before the launch."""

    sample_invoice: Line | None = Field(default=None, description="Id of an invoice that must match the rule set.")
    reviewed_by: Email | None = Field(default=None, description="Who reviewed all settings a final time.")


class ReceivablesCampaignSpec(Shape):
    """A workflow over the invoices that match a target audience. All but the defaults may wait until launch."""

    based_on: BasedOn | None = Field(default=None, description="The campaign that this one was copied from.")
    title: Line | None = Field(default=None, description="Clear name that reflects the purpose; needed for launch.")
    description: Text | None = Field(default=None, description="Objectives and scope; needed for launch.")
    workflow: Name | None = Field(default=None, description="Workflow that invoices go through.")
    audience: Audience | None = Field(default=None, description="The invoices that are targeted.")
    purpose: Literal["standard", "reEngagement"] = Field(
        default="standard", description="reEngagement takes up customers again whom an earlier campaign has let go."
    )
    include_previously_treated: bool = Field(
        default=False,
        description="Take invoices that left an earlier campaign; only where the purpose is reEngagement.",
    )
    launch: Launch | None = Field(default=None, description="The launch checklist's entries.")
