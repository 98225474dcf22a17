"""The spec of a Segment: the part of a recipient list that meets a condition."""

from typing import Annotated

from pydantic import Field

from reconciler.kinds.shape import CelText, Name, Shape, Text, cel


class SegmentSpec(Shape):
    """The recipients of a list that meet a condition."""

    description: Text | None = Field(default=None, description="Who is meant.")
    list: Name = Field(description="RecipientList that is filtered.")
    where: Annotated[CelText, cel("contact", "now")] = Field(description="CEL condition over one recipient.")
