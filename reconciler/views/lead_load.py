"""What became of a file of leads."""

from collections import Counter

from reconciler.kinds.leads.tally import Line, Tally
from reconciler.model import canonical
from reconciler.views.style import safe

_SHOWN = 50
"""Lines that people are told of."""


def render_tally(file: str, tally: Tally, dry_run: bool) -> str:
    """How many rows are leads, and of the others which line is none, and why."""
    words = ("would be taken", "would not") if dry_run else ("taken", "not")
    rows = f"{tally.rows:,} row{'s' if tally.rows != 1 else ''}"
    lines = [f"{rows} of {safe(file)}: {tally.taken:,} {words[0]}, {tally.missed:,} {words[1]}"]
    lines += [_line(file, one) for one in tally.lines[:_SHOWN]]
    if tally.missed > _SHOWN:
        lines.append(f"… and {tally.missed - _SHOWN:,} more")
    if tally.missed and not dry_run:
        counts = Counter(one.reason for one in tally.lines if one.code)
        lines += [f"{count:>7,}  muster leads queue --reason {reason}" for reason, count in sorted(counts.items())]
    return "\n".join(lines)


def tally_to_json(file: str, tally: Tally, dry_run: bool) -> str:
    """The same, for programs; of so many lines that none reads them only the first are told."""
    return canonical.encode_pretty(
        {
            "file": file,
            "dryRun": dry_run,
            "rows": tally.rows,
            "taken": tally.taken,
            "missed": tally.missed,
            "lines": [
                {"line": one.line, "reason": one.reason, "detail": one.detail, "item": one.code or None}
                for one in tally.lines
            ],
        }
    )


def _line(file: str, one: Line) -> str:
    item = f" ({one.code})" if one.code else ""
    return f"{safe(file)}:{one.line}: {one.reason}: {safe(one.detail)}{item}"
