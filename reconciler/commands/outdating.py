"""Contracts with outdated settings: listed, and confirmed."""

from collections.abc import Iterable
from typing import Final

from reconciler.commands.options import Common
from reconciler.commands.reading_leads import BUYER, CAMPAIGN, SOURCE, zone
from reconciler.controller.inspect import find
from reconciler.kinds.leads.outdated import confirm, outdated
from reconciler.model.errors import Usage
from reconciler.model.ref import Ref, first_few
from reconciler.views.outdated import outdated_csv, outdated_json, outdated_text

_CONTRACTS: Final = (BUYER, SOURCE)


def listed(common: Common, campaign: str, form: str) -> Iterable[str]:
    """The report, of all campaigns or of one. Usage where there is no such one."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        if campaign:
            name = campaign.removeprefix(f"{CAMPAIGN}/")
            campaign = find(f"{CAMPAIGN}/{name}", (ref for ref in store.heads() if ref.kind == CAMPAIGN)).name
        found = outdated(store, campaign)
    match form:
        case "json":
            return (outdated_json(found),)
        case "csv":
            return outdated_csv(found)
    return outdated_text(found, zone(app), common.color)


def confirmed(common: Common, text: str) -> str:
    """Confirm a contract. Usage where it is none, or in no version."""
    app = common.app()
    store = app.store()
    ref = _contract(text, [one for one in store.heads() if one.kind in _CONTRACTS])
    versions = confirm(store, ref, app.clock.now())
    if not versions:
        raise Usage(f"{ref} is in no version that is in test or published")
    return f"{ref} fits {first_few(versions)} as it is"


def _contract(text: str, known: list[Ref]) -> Ref:
    if "/" in text:
        return find(text, known)
    same = [ref for ref in known if ref.name == text]
    if len(same) > 1:
        raise Usage(f"there are two contracts {text}: write {' or '.join(f'{ref.kind}/{ref.name}' for ref in same)}")
    return same[0] if same else find(f"{BUYER}/{text}", known)
