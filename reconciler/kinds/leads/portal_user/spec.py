"""The spec of a PortalUser: whose leads a person sees in the portal."""

from pydantic import Field

from reconciler.kinds.shape import Email, Name, SecretRef, Shape


class PortalUserSpec(Shape):
    """A person who sees an account's leads in the portal."""

    account: Name = Field(description="The buyer whose leads are seen.")
    email: Email | None = Field(default=None, description="Address of the person.")
    token: SecretRef | None = Field(
        default=None, description="Key with which the person signs in; left out: no sign-in."
    )
    show_test: bool = Field(default=False, description="Whether leads of a version in test are seen too.")
