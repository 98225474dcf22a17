"""What needs attention though no daemon has said so: by the plan, by files that cannot be read, and by an open alert.

By this the filter of the list finds what the rows say, whether a daemon runs or not.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from reconciler.dashboard.listing.soon import Soon, in_order
from reconciler.dashboard.outlook.foresight import foreseen
from reconciler.dashboard.repository import Files
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import MusterError
from reconciler.model.lifecycle import DELETED
from reconciler.model.listing import MOST_BESIDES, Besides
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

ALERTED: Final = ("ReceivablesCampaign", "active")
"""What an alert of In Campaign % is about: all of these, as their rows say."""
_EVERY: Final = 30.0
_PATIENCE: Final = 0.02
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Troubled:
    """What is looked for. `more`: how many the plan finds beyond these; `is_coming`: whether it is still being worked out."""

    besides: Besides = field(default_factory=Besides)
    more: int = 0
    is_coming: bool = False


def troubled(visit: Visit, files: Files | None, ahead: Soon | None) -> Troubled:
    """By the very plan that the rows are made from. It waits for nothing."""
    found = ahead.concerned if ahead else _unreadable(visit, files)
    stands = (ALERTED,) if visit.store.in_campaign.open_alert() else ()
    if found is None:
        return Troubled(Besides((), stands), is_coming=True)
    return Troubled(Besides(found[:MOST_BESIDES], stands), len(found[MOST_BESIDES:]))


def _unreadable(visit: Visit, files: Files | None) -> tuple[Ref, ...] | None:
    """Without a plan: what comes from files that cannot be read; None while that, or the plan, is on its way."""
    try:
        held = foreseen(visit, patience=0.0)
        if held is None or held.value.plan is not None:
            return None
        if files is None or not files.problems:
            return ()
        key = "unreadable", files.wrong
        found = visit.premises.kept.glance(key, partial(_lost, files), _EVERY, _PATIENCE)
    except MusterError:
        return ()
    return found.value if found else None


def _lost(files: Files, store: Store) -> tuple[Ref, ...]:
    """Stored resources without a manifest whose file has an error."""
    missing = [ref for ref, head in store.heads().items() if ref not in files.manifests and head.state != DELETED]
    found: list[Ref] = []
    for begin in range(0, len(missing), _AT_ONCE):
        found += (one.ref for one in files.unreadable(store.load(missing[begin : begin + _AT_ONCE]).values()))
    return in_order(found)
