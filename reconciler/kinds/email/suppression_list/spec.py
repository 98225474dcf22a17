"""The spec of a SuppressionList: who may not be mailed, and what adds people to it."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.kinds.shape import ColumnName, SetOf, Shape, Source, Text

Reason = Literal["hard_bounce", "soft_bounce", "complaint", "unsubscribed"]


class SuppressionListSpec(Shape):
    """Addresses that no campaign naming this list may mail."""

    description: Text | None = Field(default=None, description="Why people are on it.")
    source: Source | None = Field(
        default=None, description="Addresses that stand on it; left out: only those it collects."
    )
    email: ColumnName = Field(default="email", description="Column that holds the address.")
    collects: SetOf[Reason] = Field(
        default=(), description="What adds a recipient of a campaign naming this list to it."
    )
    soft_bounce_limit: Annotated[int, Field(ge=1, le=100)] = Field(
        default=5, description="Soft bounces in a row after which an address counts as soft_bounce."
    )
