"""What a campaign's accounts are to expect, gathered from documents and the store: for plans, and for whoever asks. (issue 7)"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.alike import Alike, alike
from reconciler.kinds.collections.clash import clashes
from reconciler.kinds.collections.collection_campaign.spec import Accounts, CollectionCampaignSpec
from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.kinds.collections.deciding import Conduct
from reconciler.kinds.collections.forecast import Foresight, Frame, foresight
from reconciler.kinds.collections.foreseen import Outlook
from reconciler.kinds.collections.limits import limits
from reconciler.kinds.collections.matching import SOURCE, audience
from reconciler.kinds.collections.organisation import KIND as SETTINGS
from reconciler.kinds.collections.organisation import Organisation, organisation
from reconciler.kinds.collections.outlook import outlook
from reconciler.kinds.collections.portfolio import Portfolio
from reconciler.kinds.collections.proof import Checker
from reconciler.kinds.collections.seen import account_seen
from reconciler.kinds.collections.steps import course, joined
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.kinds.messaging.channels import channel_of
from reconciler.model import canonical
from reconciler.model.accounts import Account
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.instant import first_instant, parse_duration
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

CAMPAIGN: Final = "CollectionCampaign"
_HOLDING: Final = frozenset({"active", "paused"})
"""States in which a campaign keeps its accounts."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A campaign as it is to be, its accounts by classes, and the time that is foreseen."""

    conduct: Conduct
    frame: Frame
    last_day: date
    classes: tuple[Alike, ...]

    @property
    def foresight(self) -> Foresight:
        """What its accounts are to expect."""
        return foresight(self.conduct, self.frame)

    @property
    def checker(self) -> Checker:
        """What every contact is held against."""
        settings = self.conduct.limits.settings
        return Checker(settings, self.day(self.frame.begins), self.last_day)

    def day(self, at: datetime) -> date:
        """The organisation's day at an instant."""
        return at.astimezone(ZoneInfo(self.conduct.limits.settings.timezone)).date()

    def until(self, last_day: date) -> "Prospect":
        """It, up to an earlier day."""
        last = min(self.last_day, last_day)
        ends = _midnight(last + timedelta(days=1), self.conduct.limits.settings.timezone)
        return replace(self, last_day=last, frame=replace(self.frame, ends=ends))

    def outlook(self) -> Outlook:
        """What is foreseen of all of them."""
        return outlook(self.foresight, self.checker, self.classes)


def proven(ref: Ref, document: Document, portfolio: Portfolio, now: datetime) -> Mapping[str, Any]:
    """`contactsProven` with `contactsForeseen` or `counterexample`, and `scheduleClashes`; what is not known is left out."""
    spec = CollectionCampaignSpec.model_validate_json(canonical.encode(document.get("spec", {})))
    conduct = conduct_of(spec, portfolio)
    if conduct is None:
        return {}
    told: dict[str, Any] = {"scheduleClashes": "; ".join(clashes(conduct.course, conduct.limits))}
    found = prospect(ref, spec, portfolio, now)
    return told if found is None else {**told, **_facts(found.outlook())}


def prospect(
    ref: Ref, spec: CollectionCampaignSpec, portfolio: Portfolio, now: datetime, number: str = ""
) -> Prospect | None:
    """The campaign from now on to its end date, with all its accounts or that of one number; None where it is incomplete.

    An account that it has goes on from where it is; one that it would get begins now, as do all where the strategy is another.
    """
    conduct = conduct_of(spec, portfolio)
    if conduct is None or not spec.start_date or not spec.end_date:
        return None
    frame = frame_of(conduct.limits.settings, spec.start_date, spec.end_date, now)
    last_day = date.fromisoformat(spec.end_date)
    if spec.accounts is None or frame.begins >= frame.ends:
        return Prospect(conduct, frame, last_day, ())
    standing = Standing(ref, spec, portfolio)
    source = standing.source
    past = portfolio.store.contact_history.of_source(source, now - conduct.limits.reach) if source else {}
    accounts = standing.accounts(spec.accounts, conduct, now)
    wanted = (one for one in accounts if number in ("", one.row.number))
    return Prospect(conduct, frame, last_day, alike(conduct, frame, wanted, past))


def conduct_of(spec: CollectionCampaignSpec, portfolio: Portfolio) -> Conduct | None:
    """By what its accounts are contacted; None where it has no strategy, or that lacks a channel."""
    beside = portfolio.beside
    strategy = beside(Ref("Strategy", spec.strategy)) if spec.strategy else None
    if strategy is None:
        return None
    steps = StrategySpec.model_validate_json(canonical.encode(strategy.get("spec", {})))
    channels = {step.channel: beside(Ref("Channel", step.channel)) for step in steps.steps}
    media = {name: channel_of(name, found).medium for name, found in channels.items() if found is not None}
    if len(media) < len(channels):
        return None
    return Conduct(course(steps, media), limits(settings_of(portfolio).spec), account_seen)


def settings_of(portfolio: Portfolio) -> Organisation:
    """The organisation's settings as the plan has them, else as they are stored."""
    found = portfolio.beside(Ref(SETTINGS, ""))
    if found is None:
        return organisation(portfolio.store)
    known = organisation(portfolio.store)
    spec = type(known.spec).model_validate_json(canonical.encode(found.get("spec", {})))
    return Organisation(known.ref, spec)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the accounts of a campaign stand, and those that it would get."""

    ref: Ref
    spec: CollectionCampaignSpec
    portfolio: Portfolio

    @property
    def source(self) -> int:
        """The uid of its AccountSource; 0 where that is not stored yet."""
        name = self.spec.accounts.source if self.spec.accounts else ""
        return _uid(self.portfolio.store, Ref(SOURCE, name))

    def accounts(self, named: Accounts, conduct: Conduct, now: datetime) -> Iterator[Account]:
        """Those that match it and that no other campaign has, each where it stands."""
        found = self.portfolio.accounts(named.source)
        uid = _uid(self.portfolio.store, self.ref)
        taken = self._taken(uid)
        meant = audience(named, self.portfolio.beside(Ref(SOURCE, named.source)), settings_of(self.portfolio), now)
        begins_anew = self._begins_anew()
        for number, account in enumerate(found or ()):
            if account.campaign in taken or not meant.has(account):
                continue
            if uid and account.campaign == uid and not begins_anew:
                yield account
            else:
                yield replace(account, id=account.id or -number - 1, position=joined(conduct.course, now))

    def _taken(self, uid: int) -> frozenset[int]:
        """The uids of other campaigns that keep their accounts."""
        store = self.portfolio.store
        holding = (ref for ref, head in store.heads(CAMPAIGN).items() if head.state in _HOLDING)
        return frozenset(_uids(store, holding)) - {uid}

    def _begins_anew(self) -> bool:
        """Whether its strategy is another than the one that is stored (AMB-C7)."""
        stored = self.portfolio.store.load([self.ref]).get(self.ref)
        return stored is not None and stored.document.get("spec", {}).get("strategy") != self.spec.strategy


def _facts(found: Outlook) -> Mapping[str, Any]:
    if found.counterexample is not None:
        return {"contactsProven": False, "counterexample": found.words}
    return {"contactsProven": True, "contactsForeseen": found.words}


def frame_of(settings: CollectionSettingsSpec, first: str, last: str, now: datetime) -> Frame:
    """The time that is foreseen of a campaign with these dates, both included, as manifests write them."""
    days = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
    begins, ends = (_midnight(day, settings.timezone) for day in days)
    return Frame(now, max(now, begins), ends, parse_duration(settings.scheduler_cycle))


def _midnight(day: date, zone: str) -> datetime:
    return first_instant(datetime.combine(day, datetime.min.time()), ZoneInfo(zone))


def _uid(store: Store, ref: Ref) -> int:
    return next(iter(_uids(store, [ref])), 0)


def _uids(store: Store, refs: Iterable[Ref]) -> Iterator[int]:
    for ref in refs:
        try:
            yield store.ledger.uid(ref)
        except Permanent:  # not in the store yet
            continue
