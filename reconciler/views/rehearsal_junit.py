"""What came of a team's cases, as the JUnit XML that CI servers read."""

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as Xml

from reconciler.model.case import Failure, Result
from reconciler.views.style import safe


def results_to_junit(results: Sequence[Result]) -> str:
    """One suite a file, one test case a case; a failure carries its place and what was expected and got."""
    suites = Xml.Element("testsuites", _counts(results))
    for file, found in groupby(results, lambda one: one.case.file):
        of = list(found)
        suite = Xml.SubElement(suites, "testsuite", {"name": safe(file), **_counts(of)})
        for one in of:
            suite.append(_case(one))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _counts(results: Sequence[Result]) -> dict[str, str]:
    failures = sum(not one.passed for one in results)
    seconds = sum(one.seconds for one in results)
    return {"tests": str(len(results)), "failures": str(failures), "time": f"{seconds:.3f}"}


def _case(one: Result) -> Xml.Element:
    names = {"classname": safe(one.case.file), "name": safe(one.case.name)}
    place = {"file": safe(one.case.file), "line": str(one.case.place.line)}
    case = Xml.Element("testcase", {**names, **place, "time": f"{one.seconds:.3f}"})
    for failure in one.failures:
        Xml.SubElement(case, "failure", {"message": safe(failure.what)}).text = _words(failure)
    return case


def _words(failure: Failure) -> str:
    parts = [str(failure.place)]
    parts += [f"expected {failure.expected}"] if failure.expected else []
    parts += [f"got {failure.got}"] if failure.got else []
    return "\n".join(safe(line) for part in parts for line in part.split("\n"))
