"""Watching In Campaign %: an alert opens where it is below what is expected, and closes itself. (I-24 … I-26; AMB-I3)

Whoever looks does it, in every worker's turn: the store lets one alert be open, and whoever opens or closes it posts its mails.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.kinds.receivables.alert_mails import mails
from reconciler.kinds.receivables.claims import claims_of
from reconciler.kinds.receivables.figures import figures
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.settings import Settings, settings_of
from reconciler.model.in_campaign import Alert
from reconciler.model.ports import Store

_UNSEEN: Final = ("", "")


@dataclass(slots=True)
class Watch:
    """Watches over one store. It looks at the figures where an invoice, a campaign or the settings have changed. One thread."""

    store: Store
    _seen: tuple[str, str] = _UNSEEN

    def turn(self, now: datetime) -> None:
        """Open or close the alert where that is due. Cheap while nothing has changed."""
        mark = self.store.mark(), self.store.in_campaign.mark()
        if mark != self._seen:
            watch_level(self.store, settings_of(self.store), now)
            self._seen = mark


def watch_level(store: Store, settings: Settings, now: datetime) -> None:
    """Open or close the alert where that is due (AMB-I2, AMB-I3). Times are UTC."""
    alert = store.in_campaign.open_alert()
    share = store.in_campaign.level()
    is_below = share.is_below(settings.expected)
    if alert is not None and not is_below:
        closing = Alert(alert.id, alert.opened_at, now, settings.expected, share, ())
        store.in_campaign.close_alert(alert.id, now, mails(store, settings, closing, now))
    elif alert is None and is_below:
        opening = _opening(store, settings, now)
        if opening.share.is_below(settings.expected):
            store.in_campaign.raise_alert(opening, mails(store, settings, opening, now))


def _opening(store: Store, settings: Settings, now: datetime) -> Alert:
    """What there is to say when it opens, all of one moment: share and guidance are counted together."""
    with store.snapshot():
        found = figures(store, claims_of(store), Day(now, settings.zone()))
    return Alert(0, now, None, settings.expected, found.tenant, found.gaps)
