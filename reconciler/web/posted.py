"""Where an organisation's systems post invoices and accounts, and ask for one: with the key of the source that they belong to.

Posting a row twice changes nothing more. Under an Idempotency-Key a request that comes again is not even looked at: what was
posted in between stays.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.feed.row import Fault, Row, Trouble
from reconciler.kinds.taking_in import Origin
from reconciler.model import canonical
from reconciler.model.intake import Became, Request
from reconciler.model.ports import Clock, Store
from reconciler.store.intake import Numbered
from reconciler.web.door import Answer, Ask, Door
from reconciler.web.posted_body import MOST, OtherKind, posted_rows
from reconciler.web.problem import problem, told
from reconciler.web.source_keys import SourceKeys
from reconciler.web.strict_json import Unreadable

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
Find = Callable[[Store, Origin[Any], str], Mapping[str, Any] | None]
"""What is told of one row of a source, by its number; None where there is none."""


@dataclass(frozen=True, slots=True)
class PostedDoors:
    """The doors `/v1/WHAT`; `what` is the plural by which rows are called."""

    what: str
    keys: SourceKeys
    clock: Clock
    find: Find

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        path, admits = f"/v1/{self.what}", self.keys.admits
        return (
            Door(self.what, path, ("POST",), self._take, MOST, admits, problem),
            Door(f"{self.what}-one", f"{path}/{{number:path}}", ("GET",), self._show, 0, admits, problem),
        )

    def _take(self, ask: Ask, store: Store) -> Answer:
        origin = self.keys.known(ask, store)
        if isinstance(origin, Answer):
            return origin
        key = ask.headers.get("idempotency-key", "")
        if key and not _KEY.fullmatch(key):
            return problem(400, "Idempotency-Key: at most 200 visible characters of ASCII", "bad-key")
        try:
            found = posted_rows(ask.body, ask.headers.get("content-type", ""))
        except OtherKind as error:
            return problem(415, str(error), "other-kind", Accept="application/json, application/x-ndjson")
        except Unreadable as error:
            return problem(400, str(error), "unreadable")
        parsed = _parsed(origin, found)
        became = self._kept(store, origin, parsed, Request(key, canonical.digest_of_bytes(ask.body)))
        if became is None:
            return problem(409, "this Idempotency-Key came with another body before", "key-used")
        return _answer(origin, parsed, became)

    def _kept(
        self, store: Store, origin: Origin[Any], parsed: Sequence["_Parsed"], request: Request
    ) -> Mapping[str, Became] | None:
        """What became of each number; None where the request's key stood for another body."""
        intake, now = self.keys.sources.intake(store), self.clock.now()
        rows = [one for one in parsed if not isinstance(one, tuple)]
        if request.key:
            return intake.post(origin.uid, rows, now, request)
        return dict(zip((row.number for row in rows), intake.take(origin.uid, rows, now), strict=True))

    def _show(self, ask: Ask, store: Store) -> Answer:
        origin = self.keys.known(ask, store)
        if isinstance(origin, Answer):
            return origin
        found = self.find(store, origin, ask.params["number"])
        if found is None:
            return problem(404, f"{origin.ref.name} has nothing of this number", "no-row")
        return Answer(200, canonical.encode(found) + b"\n", "application/json", what=f"{self.what}-one")


_Parsed = Numbered | tuple[Fault, ...]


def _parsed(origin: Origin[Any], found: Sequence[Row | Fault]) -> Sequence[_Parsed]:
    """Each row as it can be taken, or all that is wrong with it. Of two with one number the first counts."""
    places: dict[str, int] = {}
    made: list[_Parsed] = []
    for row in found:
        one = (row,) if isinstance(row, Fault) else origin.parse(row, origin.layout)
        if isinstance(one, Sequence):
            made.append(tuple(one))
        elif places.setdefault(one.number, row.line) != row.line:
            detail = f"{one.number!r} is row {places[one.number]} already, which counts"
            made.append((Fault(Trouble.TWICE, row.line, detail, "send it once"),))
        else:
            made.append(one)
    return made


def _answer(origin: Origin[Any], parsed: Sequence[_Parsed], became: Mapping[str, Became]) -> Answer:
    """200 where every row was taken; else 422, though the others were."""
    rows = [_told(place, one, became) for place, one in enumerate(parsed, 1)]
    counts = {word.value: sum(one.get("became") == word.value for one in rows) for word in Became}
    refused = sum("faults" in one for one in rows)
    members = {"source": origin.ref.name, **counts, "refused": refused, "rows": rows}
    if not refused:
        return Answer(200, canonical.encode(members) + b"\n", "application/json", what="taken")
    detail = f"{refused:,} of {len(rows):,} rows cannot be taken; correct and post them again"
    return told(422, detail, "rows-refused", members)


def _told(place: int, one: _Parsed, became: Mapping[str, Became]) -> dict[str, Any]:
    if not isinstance(one, tuple):
        return {"row": place, "number": one.number, "became": became.get(one.number, Became.SAME).value}
    return {"row": place, "faults": [{"code": fault.code.value, "detail": fault.detail} for fault in one]}
