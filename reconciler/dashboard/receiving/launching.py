"""The launch checklist of a campaign, worked out once for all who look: it reads manifests and sources. (I-10 … I-18)"""

from dataclasses import dataclass
from typing import Final

from reconciler.dashboard.kept import Held
from reconciler.dashboard.receiving.launch_check import launch_check
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.checked import Checked
from reconciler.kinds.receivables.runtime import ReceivablesRuntime
from reconciler.model.errors import MusterError
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

KIND: Final = "ReceivablesCampaign"
_EVERY: Final = 5.0
_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """What it came to; None where it could not be asked, and then `trouble` says why."""

    checked: Checked | None
    trouble: str = ""


def kept_check(visit: Visit, ref: Ref) -> Held[Found] | None:
    """The checklist, some seconds old at most; None while it is worked out."""
    repository, clock = visit.premises.repository, visit.premises.app.clock

    def work(store: Store) -> Found:
        try:
            with repository.reconciler(store) as reconciler:
                runtime = reconciler.gatherer.runtimes.get(KIND)
                if not isinstance(runtime, ReceivablesRuntime):
                    return Found(None, f"{KIND} is not run here.")
                return Found(launch_check(reconciler.gatherer, runtime, ref, clock.now()))
        except MusterError as error:
            return Found(None, str(error))

    return visit.premises.kept.glance(("receivables-check", ref), work, _EVERY, _PATIENCE)
