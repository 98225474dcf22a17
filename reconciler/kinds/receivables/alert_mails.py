"""Mails about alerts: one to each subscriber when an alert opens, and one when it closes. (I-26, I-27)"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.kinds.messaging.channels import EMAIL, Channel, channel_of
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.receivables.guidance import lines_of, standing
from reconciler.kinds.receivables.settings import Settings
from reconciler.model.in_campaign import Alert, Notice
from reconciler.model.instant import to_text
from reconciler.model.ports import Store
from reconciler.model.work import Posted

NOBODY: Final = Notice(0, ())


def mails(store: Store, settings: Settings, alert: Alert, now: datetime) -> Notice:
    """What to post when an alert opens or closes; nothing where nobody subscribes, or no channel carries it."""
    subscribers = sorted(settings.spec.in_campaign.email_subscribers)
    channel = channel_for(store, settings)
    if settings.ref is None or channel is None or not subscribers:
        return NOBODY
    uid, lanes = store.ledger.uid(settings.ref), Lanes(store)
    subject, body = _subject(alert), "\n".join(_body(settings, alert))
    units = []
    for turn, address in enumerate(subscribers):
        place = lanes.place(uid, channel, turn, now)
        about = {"subject": subject, "body": body, "at": to_text(now)}
        payload = {"to": address, "channel": channel.name, **about}
        units.append(Posted(f"{_what(alert)}:{address}", payload, now, place.lane, place.repeats))
    return Notice(uid, tuple(units))


def unheard(store: Store, settings: Settings) -> str:
    """Why subscribers are not written to; empty where they are, or nobody subscribes (I-26)."""
    if not settings.spec.in_campaign.email_subscribers or channel_for(store, settings) is not None:
        return ""
    named = settings.spec.in_campaign.channel
    if named:
        return f"Channel/{named} carries no e-mail"
    return "there is no e-mail Channel, or more than one; name it in inCampaign.channel"


def channel_for(store: Store, settings: Settings) -> Channel | None:
    """The e-mail Channel that the settings name, else the only one there is; None where that is not one."""
    refs = [ref for ref, head in store.heads("Channel").items() if head.state != "deleted"]
    found = [channel_of(ref.name, one.document) for ref, one in sorted(store.load(refs).items())]
    wanted = settings.spec.in_campaign.channel
    fitting = [one for one in found if one.medium == EMAIL and wanted in (None, one.name)]
    return fitting[0] if len(fitting) == 1 else None


def _what(alert: Alert) -> str:
    return "opened" if alert.is_open else "closed"


def _subject(alert: Alert) -> str:
    share = standing(alert.share)
    return f"In Campaign {share}; expected are {alert.expected} %" if alert.is_open else f"Over: In Campaign {share}"


def _body(settings: Settings, alert: Alert) -> Iterator[str]:
    if alert.is_open:
        yield f"Fewer invoices than expected are in an active campaign since {to_text(alert.opened_at)}:"
        yield f"{standing(alert.share)} that could be collected; expected are {alert.expected} %."
        yield ""
        yield "Outside are:"
        yield from lines_of(alert.guidance)
        yield ""
        yield "`muster receivables alerts` says how it stands; there is another mail when it is over."
    else:
        yield f"The alert of {to_text(alert.opened_at)} is over:"
        yield f"{standing(alert.share)} that could be collected; expected are {alert.expected} %."
    if settings.spec.support_contact:
        yield ""
        yield f"Whom to ask: {settings.spec.support_contact}"
