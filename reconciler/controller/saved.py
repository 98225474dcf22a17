"""Saved plans: the plan JSON with the line that each resource's approval stands for."""

from pathlib import Path
from typing import Any

from reconciler.controller.reconcile import Approval
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.model.plan import Plan
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
    """The approval that a saved plan gives. Usage where the file is none."""
    try:
        data: Any = canonical.decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Usage(f"{path} is not a saved plan: {error}") from None
    if not isinstance(data, dict) or data.get("saved") != _KIND or not isinstance(data.get("lines"), dict):
        raise Usage(f"{path} is not a saved plan; write one with `muster plan --out {path}`")
    if data["plan"].get("format_version") != FORMAT_VERSION:
        raise Usage(f"{path} was saved by another version of muster; plan again")
    return Approval(data["plan"]["digest"], data["lines"])
