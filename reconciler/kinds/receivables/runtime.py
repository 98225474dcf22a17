"""The runtime of ReceivablesCampaigns: what a launch takes along, and how a stop lets everybody go. (I-18, AMB-I5, AMB-I7)"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.messaging.channels import stored_channel
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.texts import packed, texts_of
from reconciler.kinds.receivables.book import ACTIVE, KIND, SETTINGS, SOURCE, package
from reconciler.kinds.receivables.checklist import Around, facts
from reconciler.kinds.receivables.finding import finder
from reconciler.kinds.receivables.loading import load, refresh
from reconciler.kinds.receivables.looking import in_sources
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.standstill import Standstill
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase

UTC: Final = "UTC"
"""The creditor's zone where nobody says another."""


@dataclass(frozen=True, slots=True)
class ReceivablesRuntime:
    """Implements `ports.Runtime` and `ports.Refreshing`. `zone` is the project's; empty: it has none.

    `names` gives the names that there are of a kind, in the manifests or in the store.
    """

    store: Store
    clock: Clock
    shelf: Callable[[Lookup], Shelf]
    standstill: Standstill
    names: Callable[[str], Sequence[str]]
    zone: str = ""

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`: whether the sample invoice matches, and whether the test is current (I-11, I-14).

        Of an active campaign how many invoices are in it (X-10): nobody asks for the rest again, and no source is read for it.
        """
        known = self.store.load([ref]).get(ref)
        if known is None or known.state != ACTIVE:
            return facts(ref, document, self.around(beside))
        flow = self.store.in_campaign.flow(self.store.ledger.uid(ref), self.clock.now().date())
        return {"invoicesEnrolled": flow.enrolled}

    def around(self, beside: Lookup) -> Around:
        """What a campaign stands among, by the documents that hold together with it."""
        find = in_sources(self.shelf(beside), self.names(SOURCE), finder(self.store))
        settings = (beside(Ref(SETTINGS, name)) for name in self.names(SETTINGS))
        said = (one.get("spec", {}).get("timezone") for one in settings if one)
        zone = next((str(one) for one in said if one), "") or self.zone or UTC
        return Around(beside, find, self.store.campaign_tests, Day(self.clock.now(), zone))

    def refresh(self) -> None:
        """See `ports.Refreshing`: sources that have changed, while campaigns are active."""
        if any(head.state == ACTIVE for head in self.store.heads(KIND).values()):
            refresh(self.store, self.shelf(self._lookup), self.clock.now(), lambda: None)

    def performed(self, key: str) -> bool:
        """See `ports.Runtime`."""
        return self.store.ledger.performed(key)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        """See `ports.Runtime`."""
        ledger, now = self.store.ledger, self.clock.now()
        if ledger.performed(key):
            return
        uid = ledger.uid(ref)
        match effect:
            case "start-enrolment":
                self._start(ref, uid, beat)
            case "cancel-communications":
                # First nothing more begins, then whoever is at work is waited for (AMB-I7).
                self.store.enrolments.close(uid)
                self.standstill.bring(uid, Phase.CLOSED, beat)
                ledger.cancel(uid, now, beat)
            case "release-invoices":
                self.store.enrolments.release(uid, now)
            case _:
                raise Permanent(f"receivables have no effect {effect!r}")
        ledger.mark(key, now)

    def _start(self, ref: Ref, uid: int, beat: Beat) -> None:
        """What workers need is packed as it was tested; the sources are read, and the job stands open (I-18, AMB-I5).

        Everything that a launch needs is looked at first, so that what is wrong leaves nothing behind.
        """
        shelf, now = self.shelf(self._lookup), self.clock.now()
        spec = self._stored(ref).get("spec", {})
        workflow = self._stored(Ref("Workflow", spec["workflow"]))
        rule_set = self._stored(Ref("RuleSet", spec["audience"]["ruleSet"]))
        ways = list(_ways(workflow))
        texts = packed(texts_of([way["template"] for way in ways], shelf))
        channels = [stored_channel(self.store, name) for name in sorted({way["channel"] for way in ways})]
        source = spec["audience"].get("source")
        load(self.store, shelf, [source] if source else [], now, beat)
        self.store.ledger.stand(uid, [""], now)
        Lanes(self.store).stand(uid, channels, now)
        self.store.ledger.pack(uid, package(workflow, rule_set, texts, self.zone or UTC))
        self.store.enrolments.open(uid)

    def _stored(self, ref: Ref) -> Document:
        found = self._lookup(ref)
        if found is None:
            raise Permanent(f"{ref} is not in the store")
        return found

    def _lookup(self, ref: Ref) -> Document | None:
        found = self.store.load([ref]).get(ref)
        return found.document if found else None


def _ways(workflow: Document) -> Iterator[Mapping[str, Any]]:
    """Each channel with each template by which a step may be said."""
    for step in workflow.get("spec", {}).get("steps", ()):
        yield from (one for one in (step, step.get("otherwise", {})) if "channel" in one)
