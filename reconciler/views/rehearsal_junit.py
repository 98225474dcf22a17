"""What came of a team's cases, as the JUnit XML that CI servers read."""

from collections.abc import Iterable

from reconciler.model.case import Failure, Result
from reconciler.views.junit import FAILURE, Ending, TestCase, as_junit


def results_to_junit(results: Iterable[Result]) -> str:
    """One suite a file, one test case a case; a failure carries its place and what was expected and got."""
    return as_junit(_case(one) for one in results)


def _case(one: Result) -> TestCase:
    failures = tuple(Ending(FAILURE, failure.what, _words(failure)) for failure in one.failures)
    return TestCase(one.case.file, one.case.name, one.case.file, one.case.place.line, one.seconds, failures)


def _words(failure: Failure) -> str:
    parts = [str(failure.place)]
    parts += [f"expected {failure.expected}"] if failure.expected else []
    parts += [f"got {failure.got}"] if failure.got else []
    return "\n".join(parts)
