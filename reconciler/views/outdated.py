"""Contracts with outdated settings, as a table, as JSON and as CSV."""

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.outdated import Outdated
from reconciler.views.csv_text import csv_line
from reconciler.views.lead_text import moment
from reconciler.views.style import Style
from reconciler.views.table import table

HEAD: Final = ("contract", "version", "revision", "since", "sort", "name", "what")


def outdated_text(found: Sequence[Outdated], zone: str, color: bool) -> Iterator[str]:
    """A line for each contract, and each thing that it names."""
    style = Style(color)
    if not found:
        yield "every contract fits"
        return
    rows = [
        (str(one.contract), str(one.version), moment(one.since, zone), f"{sort} {name} was {how}")
        for one in found
        for sort, name, how in one.why
    ]
    yield from table(("CONTRACT", "VERSION", "FITTED", "WHY"), rows, style)
    yield style.dim("save the contract as it should be, or confirm that it fits: muster leads confirm CONTRACT")


def outdated_json(found: Sequence[Outdated]) -> str:
    """A list; `revision` is that of the version to which the contract was fitted, at `since`."""
    return canonical.encode_pretty(
        [
            {
                "contract": str(one.contract),
                "version": str(one.version),
                "revision": one.revision,
                "since": to_text(one.since),
                "why": [{"sort": sort.value, "name": name, "what": how.value} for sort, name, how in one.why],
            }
            for one in found
        ]
    )


def outdated_csv(found: Sequence[Outdated]) -> Iterator[str]:
    """A table with HEAD; a row for each thing that a contract names."""
    yield csv_line(HEAD)
    for one in found:
        for sort, name, how in one.why:
            about = (str(one.contract), str(one.version), one.revision, to_text(one.since))
            yield csv_line((*about, sort.value, name, how.value))
