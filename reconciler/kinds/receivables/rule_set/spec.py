"""The spec of a RuleSet: the conditions that an invoice must meet to be targeted."""

from typing import Annotated

from pydantic import Field

from reconciler.kinds.shape import AtLeastOne, CelText, Shape, Text, cel

Conditions = Annotated[
    tuple[Annotated[CelText, cel("invoice", "now", "today")], ...], Field(min_length=1, max_length=100)
]


class RuleSetSpec(Shape):
    """CEL conditions over one invoice; written at least once, since an empty rule set would match every invoice."""

    RULES = (AtLeastOne(("all", "any")),)
    description: Text | None = Field(default=None, description="Which invoices are meant.")
    all: Conditions | None = Field(default=None, description="Every one of them must hold.")
    any: Conditions | None = Field(default=None, description="One of them must hold, besides all of `all`.")
