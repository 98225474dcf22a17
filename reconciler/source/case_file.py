"""From the bytes of a test file to cases, with every problem found on the way; strict, as manifests are read."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.model.calendar import is_period
from reconciler.model.case import Action, Case
from reconciler.model.change import escape
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.horizon import ahead
from reconciler.model.instant import parse_instant
from reconciler.model.ref import Ref
from reconciler.source.case_schema import APPLY, CASE_SCHEMA, STEPS
from reconciler.source.marks import Locator
from reconciler.source.policy_file import policy_problems
from reconciler.source.schema import MAX_PROBLEMS, Problem, Validator
from reconciler.source.strict_yaml import YamlDocument, YamlProblem, read_documents

ENDING = ".test.yaml"

_TIMES = ("at", "due")
_PERIODS = ("advance", "down", "back")


class CaseReader:
    """Reads test files of one project, whose default zone is `zone`. Holds the compiled schema."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._validator = Validator(CASE_SCHEMA)

    def read(self, data: bytes, file: str) -> tuple[list[Case], list[Diagnostic]]:
        """Every case in `data`, the content of `file`, and what is wrong with it; with anything wrong, no case."""
        try:
            documents = read_documents(data)
        except YamlProblem as error:
            place = Place(file, error.line, error.column)
            return [], [diagnose(error.code, error.message, place, help=error.help)]
        given = [(index, document) for index, document in enumerate(documents) if document.value is not None]
        problems = [(index, one) for index, document in given for one in self._problems(document.value)]
        if problems:
            return [], list(_diagnostics(problems, file, Locator(data)))
        return [self._case(document, file, index) for index, document in given], []

    def _problems(self, value: Any) -> list[Problem]:
        found = self._validator.problems(value)
        if found:
            return [one if one.help else _with_advice(one) for one in found]
        zone = value.get("timezone") or self._zone
        policies = policy_problems(value.get("given", {}), zone)
        bad_policies = (replace(one, pointer=f"/given{one.pointer}") for one in policies)
        return [*_doubled(value), *_bad_times(value, zone), *_bad_periods(value), *_bad_refs(value), *bad_policies]

    def _case(self, document: YamlDocument, file: str, index: int) -> Case:
        value = document.value
        zone = value.get("timezone") or self._zone
        return Case(
            name=value["test"],
            requirements=tuple(value.get("requirements", ())),
            now=parse_instant(value["now"], zone),
            zone=zone,
            given=value.get("given", {}),
            actions=tuple(_actions(value)),
            file=file,
            place=Place(file, *document.position("test")),
            index=index,
        )


def _actions(value: dict[str, Any]) -> Iterator[Action]:
    """What happens, one after another. Without `steps` the case itself is one step, which applies what it merges."""
    if "steps" in value:
        for number, step in enumerate(value["steps"]):
            if step == APPLY:
                yield Action(APPLY, None, f"/steps/{number}")
            else:
                yield from (Action(name, inner, f"/steps/{number}/{escape(name)}") for name, inner in step.items())
        return
    yield Action(APPLY, None, "/given")
    for name, inner in value.items():
        if name in STEPS:
            yield Action(name, inner, f"/{escape(name)}")
            if name in ("merge", "remove", "facts"):
                yield Action(APPLY, None, f"/{escape(name)}")


def _doubled(value: dict[str, Any]) -> Iterator[Problem]:
    if "steps" in value:
        for name in value:
            if name in STEPS:
                message = f"{name!r} stands beside `steps`, so that nobody knows which comes first"
                yield Problem("bad-value", f"/{escape(name)}", message, "make it one of the steps", on_key=True)


def _steps(value: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Pointer, key and value of everything that a step says."""
    yield from ((action.pointer, action.name, action.value) for action in _actions(value) if action.value is not None)


def _bad_times(value: dict[str, Any], zone: str) -> Iterator[Problem]:
    for pointer, text in _times(value):
        try:
            parse_instant(text, zone)
        except ValueError as error:
            yield Problem("bad-time", pointer, str(error), "a time is local, 2027-06-01T09:00, or has an offset")


def _times(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "/now", value["now"]
    for ref, how in value.get("given", {}).get("stored", {}).items():
        for name in ("entered", "applied"):
            if isinstance(how, dict) and name in how:
                yield f"/given/stored/{escape(ref)}/{name}", how[name]
        for number, hold in enumerate(how.get("holds", ()) if isinstance(how, dict) else ()):
            for name in ("since", "until"):
                if name in hold:
                    yield f"/given/stored/{escape(ref)}/holds/{number}/{name}", hold[name]
    for pointer, name, inner in _steps(value):
        if name == "advance to":
            yield pointer, inner
        elif name == "expect log":
            yield from _times_of_lines(pointer, inner)
        elif name == "expect events":
            for ref, lines in inner.items():
                yield from _times_of_lines(f"{pointer}/{escape(ref)}", lines)
        elif name == "expect plan":
            yield from ((f"{pointer}/at", inner[one]) for one in ("at",) if one in inner)
            yield from _times_of_lines(f"{pointer}/timeline", inner.get("timeline", ()))


def _times_of_lines(pointer: str, lines: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        if isinstance(line, dict):
            yield from ((f"{pointer}/{number}/{name}", line[name]) for name in _TIMES if name in line)


def _bad_periods(value: dict[str, Any]) -> Iterator[Problem]:
    for pointer, name, inner in _steps(value):
        if name in _PERIODS and not is_period(inner):
            message = f"{inner!r} is not a period"
            yield Problem("bad-value", pointer, message, "write 30s, 15m, 9h, 7d, 2w or 3 months")
        elif name == "expect plan" and "horizon" in inner:
            try:
                ahead(inner["horizon"], parse_instant(value["now"], "UTC"))
            except ValueError as error:
                yield Problem("bad-value", f"{pointer}/horizon", str(error))


def _bad_refs(value: dict[str, Any]) -> Iterator[Problem]:
    for pointer, ref in _refs(value):
        try:
            Ref.parse(ref)
        except ValueError as error:
            yield Problem("bad-value", f"{pointer}/{escape(ref)}", str(error), on_key=True)


def _refs(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    given = value.get("given", {})
    for name in ("stored", "facts"):
        yield from ((f"/given/{name}", ref) for ref in given.get(name, ()))
    for pointer, name, inner in _steps(value):
        if name in ("facts", "expect", "expect events", "expect effects"):
            yield from ((pointer, ref) for ref in inner)
        elif name == "expect plan":
            for table in ("steps", "blocked", "waiting"):
                yield from ((f"{pointer}/{table}", ref) for ref in inner.get(table, ()))


def _with_advice(one: Problem) -> Problem:
    return Problem(one.code, one.pointer, one.message, "`muster schema test` says what is accepted", one.on_key)


def _diagnostics(problems: list[tuple[int, Problem]], file: str, marks: Locator) -> Iterator[Diagnostic]:
    for index, one in problems[:MAX_PROBLEMS]:
        mark = marks.mark(index, one.pointer, on_key=one.on_key)
        yield diagnose(one.code, one.message, Place(file, mark.line, mark.column), help=one.help)
