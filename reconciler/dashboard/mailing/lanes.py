"""Through what a campaign is sent: each connection, and each lane of it, with what it does, how fast it may, and why it rests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.dashboard.charts import Chart, Part, shares, sparkline
from reconciler.dashboard.render import href
from reconciler.model.ports import Store
from reconciler.model.progress import Condition, Progress
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.work import LaneView, Stage

MOST: Final = 100
"""Lanes that are told of one by one."""
WORDS: Final[Mapping[Condition, tuple[str, str]]] = {
    Condition.DONE: ("done", "good"),
    Condition.AT_WORK: ("at work", "running"),
    Condition.RESTING: ("resting", "warn"),
    Condition.LATER: ("waits for its rate", "calm"),
    Condition.WAITING: ("waits for a worker", "warn"),
    Condition.STOPPED: ("stopped", ""),
}
"""What a lane does, in words, and the tone of that."""
_STAGES: Final = (
    (Stage.SENT, "sent", "good"), (Stage.SENDING, "being sent", "two"), (Stage.PENDING, "to be sent", "rest"),
    (Stage.STAGED, "prepared", "calm"), (Stage.FAILED, "failed", "bad"), (Stage.SUPPRESSED, "suppressed", "warn"),
    (Stage.CANCELLED, "cancelled", "five"), (Stage.UNKNOWN, "in doubt", "four"),
)  # fmt: skip
_PACE: Final = 60
"""Counts of the pace, of ten seconds each, that are drawn."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane. `until` is when it goes on, None where nobody knows; `why` what was said when it went wrong."""

    number: int
    via: str
    does: str
    tone: str
    sent: int
    failed: int
    left: int
    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection with its share, its limits in words, and its lanes summed up."""

    name: str
    href: str
    share: str
    limits: str
    does: str
    sent: int
    failed: int
    left: int


@dataclass(frozen=True, slots=True)
class Lanes:
    """Both, and how many lanes are not told of."""

    connections: tuple[Connection, ...]
    lanes: tuple[LaneRow, ...]
    more: int


def lanes_of(store: Store, one: Resource, work: Progress) -> Lanes:
    """The connections of a launched campaign."""
    lanes = sorted(work.job.lanes, key=lambda lane: (lane.via, lane.number))
    rows = tuple(_lane(work, lane) for lane in lanes[:MOST])
    return Lanes(tuple(_connections(store, one, work)), rows, max(len(lanes) - MOST, 0))


def stages_of(work: Progress, log: str) -> Chart:
    """What became of the mails, as one bar; what went wrong leads to the log at the address `log`."""
    wrong = (Stage.FAILED, Stage.SUPPRESSED, Stage.CANCELLED, Stage.UNKNOWN)
    return shares(
        "What became of the mails",
        [
            Part(word, work.count(stage), tone, f"{log}?what={stage.value}" if stage in wrong else "")
            for stage, word, tone in _STAGES
        ],
    )


def pace_of(work: Progress) -> Chart:
    """How many a minute were sent, over the last ten minutes."""
    end = int(work.now.timestamp()) // 10 * 10
    first = max(end - _PACE * 10, int(work.job.opened_at.timestamp()) // 10 * 10 if work.job.opened_at else 0)
    sent = {int(at.timestamp()): units for at, units in work.job.pace.items()}
    places = [work.now + timedelta(seconds=at - work.now.timestamp()) for at in range(first, end, 10)]
    points = [(f"{at:%H:%M:%S}", float(sent.get(round(at.timestamp()), 0) * 6)) for at in places]
    return sparkline("Sent a minute, over the last ten minutes", points)


def _connections(store: Store, one: Resource, work: Progress) -> Iterator[Connection]:
    spec = (one.document.get("spec", {}).get("smtp")) or {}
    percents = {each["name"]: each.get("percent") for each in spec.get("connections", ())}
    refs = {through.via: Ref("SmtpConnection", through.via) for through in work.through if through.via}
    found = store.load(list(refs.values()))
    for through in work.through:
        ref = refs.get(through.via)
        known = found.get(ref) if ref else None
        percent = percents.get(through.via)
        yield Connection(
            name=through.via or "none",
            href=href(ref) if ref and known else "",
            share=f"{percent} %" if percent is not None else "",
            limits=limits(known.document.get("spec", {})) if known else "",
            does=_does([lane for lane in work.job.lanes if lane.via == through.via], work),
            sent=through.sent,
            failed=through.failed,
            left=through.left,
        )


def limits(spec: Mapping[str, Any]) -> str:
    """The limits of a connection, in words: 600 in 1min, 10000 in 1d."""
    return ", ".join(f"{one['max']} in {one['per']}" for one in spec.get("limits", ())) or "none"


def _does(lanes: Sequence[LaneView], work: Progress) -> str:
    """What its lanes do: all of them, or how many do what."""
    does = [work.condition(lane) for lane in lanes]
    counts = {condition: does.count(condition) for condition in Condition if condition in does}
    if len(counts) == 1:
        return WORDS[does[0]][0]
    return ", ".join(f"{count} {WORDS[condition][0]}" for condition, count in counts.items())


def _lane(work: Progress, lane: LaneView) -> LaneRow:
    condition = work.condition(lane)
    does, tone = WORDS[condition]
    waits = condition in (Condition.RESTING, Condition.LATER)
    why = lane.trouble.message if lane.trouble and lane.left else ""
    until = lane.due_at if waits else None
    return LaneRow(lane.number, lane.via, does, tone, lane.sent, lane.failed, lane.left, until, why)
