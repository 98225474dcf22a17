"""What the views of leads show, read from the store in one moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from reconciler.app import App
from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.kinds.leads.market import Market, Outlook
from reconciler.kinds.leads.reading import Overview, Subject, last_use, outbound, overview
from reconciler.kinds.leads.visibility import View
from reconciler.model.errors import Usage
from reconciler.model.instant import parse_instant
from reconciler.model.lead_books import Attempts, Which
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.lead_json import last_use_to_json, overview_to_json, sold_to_csv, sold_to_json
from reconciler.views.lead_text import render_last_use, render_overview, sold_table
from reconciler.views.style import Style

CAMPAIGN: Final = "LeadCampaign"
BUYER: Final = "AccountContract"
SOURCE: Final = "PartnerContract"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to, as it was written; empty: by nothing."""

    campaign: str = ""
    account: str = ""
    contract: str = ""
    since: str = ""
    until: str = ""


def campaign_view(common: Common, campaign: str, workflow: str, form: str) -> str:
    """A version, or one of its workflows. Usage where there is no such one."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        ref, uid, state = resource(store, CAMPAIGN, campaign)
        which = Which(uid=uid, workflow=workflow)
        if workflow:
            _check_workflow(store, ref, which)
            return _shown(
                app, common, form, _overview(store, View.WORKFLOW, Subject(f"{workflow} of {ref}", state), which)
            )
        attempts = store.lead_books.attempts(uid)
        return _shown(app, common, form, _overview(store, View.CAMPAIGN, Subject(str(ref), state), which, attempts))


def account_view(common: Common, account: str, form: str) -> str:
    """A buyer. Usage where it has neither a contract nor a lead."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        found = [(one.ref, one.state) for one in _market(store).buyers.values() if one.spec.account == account]
        one = _overview(store, View.ACCOUNT, Subject(account, beside=found), Which(account=account))
    if not found and not one.turnover:
        raise Usage(f"there is no account {account!r}: no contract names it, and nothing was sold to it")
    return _shown(app, common, form, one)


def buyer_view(common: Common, contract: str, form: str) -> str:
    """A buyer's contract."""
    return _contract_view(common, BUYER, contract, form)


def source_view(common: Common, contract: str, form: str) -> str:
    """A partner's contract."""
    return _contract_view(common, SOURCE, contract, form)


def partner_view(common: Common, partner: str, form: str) -> str:
    """A partner. Usage where it has neither a contract nor a lead."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        found = [(one.ref, one.state) for one in _market(store).sources.values() if one.spec.partner == partner]
        one = _overview(store, View.PARTNER, Subject(partner, beside=found), Which(partner=partner))
    if not found and not (one.taken and one.taken.total):
        raise Usage(f"there is no partner {partner!r}: no contract names it, and no lead came from it")
    return _shown(app, common, form, one)


def outbound_list(common: Common, asked: Asked, page: tuple[str, int], form: str) -> Iterable[str]:
    """The leads sold, the latest first. Usage where what it is narrowed to is not there."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        which = Which(
            uid=resource(store, CAMPAIGN, asked.campaign)[1] if asked.campaign else 0,
            account=asked.account,
            contract=resource(store, BUYER, asked.contract)[1] if asked.contract else 0,
            since=instant(asked.since, app),
            until=instant(asked.until, app),
        )
        sold = outbound(store.lead_books, View.OUTBOUND_LIST, which, *page)
        codes = store.lead_books.codes([one.lead for one in sold])
    match form:
        case "json":
            return (sold_to_json(sold, codes),)
        case "csv":
            return sold_to_csv(sold, codes)
    return list(sold_table(sold, codes, zone(app), Style(common.color))) or ["nothing was sold"]


def last_use_of(common: Common, campaign: str, form: str) -> str:
    """Whether a version is still used."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        ref, uid, state = resource(store, CAMPAIGN, campaign)
        one = last_use(store.lead_books, uid, ref, state, store.load([ref])[ref].entered_at)
    return last_use_to_json(one) if form == "json" else render_last_use(one, zone(app), common.color)


def resource(store: Store, kind: str, text: str) -> tuple[Ref, int, str]:
    """What is meant, by its name or ref, its uid and its state. Usage where there is no such one."""
    heads = store.heads()
    ref = find(text if "/" in text else f"{kind}/{text}", (ref for ref in heads if ref.kind == kind))
    return ref, store.ledger.uid(ref), heads[ref].state


def zone(app: App) -> str:
    """In which local times are shown."""
    return app.project.timezone or "UTC"


def instant(text: str, app: App) -> datetime | None:
    """What a time means in the project's zone; None for none. Usage where it is no time."""
    try:
        return parse_instant(text, zone(app)).astimezone(UTC) if text else None
    except ValueError as error:
        raise Usage(str(error)) from None


def _contract_view(common: Common, kind: str, contract: str, form: str) -> str:
    app = common.app()
    store = app.store()
    with store.snapshot():
        ref, uid, state = resource(store, kind, contract)
        view = View.ACCOUNT_CONTRACT if kind == BUYER else View.PARTNER_CONTRACT
        return _shown(app, common, form, _overview(store, view, Subject(str(ref), state), Which(contract=uid)))


def _overview(store: Store, view: View, subject: Subject, which: Which, attempts: Sequence[Attempts] = ()) -> Overview:
    return overview(store.lead_books, view, subject, which, attempts)


def _shown(app: App, common: Common, form: str, one: Overview) -> str:
    return overview_to_json(one) if form == "json" else render_overview(one, zone(app), common.color)


def _market(store: Store) -> Market:
    return Outlook().market(store)


def _check_workflow(store: Store, ref: Ref, which: Which) -> None:
    """Usage where the version has no such workflow, and never had a lead of one."""
    names = [one["name"] for one in store.load([ref])[ref].document.get("spec", {}).get("workflows", ())]
    if which.workflow not in names and not store.lead_books.leads(which, limit=1):
        raise Usage(f"{ref} has no workflow {which.workflow!r}; it has {', '.join(names) or 'none'}")
