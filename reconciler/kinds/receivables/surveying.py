"""Looking at receivables campaigns: the sheet of one, and the overview of all. (I-19, I-21, I-24)"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.kinds.receivables.alert_mails import unheard
from reconciler.kinds.receivables.batch import FIRST, batch_of
from reconciler.kinds.receivables.claims import claims_of
from reconciler.kinds.receivables.figures import figures
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.settings import settings_of
from reconciler.kinds.receivables.sheet import Overview, Sheet, Step
from reconciler.model.in_campaign import Flow, Share
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource


def overview_of(store: Store, day: Day) -> Overview:
    """How it stands with all campaigns, on a day."""
    found = figures(store, claims_of(store), day)
    return replace(glance(store), tenant=found.tenant, campaigns=found.campaigns, gaps=found.gaps)


def glance(store: Store) -> Overview:
    """What of it takes no time however many invoices there are: all but the figures of campaigns, and who is outside why."""
    settings, rows = settings_of(store), store.in_campaign
    support, silent = settings.spec.support_contact or "", unheard(store, settings)
    return Overview(rows.level(), settings.expected, rows.open_alert(), {}, (), support, silent)


def today(store: Store, now: datetime, zone: str | None) -> Day:
    """The day with the creditor; `zone` is the project's, None: it has none."""
    return Day(now, settings_of(store).zone(zone))


def sheet_of(store: Store, one: Resource, day: Day, overview: Overview) -> Sheet:
    """How it stands with one campaign, on a day; `overview` is dear, and the same for all of them."""
    uid = store.ledger.uid(one.ref)
    flow = store.in_campaign.flow(uid, day.values()["today"].date())
    spec: Mapping[str, Any] = one.document.get("spec", {})
    return Sheet(
        one.ref,
        one.state,
        str(spec.get("title", "")),
        overview.campaigns.get(one.ref, Share(0, 0)),
        flow,
        tuple(_step(number, step, flow) for number, step in enumerate(_workflow(store, spec))),
        batch_of(store.in_campaign.first(uid, FIRST)),
        overview,
    )


def _workflow(store: Store, spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    ref = Ref("Workflow", spec.get("workflow", ""))
    found = store.load([ref]).get(ref)
    return found.document.get("spec", {}).get("steps", ()) if found else ()


def _step(number: int, step: Mapping[str, Any], flow: Flow) -> Step:
    way = step.get("action") or f"{step.get('channel')} {step.get('template')}"
    said = {stage: count for (index, stage), count in flow.said.items() if index == number}
    return Step(number + 1, int(step["day"]), way, flow.due.get(number, 0), said)
