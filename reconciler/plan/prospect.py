"""How resources stand once some plans are carried out, and everything else stays as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.plan import ResourcePlan
from reconciler.model.ref import Ref
from reconciler.plan.advance import BRINGS
from reconciler.plan.question import Question


@dataclass(frozen=True, slots=True)
class Prospect:
    """The world after `plans`. Implements `groups.Standing`."""

    question: Question
    plans: Mapping[Ref, ResourcePlan]

    def state_of(self, ref: Ref) -> str:
        """See `groups.Standing`."""
        if ref in self.plans:
            return self.plans[ref].target
        head = self.question.head_of(ref)
        return head.state if head else ""

    def is_renewed(self, ref: Ref) -> bool:
        """See `groups.Standing`."""
        manifest, head = self.question.manifests.get(ref), self.question.head_of(ref)
        if manifest is None or head is None or head.digest == manifest.digest:
            return True
        return ref in self.plans and any(step.op in BRINGS for step in self.plans[ref].steps)
