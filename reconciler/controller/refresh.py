"""What stands outside the manifests and counts while campaigns run, taken up again before a plan is made. (AMB-E5)"""

from collections.abc import Mapping

from reconciler.model.errors import Permanent, Transient
from reconciler.model.ports import Refreshing, Runtime, Store


def refresh(store: Store, runtimes: Mapping[str, Runtime]) -> Mapping[str, str]:
    """Ask the runtimes of campaigns that are running; by kind, why one could not. Nothing is asked where none is."""
    found: dict[str, str] = {}
    for kind in sorted(runtimes):
        if store.closure() or not store.ledger.open_jobs(kind):
            continue
        runtime = runtimes[kind]
        if isinstance(runtime, Refreshing):
            try:
                runtime.refresh()
            except (Permanent, Transient) as error:
                found[kind] = str(error)
    return found
