"""Which rule sets an invoice matches, condition by condition: "View Matching rulesets". (I-12)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.receivables.matched import Matched
from reconciler.kinds.receivables.matching import Match, Told
from reconciler.kinds.receivables.sampling import Sample
from reconciler.model import canonical
from reconciler.model.plan import Verdict
from reconciler.model.ref import Ref
from reconciler.views.boxes import boxed
from reconciler.views.style import Style, safe

_LONGEST: Final = 200
"""Characters of a condition that are shown."""


@dataclass(frozen=True, slots=True)
class Matches:
    """An invoice as conditions see it, and every rule set."""

    sample: Sample
    seen: Mapping[str, Any]
    rule_sets: tuple[Matched, ...]


def match_text(found: Matches, color: bool) -> str:
    """The invoice, then each rule set with its conditions."""
    style = Style(color)
    lines = [*sample_lines(found.sample, found.seen, style)]
    for one in found.rule_sets:
        word = style.good("matches") if one.match.is_match else style.bad("does not match")
        lines.append(f"{style.bold(str(one.ref))}  {word}{_users(one.campaigns)}")
        lines += match_lines(one.match, style)
    if not found.rule_sets:
        lines.append("There is no rule set.")
    return "\n".join(lines) + "\n"


def sample_lines(sample: Sample, seen: Mapping[str, Any], style: Style) -> Iterator[str]:
    """An invoice in a line, and in another why nobody would be written to about it."""
    row = sample.row
    overdue = f", {_days(seen['daysOverdue'])}" if "daysOverdue" in seen else ""
    status = row.status.value.replace("_", " ")
    amount = f"{row.amount_due:f} {safe(row.currency)}".rstrip()
    whence = ", as it was taken in" if sample.is_stored else ""
    yield (
        f"{style.bold(safe(row.number))}  {status}, {amount}{overdue}"
        f"  {style.dim(f'InvoiceSource/{sample.source}{whence}')}"
    )
    if sample.idle:
        yield f"  {style.warn('nobody is written to about it now')}: {sample.idle}"


def match_lines(match: Match, style: Style) -> Iterator[str]:
    """A line for each condition: [x] holds, [ ] does not, [?] nobody can say, and why."""
    for one in match.told:
        text = safe(one.text) if len(one.text) <= _LONGEST else safe(one.text[:_LONGEST]) + "…"
        why = f"  {style.dim(safe(str(one.verdict)))}" if isinstance(one.verdict, str) else ""
        yield f"  {boxed(_verdict(one), style)} {one.group.value}  {text}{why}"


def match_json(found: Matches) -> str:
    """The same as JSON."""
    return canonical.encode_pretty(
        {
            "invoice": sample_told(found.sample, found.seen),
            "ruleSets": [
                {
                    "ref": str(one.ref),
                    "matches": one.match.is_match,
                    "conditions": match_told(one.match),
                    "campaigns": [{"ref": str(ref), "state": state} for ref, state in one.campaigns.items()],
                }
                for one in found.rule_sets
            ],
        }
    )


def sample_told(sample: Sample, seen: Mapping[str, Any]) -> dict[str, Any]:
    """An invoice, its amount as exact decimal text."""
    row = sample.row
    return {
        "number": row.number,
        "source": sample.source,
        "status": row.status.value,
        "onHold": row.held,
        "amountDue": f"{row.amount_due:f}",
        "currency": row.currency,
        "daysOverdue": seen.get("daysOverdue"),
        "stored": sample.is_stored,
        "idle": sample.idle,
    }


def match_told(match: Match) -> list[dict[str, Any]]:
    """Each condition; `why` where nobody can say."""
    return [
        {
            "group": one.group.value,
            "rule": one.text,
            "verdict": _verdict(one).value,
            **({"why": one.verdict} if isinstance(one.verdict, str) else {}),
        }
        for one in match.told
    ]


def _verdict(one: Told) -> Verdict:
    if isinstance(one.verdict, str):
        return Verdict.UNKNOWN
    return Verdict.TRUE if one.verdict else Verdict.FALSE


def _users(campaigns: Mapping[Ref, str]) -> str:
    told = ", ".join(f"{ref} ({state})" for ref, state in campaigns.items())
    return f"  used by {told}" if told else ""


def _days(count: int) -> str:
    if count == 0:
        return "due today"
    days = f"{abs(count):,} day{'s' if abs(count) != 1 else ''}"
    return f"{days} overdue" if count > 0 else f"due in {days}"
