"""JUnit XML, as CI servers read it: suites of test cases, each passed, failed or skipped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

from reconciler.views.style import safe


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a case did not simply pass. `kind` is the element: failure, or skipped."""

    kind: str
    message: str
    text: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class TestCase:
    """One thing that was judged. `file` and `line` are not in every dialect, but CI servers link by them."""

    suite: str
    name: str
    file: str = ""
    line: int = 0
    seconds: float = 0
    endings: tuple[Ending, ...] = ()
    said: str = ""
    """What a person may want to read of a case that passed."""


FAILURE: Final = "failure"
SKIPPED: Final = "skipped"


def as_junit(cases: Iterable[TestCase]) -> str:
    """The document: a suite for each name, in the order in which they first appear."""
    suites: dict[str, list[TestCase]] = {}
    for one in cases:
        suites.setdefault(one.suite, []).append(one)
    root = Xml.Element("testsuites", _counts([one for of in suites.values() for one in of]))
    for name, of in suites.items():
        suite = Xml.SubElement(root, "testsuite", {"name": safe(name), **_counts(of)})
        suite.extend(_case(one) for one in of)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _counts(cases: Sequence[TestCase]) -> dict[str, str]:
    seconds = sum(one.seconds for one in cases)
    return {
        "tests": str(len(cases)),
        "failures": str(_ended(cases, FAILURE)),
        "errors": "0",
        "skipped": str(_ended(cases, SKIPPED)),
        "time": f"{seconds:.3f}",
    }


def _ended(cases: Iterable[TestCase], kind: str) -> int:
    return sum(any(ending.kind == kind for ending in one.endings) for one in cases)


def _case(one: TestCase) -> Xml.Element:
    place = {"file": safe(one.file)} if one.file else {}
    place |= {"line": str(one.line)} if one.line else {}
    names = {"classname": safe(one.suite), "name": safe(one.name)}
    case = Xml.Element("testcase", {**names, **place, "time": f"{one.seconds:.3f}"})
    for ending in one.endings:
        kind = {"type": safe(ending.code)} if ending.code else {}
        element = Xml.SubElement(case, ending.kind, {"message": safe(ending.message), **kind})
        element.text = _lines(ending.text) or None
    if one.said:
        Xml.SubElement(case, "system-out").text = _lines(one.said)
    return case


def _lines(text: str) -> str:
    """Text of several lines, without what XML cannot hold."""
    return "\n".join(safe(line) for line in text.split("\n"))
