"""The smallest kind that does outside work: it counts. Each unit is a line in a file, written once for good.

It shows that the port is no shape of e-mail's: no connections, no rates of its own, no templates.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.model.canonical import Document
from reconciler.model.errors import Transient
from reconciler.model.ledger import Ledger
from reconciler.model.ports import Beat, Clock, Lookup, Report, Store
from reconciler.model.ref import Ref
from reconciler.model.work import Lane, Phase, Rate, Result, Stage

LAW = """\
kind: Tally
role: campaign
summary: counts
states:
  draft: {initial: true, summary: nothing is counted yet}
  running: {outward: true, summary: counting}
  paused: {summary: rests}
  completed: {final: true, summary: all was counted}
  cancelled: {final: true, summary: given up}
transitions:
  - {event: launch, from: draft, to: running, effects: [fill, start], summary: begin}
  - {event: pause, from: running, to: paused, effects: [stop], summary: rest}
  - {event: resume, from: paused, to: running, effects: [start], summary: go on}
  - {event: cancel, from: [running, paused], to: cancelled, effects: [stop, drop], summary: give up}
  - {event: complete, from: running, to: completed, by: system, fulfils: true, summary: all is counted}
effects:
  fill: {summary: everything to count is written down}
  start: {summary: counting begins}
  stop: {summary: counting stops}
  drop: {summary: what is not counted never will be}
"""
SCHEMA = """\
{"type": "object", "additionalProperties": false, "properties": {
  "count": {"type": "integer"}, "lanes": {"type": "integer"}, "most": {"type": "integer"}}}
"""


@dataclass(slots=True)
class Tallying:
    """Implements `ports.Runtime` and `ports.Worker` over one store."""

    store: Store
    clock: Clock
    file: Path
    takes: float = 0.0
    """Seconds that one unit takes."""
    rates: tuple[Rate, ...] = ()
    between: Callable[[str], None] = lambda _key: None
    """What happens while a unit is in hand."""
    opened: list[Ref] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        return self.store.ledger

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        return {}

    def performed(self, key: str) -> bool:
        return self.ledger.performed(key)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        if self.ledger.performed(key):
            return
        uid, now = self.ledger.uid(ref), self.clock.now()
        if effect == "fill":
            self._fill(uid, self.store.load([ref])[ref].document["spec"], beat)
        elif effect == "start":
            self.ledger.enter(uid, Phase.OPEN, now)
        elif effect == "stop":
            self.ledger.enter(uid, Phase.STOPPED, now)
            while self.ledger.at_work(uid, self.clock.now()):
                beat()
                time.sleep(0.01)
        else:
            self.ledger.cancel(uid, now, beat)
        self.ledger.mark(key, now)

    def _fill(self, uid: int, spec: Mapping[str, Any], beat: Beat) -> None:
        lanes = spec.get("lanes", 1)
        self.ledger.prepare(uid, "running", beat)
        for begin in range(0, spec["count"], 1000):
            self.ledger.add(uid, [(f"n{n}", {"n": n}) for n in range(begin, min(begin + 1000, spec["count"]))])
        self.ledger.assign(uid, [f"shelf{lane}" for lane in range(lanes)], lambda position: position % lanes, beat)

    def cap(self, via: str) -> int:
        return 1

    def work(self, lane: Lane) -> None:
        for unit in lane.units(self.rates):
            self.between(unit.key)
            if unit.payload["n"] == 13 and not unit.attempts:
                lane.record(unit, Result(Stage.PENDING, {"why": "not today"}, lane.now() + timedelta(milliseconds=50)))
                continue
            write_line(self.file, f"{unit.key} {lane.now().timestamp()}")
            if self.takes:
                time.sleep(self.takes)
            lane.record(unit, Result(Stage.SENT))

    def reports(self) -> Iterable[Report]:
        return [Report(ref, "complete", "all is counted") for _, ref in self.ledger.drained("Tally")]


class Broken(Tallying):
    """Cannot be reached."""

    def work(self, lane: Lane) -> None:
        for _ in lane.units():
            raise Transient("the shelf cannot be reached", timedelta(seconds=30))


def write_line(file: Path, line: str) -> None:
    """One line, whole, whoever writes beside, and whatever kills us after it."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


def counted(file: Path) -> list[str]:
    """The keys that were counted, in order."""
    return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


def moments(file: Path) -> list[datetime]:
    """When they were."""
    return [datetime.fromtimestamp(float(line.split()[1]), UTC) for line in file.read_text().splitlines()]
