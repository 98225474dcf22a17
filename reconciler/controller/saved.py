"""Saved plans: the plan JSON with the line that each resource's approval stands for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.controller.reconcile import Approval
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.plan.codec import FORMAT_VERSION, digest_line, plan_to_json

_KIND = "muster-saved-plan"


def save(plan: Plan, path: Path) -> None:
    """Write `plan` to `path`. Usage where that cannot be written."""
    data = {
        "saved": _KIND,
        "plan": plan_to_json(plan),
        "lines": {str(one.ref): digest_line(one) for one in plan.resources},
    }
    try:
        path.write_bytes(canonical.encode(data))
    except OSError as error:
        raise Usage(f"the plan cannot be saved to {path}: {error.strerror}") from None


def load(path: Path) -> Approval:
    """The approval that a saved plan gives. Usage where the file is none, or not as it was saved."""
    try:
        data: Any = canonical.decode(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Usage(f"{path} is not a saved plan: {error}") from None
    match data:
        case {"saved": kind, "plan": {"format_version": version, "digest": digest}, "lines": dict(lines)}:
            pass
        case _:
            kind = None
    if kind != _KIND:
        raise Usage(f"{path} is not a saved plan; write one with `muster plan --out {path}`")
    if version != FORMAT_VERSION:
        raise Usage(f"{path} was saved by another version of muster; plan again")
    if not _stands_for(digest, lines):
        raise Usage(f"{path} is not as it was saved: its digest is not that of its steps; plan again")
    return Approval(digest, lines)


def _stands_for(digest: object, lines: Mapping[str, object]) -> bool:
    """Whether this is the digest of a plan with these lines."""
    try:
        refs = sorted((Ref.parse(text), text) for text in lines)
    except ValueError:
        return False
    return digest == canonical.digest([lines[text] for _, text in refs])
