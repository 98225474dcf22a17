"""One line of a daemon's talk: for people, or as JSON for whatever collects logs."""

from datetime import datetime

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.views.style import Style, safe


def as_text(at: datetime, level: str, message: str, data: dict[str, object], color: bool) -> str:
    """`09:30:00Z applied ref=LeadCampaign/solar steps=2`: values with blanks in them are quoted."""
    style = Style(color)
    paint = {"warning": style.warn, "error": style.bad}.get(level, style.bold)
    parts = [f"{style.dim(name + '=')}{_value(value)}" for name, value in data.items() if value not in ("", None)]
    return " ".join([style.dim(to_text(at)), paint(message), *parts])


def _value(value: object) -> str:
    text = safe(str(value))
    return f'"{text}"' if " " in text else text


def as_json(at: datetime, level: str, message: str, data: dict[str, object]) -> str:
    """One JSON object, without line breaks."""
    told = {name: value if isinstance(value, int | float | bool) else str(value) for name, value in data.items()}
    return canonical.encode({"at": to_text(at), "level": level, "message": message, **told}).decode()
