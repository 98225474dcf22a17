"""Drift as it is reported: one field that somebody has changed past its manifest."""

from dataclasses import dataclass

from reconciler.model.change import Change
from reconciler.model.diagnostic import Place
from reconciler.model.event import Event
from reconciler.model.hold import Holds
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Deviation:
    """`change` would correct it: `before` is what is stored, `after` what the manifest says at `place`.

    `event` is the line of the log that brought it about; None where no line names it. `left` says why it is not
    corrected for now, empty where it would be; `holds` are those in force on the whole resource. `entry` is the index
    of the schedule entry that asks for the state, -1 where `state` does.
    """

    ref: Ref
    change: Change
    place: Place = Place()
    event: Event | None = None
    left: str = ""
    acknowledged: bool = False
    holds: Holds = ()
    entry: int = -1
