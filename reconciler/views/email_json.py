"""What `muster email` says to other tools: JSON of the same objects."""

from collections.abc import Sequence
from typing import Any

from reconciler.kinds.email.estimate import Estimate
from reconciler.kinds.email.explain import Explanation, Finding
from reconciler.kinds.email.recipients import Located
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.model.work import Doubt


def estimate_to_json(ref: Ref, found: Estimate) -> str:
    """`total` is null where a list cannot be read whole."""
    what = found.resolution
    body: dict[str, Any] = {
        "ref": str(ref),
        "total": None if what.broken else what.total,
        "connections": dict(found.connections) if not what.broken else {},
        "reached": [{"ref": one.ref, "role": one.role, "rows": one.rows} for one in what.reached],
        "duplicates": what.duplicates,
        "removed": dict(what.removed),
        "faultCounts": [{"ref": of, "code": str(code), "count": n} for (of, code), n in what.counts.items()],
        "faults": [_fault(one) for one in what.faults],
        "broken": [_fault(one) for one in what.broken],
    }
    return canonical.encode_pretty(body)


def explanation_to_json(ref: Ref, found: Explanation) -> str:
    """`decidedBy` is null where nothing names the address."""
    return canonical.encode_pretty({
        "ref": str(ref),
        "address": found.key,
        "reached": found.is_reached,
        "decidedBy": _finding(found.decided_by) if found.decided_by else None,
        "findings": [_finding(one) for one in found.findings],
        "broken": [_fault(one) for one in found.broken],
    })  # fmt: skip


def doubts_to_json(ref: Ref, found: Sequence[Doubt]) -> str:
    """Each with what was last heard of it."""
    listed = [
        {
            "address": one.key,
            "at": to_text(one.at),
            "via": one.via,
            "attempts": one.attempts,
            "answer": dict(one.answer),
        }
        for one in found
    ]
    return canonical.encode_pretty({"ref": str(ref), "unknown": listed})


def _finding(one: Finding) -> dict[str, Any]:
    return {"role": one.role, "ref": one.ref, "counts": one.counts, "lines": list(one.lines), "unmet": one.unmet}


def _fault(one: Located) -> dict[str, Any]:
    fault = one.fault
    return {"ref": one.ref, "line": fault.line, "code": str(fault.code), "detail": fault.detail, "help": fault.help}
