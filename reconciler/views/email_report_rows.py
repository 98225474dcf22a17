"""A campaign's report for machines: JSON, and CSV with a row for each of its parts."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from reconciler.kinds.email.report import REST, Counts, Rates, Report, said_of
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.returns import Sign
from reconciler.model.work import Stage
from reconciler.views.csv_text import csv_line

_STAGES: Final = (Stage.SENT, Stage.FAILED, Stage.SUPPRESSED, Stage.CANCELLED, Stage.UNKNOWN)
_SIGNS: Final = tuple(sign for sign in Sign if sign is not Sign.DELIVERED)
_RATES: Final = ("open", "click", "click_to_open", "bounce", "complaint", "unsubscribe", "delivery")
_DIGITS: Final = 6

HEAD: Final = (
    "part", "name", "total", *(stage.value for stage in _STAGES), "left", "delivered",
    *(sign.value for sign in _SIGNS), *(f"{rate}_rate" for rate in _RATES), "text",
)  # fmt: skip


def report_to_json(one: Report) -> str:
    """The whole report; rates are shares between 0 and 1, null where there is nothing to share."""
    about = one.campaign
    return canonical.encode_pretty(
        {
            "ref": str(about.ref),
            "state": about.state,
            "flags": list(about.flags),
            "partial": one.is_partial,
            "timezone": about.zone,
            "at": to_text(about.at),
            "openedAt": to_text(about.opened_at) if about.opened_at else None,
            "counts": _counts(one.counts),
            "rates": _rates(one.rates),
            "hours": [{"from": at.isoformat(), "counts": _happened(counts)} for at, counts in one.hours],
            "connections": [_part("connection", via, counts) for via, counts in one.connections],
            "domains": [_part("domain", domain, counts) for domain, counts in one.domains],
            "reasons": [
                {"what": why.what, "reason": why.kind, "code": why.code, "mails": why.mails, "example": why.example}
                for why in one.reasons
            ],
            "unknown": [
                {"address": unit.key, "via": unit.via, "at": to_text(unit.at), "text": said_of(unit.answer)[2]}
                for unit in one.unknown
            ],
        }
    )


def report_to_csv(one: Report) -> Iterator[str]:
    """Lines: the whole, its hours, connections and domains, and the reasons with their mails."""
    yield csv_line(HEAD)
    yield _row("campaign", str(one.campaign.ref), one.counts)
    for at, counts in one.hours:
        yield _row("hour", at.isoformat(), counts)
    for via, counts in one.connections:
        yield _row("connection", via, counts)
    for domain, counts in one.domains:
        yield _row("domain", domain if domain != REST else "(others)", counts)
    empty = [None] * (len(HEAD) - 4)
    for why in one.reasons:
        name = " ".join(part for part in (why.what, why.kind, why.code) if part)
        yield csv_line(["reason", name, why.mails, *empty, why.example])


def _row(part: str, name: str, one: Counts) -> str:
    if part == "hour":
        happened = _happened(one)
        return csv_line([part, name, *(happened.get(column) for column in HEAD[2:])])
    return csv_line([part, name, *_counts(one).values(), *_rates(Rates.of(one)).values(), None])


def _part(what: str, name: str, one: Counts) -> dict[str, Any]:
    return {what: name if name != REST else None, "counts": _counts(one), "rates": _rates(Rates.of(one))}


def _counts(one: Counts) -> dict[str, int]:
    return {
        "total": one.total,
        **{stage.value: one.stages.get(stage, 0) for stage in _STAGES},
        "left": one.left,
        "delivered": one.delivered,
        **{sign.value: one.heard(sign) for sign in _SIGNS},
    }


def _happened(one: Counts) -> dict[str, int]:
    """What happened in an hour. What bounced then was mostly sent before: nothing can be said of what was delivered."""
    return {name: count for name, count in _counts(one).items() if name not in ("delivered", "left")}


def _rates(one: Rates) -> dict[str, float | None]:
    found: dict[str, float | None] = asdict(one)
    return {name: round(share, _DIGITS) if (share := found[name]) is not None else None for name in _RATES}
