"""The spec of a ReferralProgram: what its campaigns share."""

from pydantic import Field

from reconciler.kinds.shape import Line, SecretRef, Shape, Text, WebUrl, Zone


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
