"""The contacts that are foreseen of a collection campaign: day by day, or of one account."""

from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.foreseen import Outlook, Way, span
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.views.style import Style, safe

_WIDTH: Final = 40
"""Signs of the longest bar."""
_ASSUMED: Final = "as if nobody answered and no try reached anybody: the most contacts that there can be"


def outlook_text(ref: Ref, one: Outlook, zone: str, color: bool) -> str:
    """All accounts of a campaign."""
    style = Style(color)
    lines = (_verdict(ref, one, style), style.dim(f"{_ASSUMED}; days in {zone}"), *_days(one), *_ends(one, style))
    return "\n".join(lines) + "\n"


def _verdict(ref: Ref, one: Outlook, style: Style) -> str:
    words = safe(one.words) if one.is_proven else style.bad(safe(one.words))
    return f"{style.bold(str(ref))}  {words}"


def _days(one: Outlook) -> Iterator[str]:
    most = max(one.days.values(), default=0)
    for day, contacts in one.days.items():
        bar = "█" * max(1, contacts * _WIDTH // most)
        yield f"  {day:%Y-%m-%d %a}  {bar:<{_WIDTH}}  {contacts:,}"


def _ends(one: Outlook, style: Style) -> Iterator[str]:
    for rule, delay in one.put_off.items():
        yield f"  put off by {rule}: {delay.contacts:,}, by {span(delay.longest)} at most"
    for step, accounts in one.too_late.items():
        yield f"  {style.warn('too late')}: step {step + 1}, for {accounts:,} accounts"
    for end, accounts in one.ends.items():
        yield f"  {end}: {accounts:,} accounts"


def way_text(number: str, way: Way, zone: str) -> str:
    """One account: its contacts and what puts them off, in its own time."""
    place = ZoneInfo(zone)
    made = [(one.at, f"{one.channel}, step {one.step + 1}, try {one.tries + 1}") for one in way.contacts]
    late = [
        (one.at, f"step {one.step + 1} put off by {one.rule} to {one.until.astimezone(place):%Y-%m-%d %H:%M}")
        for one in way.put_off
    ]
    lines = [f"account {safe(number)}, times in {zone}; {_ASSUMED}"]
    lines += [f"  {at.astimezone(place):%Y-%m-%d %a %H:%M}  {safe(words)}" for at, words in sorted(made + late)]
    return "\n".join([*lines, f"  then: {way.end or 'the time is over'}"]) + "\n"


def outlook_json(ref: Ref, one: Outlook) -> str:
    """All accounts of a campaign, for other programs. Lengths are in seconds, steps from 1."""
    broken = one.counterexample
    data: dict[str, Any] = {
        "ref": str(ref),
        "until": one.until.isoformat(),
        "accounts": one.accounts,
        "contacts": one.contacts,
        "proven": one.is_proven,
        "words": one.words,
        "days": {day.isoformat(): contacts for day, contacts in one.days.items()},
        "putOff": {
            rule: {"contacts": delay.contacts, "longest": int(delay.longest.total_seconds())}
            for rule, delay in one.put_off.items()
        },
        "tooLate": {str(step + 1): accounts for step, accounts in one.too_late.items()},
        "ends": dict(one.ends),
    }
    if broken is not None:
        data["counterexample"] = {"account": broken.number, "at": to_text(broken.at), "rule": broken.rule}
    return canonical.encode(data).decode() + "\n"


def way_json(number: str, way: Way, zone: str) -> str:
    """One account, for other programs."""
    data = {
        "account": number,
        "timezone": zone,
        "contacts": [
            {"at": to_text(one.at), "step": one.step + 1, "try": one.tries + 1, "channel": one.channel}
            for one in way.contacts
        ],
        "putOff": [
            {"at": to_text(one.at), "until": to_text(one.until), "step": one.step + 1, "rule": one.rule}
            for one in way.put_off
        ],
        "end": way.end,
    }
    return canonical.encode(data).decode() + "\n"
