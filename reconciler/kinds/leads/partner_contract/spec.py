"""The spec of a PartnerContract: who may deliver leads, into which version, at what cost."""

from typing import Annotated

from pydantic import Field

from reconciler.kinds.shape import Amount, Currency, ExactlyOne, Name, Percent, Period, SecretRef, Shape, Version, Zone


class Commission(Shape):
    """What the partner earns."""

    RULES = (ExactlyOne(("perInbound", "perOutbound", "percentOfSale")),)
    per_inbound: Amount | None = Field(default=None, description="For every lead taken.")
    per_outbound: Amount | None = Field(default=None, description="For every sale of a lead.")
    percent_of_sale: Percent | None = Field(default=None, description="Share of the price of every sale, in percent.")
    currency: Currency = Field(description="ISO 4217 code of the purchase order, e.g. EUR.")


class LeadCap(Shape):
    """The most leads that are taken from the partner in a calendar period."""

    leads: Annotated[int, Field(ge=0, le=100_000_000)] = Field(description="Most leads in the period.")
    per: Period = Field(description="Calendar period; it starts anew at local midnight.")
    timezone: Zone | None = Field(default=None, description="Zone of the calendar; left out: the campaign's.")


class PartnerContractSpec(Shape):
    """A partner's contract to deliver leads into one campaign version."""

    partner: Name = Field(description="The source of the leads.")
    campaign: Name = Field(description="LeadCampaign that takes the leads.")
    version: Version | None = Field(default=None, description="Version that takes them; left out: the only one.")
    vertical: Name | None = Field(default=None, description="The one vertical that is delivered; left out: any.")
    workflow: Name | None = Field(default=None, description="The one workflow that is delivered into; left out: any.")
    commission: Commission | None = Field(default=None, description="Left out: the leads cost nothing.")
    caps: Annotated[tuple[LeadCap, ...], Field(max_length=20)] = Field(default=(), description="All of them hold.")
    api_key: SecretRef = Field(description="Key that the partner sends with every lead.")
