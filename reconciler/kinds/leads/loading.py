"""The rows of a file, taken in through the one door: each once, however often the file is loaded."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.feed.row import Fault, Row
from reconciler.feed.rows import rows
from reconciler.feed.source import CsvFile, JsonLines
from reconciler.kinds.leads.intake import Intake, Parked, Refused, Taken
from reconciler.kinds.leads.tally import Line, Tally
from reconciler.kinds.leads.way import Sent
from reconciler.model import canonical
from reconciler.model.leads import QueueReason
from reconciler.model.ports import Store


@dataclass(frozen=True, slots=True)
class Batch:
    """A file, and the contract by which its rows come in."""

    source: CsvFile | JsonLines
    contract: int
    vertical: str = ""
    workflow: str = ""

    def look(self) -> tuple[int, str, Line | None]:
        """How many rows it has, a digest of all of them, and what keeps it from being read to its end."""
        digest, count = hashlib.sha256(), 0
        for row in rows(self.source):
            if isinstance(row, Row):
                digest.update(canonical.encode([row.line, row.values]))
            elif row.final:
                return count, "", Line(row.line, row.code.value, f"{row.detail}; {row.help}")
            count += 1
        return count, digest.hexdigest(), None

    def sent(self, digest: str) -> Iterator[tuple[int, Sent] | Fault]:
        """Each row as something that is sent in, by its line."""
        for row in rows(self.source):
            yield row if isinstance(row, Fault) else (row.line, self._sent(row, digest))

    def _sent(self, row: Row, digest: str) -> Sent:
        key = f"file:{digest}:{row.line}"
        return Sent(self.contract, self.contract, row.values, "", 0, self.vertical, self.workflow, key)


def load(intake: Intake, store: Store, batch: Batch, now: Callable[[], datetime], step: Callable[[int], None]) -> Tally:
    """Take it in; what was taken before is counted again, and changes nothing."""

    def take(line: int, sent: Sent, tally: Tally) -> None:
        result = intake.take(store, sent, now())
        match result:
            case Taken():
                tally.taken += 1
            case Parked():
                tally.miss(Line(line, result.reason.value, _said(result), result.code))
            case Refused():
                tally.miss(Line(line, "conflict", f"{result.detail}: say the same options again"))

    return _through(batch, take, step)


def rehearse(
    intake: Intake, store: Store, batch: Batch, now: Callable[[], datetime], step: Callable[[int], None]
) -> Tally:
    """What would become of it, but for duplicates and caps."""

    def look(line: int, sent: Sent, tally: Tally) -> None:
        no = intake.rehearse(store, sent, now())
        if no is None:
            tally.taken += 1
        else:
            tally.miss(Line(line, no.reason.value, "; ".join(map(_fault, no.faults)) or no.detail))

    return _through(batch, look, step)


def _through(batch: Batch, each: Callable[[int, Sent, Tally], None], step: Callable[[int], None]) -> Tally:
    count, digest, fault = batch.look()
    tally = Tally(rows=count, fault=fault)
    if fault:
        return tally
    for one in batch.sent(digest):
        if isinstance(one, Fault):
            tally.miss(Line(one.line, one.code.value, f"{one.detail}; {one.help}"))
        else:
            each(*one, tally)
            step(1)
    return tally


def _said(result: Parked) -> str:
    if result.reason is QueueReason.VALIDATION:
        return "; ".join(map(_fault, result.faults))
    return result.detail


def _fault(fault: Mapping[str, str]) -> str:
    return f"{fault['field'] or 'the row'}: {fault['detail']}; {fault['help']}"
