"""What a look at a campaign before its launch came to. (I-10 … I-18, I-27)"""

from dataclasses import dataclass

from reconciler.kinds.receivables.checklist import Sampled
from reconciler.kinds.receivables.tested import Standing
from reconciler.model.plan import Verdict
from reconciler.plan.checklist import Checklist


@dataclass(frozen=True, slots=True)
class Checked:
    """The checklist, the sample invoice and the test. `trouble`: why the sample cannot be looked at; `support`: whom to ask."""

    needs: Checklist
    sampled: Sampled | None
    test: Standing
    support: str = ""
    trouble: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something stands in the way of the launch, or nobody knows."""
        return not self.needs.is_legal or any(item.verdict is not Verdict.TRUE for item in self.needs.items)
