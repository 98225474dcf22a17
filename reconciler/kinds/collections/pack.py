"""A policy pack: limits besides an organisation's own, read from its file under packs/. Configuration, not legal advice."""

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from reconciler.kinds.shape import Hours, Line, NonEmptySetOf, SetOf, Shape, Text

_HERE: Final = Path(__file__).parent / "packs"

Days = Annotated[int, Field(ge=1, le=366)]


class MostCalls(Shape):
    """The most calls in so many days that follow one another."""

    count: Annotated[int, Field(ge=1, le=1000)] = Field(description="Most calls.")
    days: Days = Field(description="In so many days that follow one another.")


class Quiet(Shape):
    """Days without a call."""

    days: Days = Field(description="The day of the conversation is the first.")


class Pack(Shape):
    """What one pack limits. `calls` are the media that count as a call; empty text: an agent that says none."""

    title: Line = Field(description="What it is made after.")
    notice: Text = Field(description="What it is not.")
    sources: NonEmptySetOf[Line] = Field(description="Where what it limits is described.")
    calls: SetOf[Literal["voice", "sms", "letter", "other", "email", ""]] = Field(description="Media of a call.")
    most_calls: MostCalls | None = Field(default=None, description="Left out: any number.")
    quiet_after_conversation: Quiet | None = Field(default=None, description="Left out: none.")
    hours: Hours | None = Field(
        default=None, description="When contacts of any medium are allowed, where the contact is."
    )


@cache
def pack(name: str) -> Pack | None:
    """The pack of this name; None for "none". ValueError where its file is not one."""
    if name == "none":
        return None
    return Pack.model_validate_json((_HERE / f"{name}.json").read_bytes())
