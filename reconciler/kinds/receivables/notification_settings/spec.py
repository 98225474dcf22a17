"""The spec of NotificationSettings: when people are alerted about receivables campaigns, and who."""

from pydantic import Field

from reconciler.kinds.shape import Email, Line, Name, Percent, SetOf, Shape, Zone


class InCampaign(Shape):
    """The alert for too few collectable invoices being in an active campaign."""

    expected_percent: Percent = Field(default=90, description="Alert when the In Campaign % is below this, in percent.")
    email_subscribers: SetOf[Email] = Field(default=(), description="Who is alerted by e-mail besides the portal.")
    channel: Name | None = Field(
        default=None, description="E-mail Channel of the alert; left out: the only one there is."
    )


class NotificationSettingsSpec(Shape):
    """When people are alerted about receivables campaigns, and who."""

    timezone: Zone | None = Field(default=None, description="IANA zone of `today` in rules; left out: the project's.")
    in_campaign: InCampaign = Field(default_factory=InCampaign, description="The In Campaign % alert.")
    support_contact: Line | None = Field(default=None, description="Whom to ask, as shown beside an alert.")
