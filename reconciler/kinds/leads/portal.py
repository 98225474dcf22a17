"""The portal: what a buyer's people see of the leads that their account has bought. (L-17, L-45)

They see what the contract hands over and nothing else: all fields where it delivers by the portal, else those that its other
deliveries show. Leads of a version in test are seen where `showTest` says so, and only as long as it is in test.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.leads.account_contract.spec import AccountContractSpec
from reconciler.kinds.leads.deliveries import described, shown
from reconciler.kinds.leads.market import Market
from reconciler.kinds.leads.portal_user.spec import PortalUserSpec
from reconciler.kinds.leads.reading import outbound
from reconciler.kinds.leads.visibility import View
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.lead_books import Which
from reconciler.model.leads import Lead, Outbound
from reconciler.model.ports import Store
from reconciler.model.resource import Resource
from reconciler.model.secret import Reveal

KIND: Final = "PortalUser"


@dataclass(frozen=True, slots=True)
class Guest:
    """A person who has signed in."""

    name: str
    account: str
    sees_tests: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some of an account's leads, the latest first; `next` is the code to go on after, empty at the end."""

    account: str
    leads: Sequence[Mapping[str, Any]]
    next: str


class Guests:
    """Knows people by their tokens: what was written since the last look is looked at again. Threads may share it."""

    def __init__(self, reveal: Reveal) -> None:
        self._reveal = reveal
        self._guard = threading.Lock()
        self._serial = -1
        self._known: Mapping[bytes, Guest] = {}

    def of(self, store: Store, token: bytes) -> Guest | None:
        """Whose token this is; None where it is nobody's.

        It is compared by its digest, of which nobody can guess a part: how long that takes says nothing.
        """
        serial = store.serial()
        if serial != self._serial:
            with self._guard:
                if serial > self._serial:
                    self._take_up(store, serial)
        return self._known.get(_digest(token)) if token else None

    def _take_up(self, store: Store, serial: int) -> None:
        if self._serial < 0 or any(event.ref.kind == KIND for event in store.since(self._serial)):
            refs = sorted(ref for ref in store.heads() if ref.kind == KIND)
            found = [one for one in map(self._guest, store.load(refs).values()) if one is not None]
            digests = [digest for digest, _ in found]
            # A token that two have tells nobody who asks.
            self._known = {digest: guest for digest, guest in found if digests.count(digest) == 1}
        self._serial = serial

    def _guest(self, resource: Resource) -> tuple[bytes, Guest] | None:
        """A person with the digest of the token; None where there is no sign-in."""
        spec = PortalUserSpec.model_validate_json(canonical.encode(resource.document.get("spec", {})))
        if resource.state == "deleted" or spec.token is None:
            return None
        try:
            token = self._reveal(spec.token.model_dump(exclude_unset=True))
        except Permanent:
            return None
        guest = Guest(resource.ref.name, spec.account, spec.show_test)
        return _digest(token.encode("utf-8", "surrogateescape")), guest


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def page_for(guest: Guest, store: Store, market: Market, after: str, limit: int) -> Page:
    """The leads that a person sees, so many at most, behind the one with the code `after`."""
    view = View.PORTAL_WITH_TESTS if guest.sees_tests else View.PORTAL
    with store.snapshot():
        found = outbound(store.lead_books, view, Which(account=guest.account), after, limit + 1)
        leads = store.lead_sales.leads([one.lead for one in found])
    rows = [_row(one, leads[one.lead], market) for one in found[:limit] if one.lead in leads]
    return Page(guest.account, rows, found[limit - 1].code if len(found) > limit else "")


def _row(sold: Outbound, lead: Lead, market: Market) -> Mapping[str, Any]:
    buyer, version = market.buyer_of(sold.contract), market.version_of(sold.uid)
    fields = handed_over(lead, buyer.spec) if buyer else {}
    return described(sold, lead, version.ref.name if version else "", fields)


def handed_over(lead: Lead, spec: AccountContractSpec) -> Mapping[str, Any]:
    """The fields of a lead that its buyer gets in one way or another."""
    found = [shown(lead, () if one.method == "portal" else one.fields) for one in spec.deliveries]
    seen = {name for fields in found for name in fields}
    return {name: value for name, value in lead.fields.items() if name in seen}
