"""On what terms a resource is held: the reason, the owner and the end, as people say them."""

from datetime import datetime, timedelta

from reconciler.model.errors import Usage
from reconciler.model.hold import LONGEST, MOST_TEXT
from reconciler.model.instant import parse_duration, parse_instant, to_text


def spoken(what: str, text: str) -> str:
    """A reason or an owner, as it may stand in the log and on a terminal. Usage where it may not."""
    text = text.strip()
    if not text or len(text) > MOST_TEXT or not text.isprintable():
        raise Usage(f"the {what} is a line of text, {MOST_TEXT} characters at most")
    return text


def after(span: str, now: datetime) -> datetime:
    """The instant at the end of a span, such as 2h. Usage where it is none, is over, or too far."""
    try:
        return allowed(now + parse_duration(span), now)
    except (ValueError, OverflowError) as error:
        raise Usage(str(error)) from None


def at(text: str, zone: str | None, now: datetime) -> datetime:
    """The instant of a time; a local one is in `zone`. Usage where it is none, is over, or too far."""
    try:
        return allowed(parse_instant(text, zone), now)
    except ValueError as error:
        raise Usage(str(error)) from None


def allowed(end: datetime, now: datetime) -> datetime:
    """An end that a hold may have. Usage where it may not."""
    if end <= now:
        raise Usage(f"{to_text(end)} is over already; say a time to come")
    if end - now > LONGEST:
        raise Usage(
            f"a hold lasts {LONGEST // timedelta(days=1)} days at most; what rests for longer is said in the manifest"
        )
    return end
