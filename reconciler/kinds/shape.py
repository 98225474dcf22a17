"""The strict base of every spec model, and the border types that more than one workshop writes in its manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Keywords = dict[str, Any]
T = TypeVar("T")

# --- rules between the members of one object: each speaks JSON Schema and checks the model, so the two cannot part ---


class Rule(Protocol):
    """A condition between members of one object, as schema keywords and as a check of what was written."""

    def keywords(self) -> Keywords:
        """The rule as JSON Schema keywords of the object."""

    def fault(self, written: Mapping[str, object]) -> str | None:
        """What is wrong with these written members, or None."""


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """Exactly one of these members must be written."""

    members: tuple[str, ...]

    def keywords(self) -> Keywords:
        """One branch a member."""
        return {"oneOf": [{"required": [member]} for member in self.members]}

    def fault(self, written: Mapping[str, object]) -> str | None:
        """The members to write, where they are not."""
        count = sum(member in written for member in self.members)
        return None if count == 1 else f"write exactly one of {', '.join(self.members)}"


@dataclass(frozen=True, slots=True)
class AtLeastOne:
    """One or more of these members must be written."""

    members: tuple[str, ...]

    def keywords(self) -> Keywords:
        """One branch a member."""
        return {"anyOf": [{"required": [member]} for member in self.members]}

    def fault(self, written: Mapping[str, object]) -> str | None:
        """The members to write, where they are not."""
        return None if any(m in written for m in self.members) else f"write at least one of {', '.join(self.members)}"


@dataclass(frozen=True, slots=True)
class Needs:
    """A member that makes no sense without another one: (member, what it needs)."""

    pairs: tuple[tuple[str, str], ...]

    def keywords(self) -> Keywords:
        """One entry a pair."""
        return {"dependentRequired": {member: [needed] for member, needed in self.pairs}}

    def fault(self, written: Mapping[str, object]) -> str | None:
        """The members that stand alone."""
        missing = [f"{m} needs {n}" for m, n in self.pairs if m in written and n not in written]
        return "; ".join(missing) or None


@dataclass(frozen=True, slots=True)
class Case:
    """The members that one variant requires, and those that it may have; other variants' members are refused."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases:
    """An object whose member `by` says which variant it is."""

    by: str
    cases: Mapping[str, Case]

    def keywords(self) -> Keywords:
        """One if/then a variant."""
        return {"allOf": [self._branch(value, case) for value, case in self.cases.items()]}

    def fault(self, written: Mapping[str, object]) -> str | None:
        """The members that this variant lacks, and those that it does not have."""
        value = str(written[self.by])
        missing = [f"{self.by} {value} needs {m}" for m in self.cases[value].needs if m not in written]
        foreign = [f"{self.by} {value} has no {m}" for m in self._foreign(value) if m in written]
        return "; ".join(missing + foreign) or None

    def _branch(self, value: str, case: Case) -> Keywords:
        then: Keywords = {"properties": dict.fromkeys(self._foreign(value), False)}
        if case.needs:
            then["required"] = list(case.needs)
        return {"if": {"properties": {self.by: {"const": value}}, "required": [self.by]}, "then": then}

    def _foreign(self, value: str) -> list[str]:
        own = {*self.cases[value].needs, *self.cases[value].may}
        return sorted({m for case in self.cases.values() for m in (*case.needs, *case.may)} - own)


# --- the base model ---


def _alias(name: str) -> str:
    """`max_connections` is written `maxConnections`, and `from_` (a Python keyword) `from`."""
    return to_camel(name.removesuffix("_"))


class Shape(BaseModel):
    """A strict, frozen object: unknown members, nulls and values of another type are refused."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=_alias, allow_inf_nan=False, defer_build=True
    )
    RULES: ClassVar[tuple[Rule, ...]] = ()

    @field_validator("*", mode="after")
    @classmethod
    def _absent_not_null(cls, value: T) -> T:
        """Runs for written members only, so None here is a null in the file: an optional member is left out instead."""
        if value is None:
            raise ValueError("leave the member out instead of writing null")
        return value

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        fields = type(self).model_fields
        written = {fields[name].alias or name: getattr(self, name) for name in self.model_fields_set}
        faults = [fault for rule in self.RULES if (fault := rule.fault(written))]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        target = handler.resolve_ref_schema(schema)
        for rule in cls.RULES:
            target.update(rule.keywords())
        return schema


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Adds keywords to the JSON Schema of what it annotates: x-key, x-set, x-file, x-cel, format …"""

    keywords: Keywords

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), **self.keywords}


# --- text ---

LINE = r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*$"  # one line: no control characters, no line breaks of any script
TEXT = r"^[^\x00]*$"

Name = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
]  # RFC 1123 label
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE)]
Text = Annotated[str, Field(min_length=1, max_length=5000, pattern=TEXT)]
FieldName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
ColumnName = Annotated[str, Field(min_length=1, max_length=100, pattern=LINE)]
HeaderText = Annotated[str, Field(min_length=1, max_length=900, pattern=LINE)]
Email = Annotated[
    str,
    Field(
        min_length=3,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
    ),
]
WebUrl = Annotated[
    str,
    Field(
        min_length=8,
        max_length=2000,
        pattern=r'^https?://[A-Za-z0-9\[\]:.-]+([/?#][^\x00-\x20\x7f-\xa0\u2028\u2029<>"\\]*)?$',
    ),
]
Scalar = Annotated[
    Annotated[str, Field(max_length=2000)] | bool | int | float,
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": 2000}),
]


def cel(*variables: str) -> Mark:
    """Marks a `CelText` as a CEL expression over these variables."""
    return Mark({"x-cel": list(variables)})


CelText = Annotated[str, Field(min_length=1, max_length=2000, pattern=TEXT)]

# --- numbers, time and money ---


def _real_date(text: str) -> str:
    date.fromisoformat(text)
    return text


def _known_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, KeyError) as error:  # a folder of zones ("America") is an OSError, an unknown zone a KeyError
        raise ValueError(f"{text} is not an IANA time zone") from error
    return text


Version = Annotated[int, Field(ge=1, le=1_000_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Duration = Annotated[
    str, Field(max_length=7, pattern=r"^(0|[1-9][0-9]{0,5})[smhd]$"), Mark({"format": "muster-duration"})
]
Span = Annotated[
    str, Field(max_length=7, pattern=r"^[1-9][0-9]{0,5}[smhd]$"), Mark({"format": "muster-duration"})
]  # a duration that is not nothing
TimeOfDay = Annotated[
    str, Field(max_length=5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Mark({"format": "muster-time"})
]
IsoDate = Annotated[
    str,
    Field(max_length=10, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_real_date),
    Mark({"format": "date"}),
]
Zone = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"),
    AfterValidator(_known_zone),
    Mark({"format": "muster-zone"}),
]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Period = Literal["hour", "day", "week", "month", "year"]
Amount = Annotated[str, Field(max_length=17, pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$")]
Currency = Annotated[str, Field(max_length=3, pattern=r"^[A-Z]{3}$")]
StatusCode = Annotated[int, Field(ge=100, le=599)]

# --- lists ---


def _distinct(items: Sequence[T]) -> Sequence[T]:
    if any(item in items[:index] for index, item in enumerate(items)):
        raise ValueError("write each item once")
    return items


def _distinct_names(items: Sequence[Any]) -> Sequence[Any]:
    _distinct([item.name for item in items])
    return items


SetOf = Annotated[
    tuple[T, ...], Field(max_length=500), AfterValidator(_distinct), Mark({"x-set": True, "uniqueItems": True})
]
NonEmptySetOf = Annotated[
    tuple[T, ...],
    Field(min_length=1, max_length=500),
    AfterValidator(_distinct),
    Mark({"x-set": True, "uniqueItems": True}),
]
Named = Annotated[tuple[T, ...], Field(max_length=500), AfterValidator(_distinct_names), Mark({"x-key": "name"})]

# --- files, secrets and data ---

_PATH = r"^[^/\\:\x00-\x1f\x7f][^\\:\x00-\x1f\x7f]*$"  # relative; the engine checks that it stays in the tree
ContentPath = Annotated[str, Field(min_length=1, max_length=500, pattern=_PATH), Mark({"x-file": "content"})]
DataPath = Annotated[str, Field(min_length=1, max_length=500, pattern=_PATH), Mark({"x-file": "data"})]


class SecretRef(Shape):
    """Where a secret is found when it is used; it never stands in a manifest, a plan or a log."""

    RULES = (ExactlyOne(("env", "file")),)
    env: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None, description="Name of an environment variable of the process that uses the secret."
    )
    file: Annotated[str, Field(min_length=1, max_length=500, pattern=LINE)] | None = Field(
        default=None,
        description="Path of a file that holds the secret, e.g. /run/secrets/relay, on the machine that uses it.",
    )


class ContentText(Shape):
    """A text written here, or in a file beside the manifest."""

    RULES = (ExactlyOne(("inline", "file")),)
    inline: Annotated[str, Field(min_length=1, max_length=200_000, pattern=TEXT)] | None = Field(
        default=None, description="The text itself."
    )
    file: ContentPath | None = Field(
        default=None, description="UTF-8 file, relative to the manifest and inside its tree."
    )


class SqlSource(Shape):
    """Rows of a query against a database."""

    url: SecretRef = Field(description="Where the database URL is found; it holds a password, so never the URL itself.")
    query: Annotated[str, Field(min_length=1, max_length=10_000, pattern=TEXT)] = Field(
        description="The SELECT statement; its column names are the field names."
    )


Row = Annotated[dict[ColumnName, Scalar], Field(max_length=200)]


class Source(Shape):
    """Where rows come from: a file, this manifest, or a database."""

    RULES = (ExactlyOne(("csv", "jsonl", "inline", "sql")),)
    csv: DataPath | None = Field(
        default=None, description="UTF-8 CSV file with a header line, relative to the manifest."
    )
    jsonl: DataPath | None = Field(
        default=None, description="File with one JSON object a line, relative to the manifest."
    )
    inline: Annotated[tuple[Row, ...], Field(max_length=1000)] | None = Field(
        default=None, description="The rows themselves, at most 1000."
    )
    sql: SqlSource | None = Field(default=None, description="A database query.")


ColumnType = Literal["string", "int", "double", "bool", "date", "timestamp"]
ColumnTypes = Annotated[dict[ColumnName, ColumnType], Field(max_length=200)]
ColumnNames = Annotated[dict[FieldName, ColumnName], Field(max_length=200)]

# --- objects that more than one workshop writes ---


class BasedOn(Shape):
    """What this campaign was copied from: provenance, not a reference."""

    RULES = (AtLeastOne(("name", "version")),)
    name: Name | None = Field(
        default=None, description="Name of the copied campaign; left out: this campaign's own name."
    )
    version: Version | None = Field(default=None, description="Version of the copied campaign.")


class Sender(Shape):
    """Who a mail is from."""

    name: Line | None = Field(default=None, description="Display name.")
    email: Email = Field(description="Address.")


class Hours(Shape):
    """Days and local times in which something may happen."""

    days: SetOf[Day] = Field(default=(), description="Days of the week; none written: every day.")
    from_: TimeOfDay = Field(description="First local time, HH:MM.")
    to: TimeOfDay = Field(description="Local time it ends at, HH:MM, excluded; not after `from`: on the next day.")
    timezone: Zone | None = Field(default=None, description="IANA zone of these times; left out: the zone around it.")


class Retry(Shape):
    """How often a failed call is made again."""

    attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        default=8, description="Most calls in all, the first included."
    )
    backoff: Span = Field(default="30s", description="Wait before the second call; it doubles with every further one.")
