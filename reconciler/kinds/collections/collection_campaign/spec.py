"""The spec of a CollectionCampaign: strategy, date range and accounts."""

from typing import Annotated

from pydantic import Field

from reconciler.kinds.shape import BasedOn, CelText, IsoDate, Line, Name, Shape, Text, cel


class Accounts(Shape):
    """The debtor accounts of the campaign."""

    source: Name = Field(description="AccountSource.")
    where: Annotated[CelText, cel("account", "now", "today")] | None = Field(
        default=None, description="CEL condition over one account; left out: all of the source."
    )


class CollectionCampaignSpec(Shape):
    """Debtor accounts contacted by a strategy, in a date range. All of it may wait until activation."""

    based_on: BasedOn | None = Field(default=None, description="The campaign that this one was copied from.")
    title: Line | None = Field(default=None, description="What people call the campaign.")
    objective: Text | None = Field(default=None, description="What is to be achieved.")
    strategy: Name | None = Field(default=None, description="Strategy by which accounts are contacted.")
    start_date: IsoDate | None = Field(default=None, description="First day, in the organisation's time zone.")
    end_date: IsoDate | None = Field(
        default=None, description="Last day, itself included, in the organisation's time zone."
    )
    accounts: Accounts | None = Field(default=None, description="The debtor accounts of the campaign.")
