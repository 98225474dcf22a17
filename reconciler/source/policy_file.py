"""Policies, freezes and thresholds from a value that fits their schema, with whatever the schema cannot say."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, time
from typing import Any, Final

from reconciler.model.diagnostic import Place, Severity
from reconciler.model.instant import parse_instant
from reconciler.model.match import ANYTHING, Match
from reconciler.model.policy import NO_POLICIES, Freeze, Policies, Policy, Thresholds
from reconciler.model.window import WEEKDAYS, Span, Weekly, Window
from reconciler.source.schema import Problem

Data = Mapping[str, Any]
Placing = Callable[[str], Place]
"""Where the value at a pointer stands."""

_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_ADVICE: Final = 'write a time, 2027-11-26T00:00, or a time of day in quotes, "18:00", on both sides'


def policies_of(value: Data, zone: str, place: Placing, known: Policies = NO_POLICIES) -> Policies:
    """The policies in `value`, behind those that are `known`. It has no problems."""
    limits = value.get("thresholds", {})
    before = known.thresholds
    return Policies(
        (*known.rules, *(_policy(one, f"/policies/{i}", place) for i, one in enumerate(value.get("policies", ())))),
        (*known.freezes, *(_freeze(one, f"/freeze/{i}", zone, place) for i, one in enumerate(value.get("freeze", ())))),
        Thresholds(
            limits.get("maxChangesPercent", before.max_changes_percent),
            limits.get("maxDeletions", before.max_deletions),
            limits.get("maxLaunches", before.max_launches),
        ),
    )


def selector_of(data: Data | None) -> Match:
    """A `match` as it is written."""
    if not data:
        return ANYTHING
    return Match(tuple(data.get("kinds", ())), tuple(sorted(data.get("labels", {}).items())))


def policy_problems(value: Data, zone: str, known: Policies = NO_POLICIES) -> Iterator[Problem]:
    """What is wrong with policies that fit the schema: ids that stand twice, windows that cannot be."""
    yield from _doubled(value, {one.id for one in known.rules} | {one.id for one in known.freezes})
    for index, freeze in enumerate(value.get("freeze", ())):
        for name in ("deny", "allow"):
            for pointer, window in _windows(freeze.get(name, ()), f"/freeze/{index}/{name}"):
                yield from _window_problems(window, pointer, freeze.get("timezone") or zone)


def _doubled(value: Data, taken: set[str]) -> Iterator[Problem]:
    for name in ("policies", "freeze"):
        for index, one in enumerate(value.get(name, ())):
            if one["id"] in taken:
                message = f"another policy or freeze has the id {one['id']!r}"
                yield Problem("bad-value", f"/{name}/{index}/id", message, "give each an id of its own")
            taken.add(one["id"])


def _policy(data: Data, pointer: str, place: Placing) -> Policy:
    return Policy(
        id=data["id"],
        message=data["message"],
        rule=data["rule"],
        severity=Severity(data.get("severity", "error")),
        match=selector_of(data.get("match")),
        stops=data.get("stops", False),
        place=place(f"{pointer}/id"),
        rule_at=place(f"{pointer}/rule"),
        match_at=place(f"{pointer}/match"),
    )


def _freeze(data: Data, pointer: str, zone: str, place: Placing) -> Freeze:
    zone = data.get("timezone") or zone
    return Freeze(
        id=data["id"],
        message=data.get("message", ""),
        deny=tuple(_window(one, zone) for _, one in _windows(data.get("deny", ()), "")),
        allow=tuple(_window(one, zone) for _, one in _windows(data.get("allow", ()), "")),
        zone=zone,
        match=selector_of(data.get("match")),
        exempt=tuple(data.get("except", ())),
        place=place(f"{pointer}/id"),
        match_at=place(f"{pointer}/match"),
        exempt_at=place(f"{pointer}/except"),
    )


# Windows.


def _windows(value: Data | Iterable[Data], pointer: str) -> Iterator[tuple[str, Data]]:
    if isinstance(value, Mapping):
        yield pointer, value
    else:
        yield from ((f"{pointer}/{index}", one) for index, one in enumerate(value))


def _is_weekly(data: Data) -> bool:
    return "weekdays" in data or any(_TIME_OF_DAY.fullmatch(data.get(name, "")) for name in ("from", "to"))


def _window(data: Data, zone: str) -> Window:
    if not _is_weekly(data):
        return Span(parse_instant(data["from"], zone), parse_instant(data["to"], zone))
    days = frozenset(WEEKDAYS.index(day) for day in data.get("weekdays", WEEKDAYS))
    return Weekly(days, _time(data.get("from", "00:00")), _time(data.get("to", "24:00")), zone)


def _time(text: str) -> time:
    # The end of a day is the start of the next, which a window that ends no later than it starts reaches.
    return time() if text == "24:00" else time.fromisoformat(text)


def _window_problems(data: Data, pointer: str, zone: str) -> Iterator[Problem]:
    if _is_weekly(data):
        for name in ("from", "to"):
            if name in data and not _TIME_OF_DAY.fullmatch(data[name]):
                message = f"{data[name]!r} is not a time of day"
                yield Problem("bad-value", f"{pointer}/{name}", message, _ADVICE)
        return
    missing = [name for name in ("from", "to") if name not in data]
    if missing:
        yield Problem("missing-key", pointer, f"{missing[0]!r} is missing", _ADVICE)
        return
    found: list[datetime] = []
    for name in ("from", "to"):
        try:
            found.append(parse_instant(data[name], zone))
        except ValueError as error:
            yield Problem("bad-value", f"{pointer}/{name}", str(error), _ADVICE)
    if len(found) == 2 and found[0] >= found[1]:
        message = f"the window ends at {data['to']}, before it begins"
        yield Problem("bad-value", f"{pointer}/to", message, "exchange the two, or correct one")
