"""What a rehearsal of a campaign came to, and what of it was sent to colleagues. (I-15, AMB-I4)"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Course(StrEnum):
    """What a step comes to for the sample invoice."""

    SAYS = "says"
    """Its message goes out."""
    PASSES = "passed over"
    EXITS = "exit"
    NEVER = "never"
    """The invoice has left before."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say a step: by its own channel, or by the `otherwise`.

    `medium` is empty where the channel names none, `is_mail` says whether it goes through an SmtpConnection. `unreachable`: why
    the customer is not reached by it; `fault`: why the text cannot be written.
    """

    channel: str
    medium: str
    is_mail: bool
    template: str
    subject: str = ""
    said: str = ""
    unreachable: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A step on its day. `way` is the one that is taken, of `ways`; `why` says what keeps it from being said."""

    number: int
    day: int
    at: datetime
    course: Course
    why: str = ""
    way: Way | None = None
    ways: tuple[Way, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it, in the order of the steps; `whole` are the faults of no one step."""

    acts: tuple[Act, ...] = ()
    whole: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the test does not pass; none where it does."""
        return (*self.whole, *(fault for act in self.acts for fault in act.faults))


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the message of a step. `fate` is `reached` where it was taken; `is_call` where an agent was called."""

    number: int
    to: str
    fate: str
    text: str
    code: int = 0
    is_call: bool = False

    @property
    def fault(self) -> str:
        """Why the test does not pass; empty where it was taken."""
        if self.fate == "reached":
            return ""
        return f"step {self.number}: {self.to}: {self.fate.replace('_', ' ')}: {self.text}"
