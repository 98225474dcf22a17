"""What is shown of a plan, whatever the format: the plan, what it was compared with, and what became of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.diagnostic import Place
from reconciler.model.plan import Plan, ResourcePlan
from reconciler.model.ref import Ref

if TYPE_CHECKING:
    from reconciler.lifecycle.kind import Kind
    from reconciler.model.comparison import Comparison
    from reconciler.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Roots:
    """Where files are named from: places are relative to the project, other tools ask for the repository around it."""

    top: str = ""
    """Where the repository begins; empty outside git: the project itself then."""
    project: str = ""

    def file(self, place: Place) -> str:
        """The file of a place, as the repository calls it."""
        path = os.path.normpath(os.path.join(self.project, place.file))
        inside = self.top and path.startswith(self.top.rstrip("/") + "/")
        return os.path.relpath(path, self.top) if inside else place.file


@dataclass(frozen=True, slots=True)
class Report:
    """One run of `plan` or `apply`."""

    whole: Plan
    comparison: "Comparison | None" = None
    outcome: "Outcome | None" = None
    acting: frozenset[Ref] = frozenset()
    """The resources whose steps enter or leave a state that acts on the outside world."""
    roots: Roots = Roots()
    acknowledged: tuple[str, ...] = ()

    @property
    def plan(self) -> Plan:
        """What is judged: this branch's part where there is a base, else the whole."""
        return self.comparison.branch if self.comparison else self.whole


def acting(plan: Plan, kinds: "Mapping[str, Kind]") -> frozenset[Ref]:
    """The resources of `plan` that begin or cease to act on the outside world, or act otherwise."""
    return frozenset(one.ref for one in plan.resources if one.ref.kind in kinds and _acts(one, kinds[one.ref.kind]))


def _acts(one: ResourcePlan, kind: "Kind") -> bool:
    states = kind.lifecycle.states
    passed = {state for step in one.steps for state in (step.origin, step.target) if state in states}
    return any(step.event and step.origin != step.target for step in one.steps) and any(
        states[state].outward for state in passed
    )
