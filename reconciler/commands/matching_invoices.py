"""How `receivables match` and `receivables check` go: an invoice against rule sets, and a campaign against its checklist."""

from collections.abc import Iterator

from reconciler.commands.options import Common, write
from reconciler.commands.receivables_desk import Desk, desk
from reconciler.controller.verdict import DENIED, DONE, ILLEGAL
from reconciler.dashboard.receiving.launch_check import launch_check
from reconciler.kinds.receivables.matched import Matched, is_for
from reconciler.kinds.receivables.sampling import Sample, match_of
from reconciler.model.errors import Permanent, Usage
from reconciler.model.plan import Verdict
from reconciler.model.ref import Ref
from reconciler.views.receivables_check import check_json, check_text
from reconciler.views.receivables_match import Matches, match_json, match_text


def matched(common: Common, number: str, source: str | None, form: str) -> int:
    """Every rule set against an invoice; the exit code."""
    at = desk(common)
    sample = _invoice(at, number, source)
    found = Matches(sample, sample.seen(at.around.day), tuple(_matches(at, sample)))
    write(match_json(found) if form == "json" else match_text(found, common.color))
    return DONE


def _invoice(at: Desk, number: str, source: str | None) -> Sample:
    """Usage where no source has it, or one cannot be read."""
    if source is not None and Ref("InvoiceSource", source) not in at.refs("InvoiceSource"):
        names = ", ".join(ref.name for ref in at.refs("InvoiceSource")) or "none"
        raise Usage(f"no manifest describes InvoiceSource/{source[:100]}; there is {names}")
    try:
        sample = at.around.find(number, source)
    except Permanent as error:
        raise Usage(str(error)) from None
    if sample is None:
        raise Usage(f"no invoice {number[:100]!r} is in " + (f"source {source}" if source else "any source"))
    return sample


def _matches(at: Desk, sample: Sample) -> Iterator[Matched]:
    """Each rule set, with the campaigns that look for their invoices by it in this source."""
    for ref in at.refs("RuleSet"):
        users = tuple(one for one in at.refs("ReceivablesCampaign") if _uses(at, one, ref, sample.source))
        states = {one: at.library.catalog.manifests[one].state_at(at.now) for one in users}
        yield Matched(ref, match_of(at.document(ref), sample, at.around.day), states)


def _uses(at: Desk, campaign: Ref, rule_set: Ref, source: str) -> bool:
    return is_for(at.document(campaign), rule_set, source)


def checked(common: Common, campaign: str, form: str) -> int:
    """A campaign's sample invoice, its test and its whole checklist; 5 where something is open, 4 where nothing leads there."""
    at = desk(common)
    ref = at.campaign(campaign)
    found = launch_check(at.app.reconciler().gatherer, at.runtime, ref, at.now)
    needs = found.needs
    write(check_json(found) if form == "json" else check_text(found, common.color))
    if not needs.is_legal:
        return ILLEGAL
    return DENIED if any(item.verdict is Verdict.FALSE for item in needs.items) else DONE
