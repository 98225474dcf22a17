"""Sending out again what was sold and did not arrive, once that is mended. (L-45)"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.kinds.leads.account_contract.spec import AccountContractSpec
from reconciler.kinds.leads.deliveries import is_mail, units_of, vias_of
from reconciler.kinds.leads.undelivered import pages, sales_of
from reconciler.model.canonical import Document
from reconciler.model.leads import Outbound
from reconciler.model.ports import Store
from reconciler.model.sums import Outcome
from reconciler.model.work import Stage


def deliver_again(store: Store, uid: int, spec: AccountContractSpec, now: datetime, stage: Stage) -> int:
    """Send out again what is in this stage, failed or unknown, as the contract says now; how many deliveries that are.

    Mails that wait go through the connection of today: the one that they were to go through may be gone for good.
    Left alone are those whose place in the contract is another way today, and tests of a version that is in test no more.
    """
    begun = 0
    store.ledger.stand(uid, vias_of(spec), now)
    for found in pages(store, uid, stage):
        begun += store.ledger.mend(uid, _payloads(store, spec, sales_of(store, found), found), stage)
    return begun


def _payloads(
    store: Store, spec: AccountContractSpec, sales: Mapping[int, Outbound], found: Sequence[Outcome]
) -> Mapping[str, Document]:
    leads = store.lead_sales.leads(sorted({sale.lead for sale in sales.values()}))
    known = [(sale, leads[sale.lead]) for sale in sales.values() if sale.lead in leads]
    made = {unit.key: unit for sale, lead in known for unit in units_of(sale, lead, spec)}
    same = (made[one.key] for one in found if one.key in made and is_mail(made[one.key].lane) == bool(one.via))
    return {unit.key: unit.payload for unit in same}
