"""How fast a campaign is asked to send: its own rate, and the limits of the connections that it goes through."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import Rate


def asked_rate(store: Store, uid: int) -> float | None:
    """Mails a minute that the strictest of its limits lets through; None where there are none.

    Connections add up. Each of their limits is looked at as if the campaign had the connection for itself.
    """
    package = store.ledger.package(uid)
    rate = package.get("terms", {}).get("rate")
    own = _a_minute(rate[0], rate[1]) if rate else None
    return _least([own, _through_all(store, store.sums.vias(uid))])


def campaign_rate(uid: int, rate: tuple[int, int] | None) -> tuple[Rate, ...]:
    """The campaign's own rate, over all its connections."""
    return (Rate(f"campaign:{uid}", rate[0], timedelta(seconds=rate[1])),) if rate else ()


def _through_all(store: Store, vias: Iterable[str]) -> float | None:
    refs = [Ref("SmtpConnection", via) for via in sorted(set(vias))]
    found = store.load(refs)
    each = [_limit(found[ref].document.get("spec", {})) for ref in refs if ref in found]
    known = [one for one in each if one is not None]
    return sum(known) if known and len(known) == len(each) else None


def _limit(spec: Mapping[str, Any]) -> float | None:
    return _least([_a_minute(one["max"], parse_duration(one["per"]).total_seconds()) for one in spec.get("limits", ())])


def _a_minute(most: float, seconds: float) -> float:
    return most * 60 / seconds


def _least(rates: Iterable[float | None]) -> float | None:
    return min((rate for rate in rates if rate is not None), default=None)
