"""The spec of a LeadCampaign: its fields, verticals and workflows."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.kinds.shape import (
    LINE,
    BasedOn,
    Case,
    Cases,
    CelText,
    FieldName,
    Hours,
    IsoDate,
    Line,
    Mark,
    Name,
    Named,
    NonEmptySetOf,
    Period,
    SetOf,
    Shape,
    Span,
    Text,
    cel,
)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[
    str, Field(min_length=1, max_length=200, pattern=LINE), AfterValidator(_compiles), Mark({"format": "regex"})
]
Country = Annotated[str, Field(max_length=2, pattern=r"^[A-Z]{2}$")]
FieldLength = Annotated[int, Field(ge=0, le=10_000)]


class LeadField(Shape):
    """One field of a lead, as sources post it and buyers receive it."""

    RULES = (
        Cases(
            "type",
            {
                "email": Case(),
                "phone": Case(may=("country",)),
                "string": Case(may=("pattern", "minLength", "maxLength")),
                "enum": Case(needs=("values",)),
                "date": Case(may=("notBefore", "notAfter")),
                "number": Case(may=("minimum", "maximum")),
                "boolean": Case(),
            },
        ),
    )
    name: FieldName = Field(description="What sources call the field, and expressions after `lead.`.")
    type: Literal["email", "phone", "string", "enum", "date", "number", "boolean"] = Field(
        description="What a value must be to be taken."
    )
    required: bool = Field(default=False, description="Whether a lead without it is turned away.")
    label: Line | None = Field(default=None, description="What people see instead of the name.")
    country: Country | None = Field(
        default=None, description="ISO 3166 country of phone numbers written without one, e.g. NL."
    )
    pattern: Pattern | None = Field(
        default=None, description="Regular expression found in the text; write ^ and $ for all of it."
    )
    min_length: FieldLength | None = Field(default=None, description="Fewest characters.")
    max_length: FieldLength | None = Field(default=None, description="Most characters.")
    values: NonEmptySetOf[Line] | None = Field(default=None, description="The values that are allowed.")
    not_before: IsoDate | None = Field(default=None, description="Earliest date, itself allowed.")
    not_after: IsoDate | None = Field(default=None, description="Latest date, itself allowed.")
    minimum: float | None = Field(default=None, description="Smallest number, itself allowed.")
    maximum: float | None = Field(default=None, description="Largest number, itself allowed.")


class Duplicate(Shape):
    """When a lead counts as one that was already taken."""

    match: NonEmptySetOf[FieldName] = Field(description="Fields that are all equal in a duplicate.")
    within: Span = Field(description="How far back to look, e.g. 30d.")
    action: Literal["reject", "flag"] = Field(
        default="reject", description="Turn a duplicate away, or take it and flag it."
    )


class Score(Shape):
    """Points for a lead that meets a condition; a lead's score is their sum."""

    when: Annotated[CelText, cel("lead", "now")] = Field(description="CEL condition over the lead.")
    add: Annotated[int, Field(ge=-10_000, le=10_000)] = Field(description="Points; may be negative.")


class Select(Shape):
    """One rule by which buyers are chosen; the rules apply in the order written."""

    RULES = (
        Cases(
            "rule",
            {
                "qualityScore": Case(),
                "roundRobin": Case(),
                "random": Case(may=("seed",)),
                "leadCount": Case(may=("per",)),
                "turnover": Case(may=("per",)),
            },
        ),
    )
    rule: Literal["qualityScore", "roundRobin", "random", "leadCount", "turnover"] = Field(
        description="Highest quality score; in turn; by lot; fewest leads so far; least turnover so far."
    )
    take: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="Most buyers that this rule chooses.")
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = Field(
        default=None, description="Makes the lot repeatable: same seed and lead, same buyers."
    )
    per: Period | None = Field(default=None, description="Calendar period counted; left out: since the contract began.")


class Window(Shape):
    """How long an undistributed lead is offered again."""

    retry_every: Span = Field(description="Time between two attempts, e.g. 15m.")
    for_: Span = Field(description="Time after which attempts end, counted from the lead's arrival, e.g. 24h.")


class Distribution(Shape):
    """How leads reach buyers."""

    mode: Literal["directPost", "pingPost", "manual"] = Field(
        description="Deliver at once; ask for bids first and deliver to the best; or wait for a person."
    )
    share_count: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="Most buyers for one lead.")
    window: Window | None = Field(default=None, description="Left out: one attempt.")
    hours: Hours | None = Field(default=None, description="When leads are distributed; left out: always.")
    select: Annotated[tuple[Select, ...], Field(max_length=20)] = Field(
        default=(), description="Rules that choose the buyers, in order; none: highest quality score first."
    )


class LeadWorkflow(Shape):
    """The way of a lead from its arrival to its buyers."""

    name: Name = Field(description="Sources name the workflow that a lead is for.")
    description: Text | None = Field(default=None, description="What it is for.")
    verticals: SetOf[Name] = Field(default=(), description="Verticals of the campaign that it serves.")
    duplicate: Duplicate | None = Field(default=None, description="Left out: duplicates are not looked for.")
    score: Annotated[tuple[Score, ...], Field(max_length=100)] = Field(default=(), description="How a lead is scored.")
    distribution: Distribution = Field(description="How leads reach buyers.")


class Deletion(Shape):
    """When deleting a version that is published is warned of: leads may still be coming in."""

    confirm: bool = Field(default=False, description="Whether it is meant although leads still come in: no warning.")
    lately: Span = Field(default="7d", description="How far back a lead counts as coming in still.")


class LeadCampaignSpec(Shape):
    """A campaign version that takes inbound leads and distributes them to buyers."""

    based_on: BasedOn | None = Field(default=None, description="The version that this one was copied from.")
    title: Line | None = Field(default=None, description="What people call the campaign.")
    description: Text | None = Field(default=None, description="What the campaign is for.")
    category: Name | None = Field(default=None, description="Category that reports group by.")
    fields: Named[LeadField] = Field(
        default=(), description="The fields of a lead. Once published: not changed, added, removed."
    )
    verticals: SetOf[Name] = Field(
        default=(), description="Markets it sells into. Once published: none added or removed."
    )
    workflows: Named[LeadWorkflow] = Field(default=(), description="Once published: none added or removed.")
    deletion: Deletion | None = Field(
        default=None, description="When its deletion is warned of; left out: where a lead came in the last seven days."
    )
