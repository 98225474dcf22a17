"""A plan, taken apart: what a branch changes, and what its base owes already."""

from dataclasses import dataclass

from reconciler.model.plan import Plan
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Comparison:
    """The plan of a checkout in two parts. Together they are the whole."""

    ref: str
    """What it was compared with, as it was asked for: `origin/main`."""
    commit: str
    """The merge base of that and what is checked out."""
    branch: Plan
    """What this branch changes: what a review approves. Its digest covers this part alone."""
    owed: Plan
    """What a plan of the base would do, refuse and foresee just so: it is not this branch's doing."""
    mended: tuple[Ref, ...] = ()
    """What the base would change, or is refused, and with this branch no longer."""
    note: str = ""
    """Why nothing could be told apart, so that everything counts as the branch's; empty where it could."""
