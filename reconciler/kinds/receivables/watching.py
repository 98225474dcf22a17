"""Watching In Campaign %: an alert opens where it is below what is expected, and closes itself. (I-24 … I-26; AMB-I3)

Whoever looks does it, in every worker's turn: the store lets one alert be open, and whoever opens or closes it posts its mails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.receivables.alert_mails import mails
from reconciler.kinds.receivables.claims import Claim, claims_of
from reconciler.kinds.receivables.figures import figures
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.settings import Settings, settings_of
from reconciler.model.in_campaign import Alert, Cause, Share
from reconciler.model.ports import Store

PATIENCE: Final = timedelta(minutes=5)
"""How long invoices may wait for the next pass before they count as outside: it takes seconds, or something is wrong."""
REST: Final = timedelta(seconds=10)
"""Between two counts over all invoices while some wait for the pass."""


@dataclass(slots=True)
class Watch:
    """Watches over one store. It looks where an invoice, a campaign or the settings have changed. Use from one thread."""

    store: Store
    _seen: tuple[str, str] | None = None
    _since: datetime | None = None
    """When invoices were first seen to wait that would be enough."""
    _counted: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Open or close the alert where that is due. Cheap while nothing has changed."""
        mark = self.store.mark(), self.store.in_campaign.mark()
        if mark == self._seen and self._since is None:
            return
        settings = settings_of(self.store)
        if not close(self.store, settings, now) and is_breach(self.store, settings):
            if self._counted is not None and timedelta() <= now - self._counted < REST:
                return  # unseen: it is looked at again
            self._open(settings, now)
        else:
            self._since = self._counted = None
        self._seen = mark

    def _open(self, settings: Settings, now: datetime) -> None:
        opening = opening_of(self.store, settings, now)
        waits = not _with_waiting(opening).is_below(settings.expected)
        self._since = (self._since or now) if waits else None
        self._counted = now if waits else None
        if self._since is None or now - self._since >= PATIENCE:
            raise_alert(self.store, settings, opening)
            self._since = self._counted = None


def watch_level(store: Store, now: datetime) -> None:
    """Open or close the alert where that is due (AMB-I2, AMB-I3), whoever waits for the next pass. Times are UTC."""
    settings = settings_of(store)
    if not close(store, settings, now) and is_breach(store, settings):
        raise_alert(store, settings, opening_of(store, settings, now))


def is_breach(store: Store, settings: Settings) -> bool:
    """Whether too few are in a campaign, and no alert says so yet."""
    return store.in_campaign.open_alert() is None and store.in_campaign.level().is_below(settings.expected)


def close(store: Store, settings: Settings, now: datetime) -> bool:
    """Close the alert where there are enough again, or fewer are expected by now; whether one was open."""
    alert = store.in_campaign.open_alert()
    share = store.in_campaign.level()
    if alert is not None and not share.is_below(settings.expected):
        closing = Alert(alert.id, alert.opened_at, now, settings.expected, share, ())
        store.in_campaign.close_alert(alert.id, now, mails(store, settings, closing, now))
    return alert is not None


def opening_of(store: Store, settings: Settings, now: datetime) -> Alert:
    """What there is to say when an alert opens, all of one moment: share and guidance are counted together."""
    with store.snapshot():
        claims = claims_of(store)
        found = figures(store, claims, Day(now, settings.zone(_project_zone(store, claims))))
    return Alert(0, now, None, settings.expected, found.tenant, found.gaps)


def raise_alert(store: Store, settings: Settings, opening: Alert) -> None:
    """Open it, if it still is so."""
    if opening.share.is_below(opening.expected):
        store.in_campaign.raise_alert(opening, mails(store, settings, opening, opening.opened_at))


def _with_waiting(opening: Alert) -> Share:
    """The share once the next pass was made."""
    waiting = sum(gap.invoices for gap in opening.guidance if gap.cause is Cause.WAITING)
    return Share(opening.share.part + waiting, opening.share.whole)


def _project_zone(store: Store, claims: Sequence[Claim]) -> str:
    """The project's zone, as it was packed with a campaign that runs: who watches knows the store alone."""
    packed = (store.ledger.package(claim.uid).get("zone") for claim in claims if claim.is_active)
    return next((str(zone) for zone in packed if zone), "")
