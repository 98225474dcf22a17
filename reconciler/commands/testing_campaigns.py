"""How `receivables test` goes: rehearse, send to colleagues, and keep what came of it with exactly what was tested."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.commands.receivables_desk import Desk, desk
from reconciler.commands.waiting import wait
from reconciler.kinds.receivables import testing
from reconciler.kinds.receivables.testing import Bench, asked_for
from reconciler.kinds.receivables.trial import POINTS
from reconciler.model.errors import Permanent, Usage
from reconciler.views.receivables_tested import Tested, tested_json, tested_text

NOT_PASSED: Final = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    addresses: tuple[str, ...]
    dry_run: bool
    call: bool
    contact: str | None


def tested(common: Common, campaign: str, wanted: Wanted, form: str) -> int:
    """Try a campaign; the exit code."""
    asked = asked_for(wanted.addresses, _contact(wanted))
    at = desk(common, keeps=not wanted.dry_run)
    ref = at.campaign(campaign)
    try:
        tried = testing.tested(_bench(at), ref, at.document(ref), None if wanted.dry_run else asked)
    except Permanent as error:
        raise Usage(f"{ref} cannot be tested: {error}") from None
    found = Tested(tried.test, tried.sampled, tried.rehearsal, tried.sent, not wanted.dry_run, at.support)
    if not wanted.dry_run:
        at.store.campaign_tests.record(found.test)
    write(tested_json(found) if form == "json" else tested_text(found, common.color))
    return NOT_PASSED if found.test.faults else 0


def _bench(at: Desk) -> Bench:
    return Bench(at.store, at.shelf, at.around, at.lookup, at.app.clock, actor(), wait)


def _contact(wanted: Wanted) -> Mapping[str, str] | None:
    """Where calls go; None where nobody is called. Usage where it is no JSON of points of contact."""
    if wanted.contact is not None and not wanted.call:
        raise Usage("--contact says where calls go: say --call too")
    if not wanted.call:
        return None
    try:
        found = json.loads(wanted.contact or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(key in POINTS and isinstance(one, str) for key, one in found.items()):
        raise Usage(f'--contact is a JSON object of texts, of {", ".join(POINTS)}: \'{{"phone": "+49 30 5550100"}}\'')
    return found
