"""A sold lead as a mail: a plain list of its fields, or what a Template makes of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from reconciler.mail.check import check, variables_of
from reconciler.mail.compose import Mail, open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.headers import one_line
from reconciler.mail.letter import Letter, Mailbox, Recipient
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent

NOBODY: Final = "muster@muster.invalid"
"""The sender where neither the delivery nor its connection names one."""
_SUBJECT: Final = "Lead {{ lead.id }} for {{ lead.campaign }}"
_LISTING: Final = "{{ listing }}"


def lead_mail(payload: Document, template: Document | None, return_path: str, at: datetime) -> Mail | Unfit:
    """The mail of a unit, as of `at`: the same whenever it is written again, but for its date.

    Permanent where the template cannot be used: it waits for who mends that, for what was sold is owed.
    """
    letter = _letter(payload, template, return_path)
    faults = check(letter)
    if faults:
        raise Permanent(f"the mail of a sold lead cannot be written: {faults[0]}")
    values = dict.fromkeys(variables_of(letter), "") | _values(payload["lead"])
    return open_letter(letter).compose(Recipient(payload["key"], payload["to"], values), at)


def _letter(payload: Document, template: Document | None, return_path: str) -> Letter:
    spec: Mapping[str, Any] = (template or {}).get("spec", {})
    sender = payload["from"] or {"email": return_path or NOBODY, "name": ""}
    return Letter(
        uid="lead",
        sender=Mailbox(sender["email"], sender["name"] or None),
        subject=spec.get("subject") or payload["subject"] or _SUBJECT,
        html=_inline(spec.get("html")),
        text=_inline(spec.get("text")) if template is not None else _LISTING,
    )


def _inline(written: Mapping[str, Any] | None) -> str | None:
    if written is not None and "inline" not in written:
        raise Permanent(
            "the template of a sold lead's mail has its text in a file, and workers have none: write it inline"
        )
    return written["inline"] if written is not None else None


def _values(lead: Mapping[str, Any]) -> dict[str, Any]:
    """What templates may use: the fields by their names, `lead`, and `listing`. No value can pass for another line."""
    about = {name: value for name, value in lead.items() if name not in ("fields", "price")}
    about["price"] = f"{lead['price']['amount']} {lead['price']['currency']}"
    listing = "\n".join([*map(_line, lead["fields"].items()), "", *map(_line, about.items())])
    return {**lead["fields"], "lead": about, "listing": listing}


def _line(item: tuple[str, Any]) -> str:
    return f"{item[0]}: {one_line(_text(item[1]))}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
