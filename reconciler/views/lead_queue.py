"""The queue of leads, and what became of a file of them: for people, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.leads import Queued, QueueStage
from reconciler.views.lead_reasons import REASONS
from reconciler.views.lead_text import moment
from reconciler.views.style import Style, safe
from reconciler.views.table import table


def queue_table(items: Sequence[Queued], zone: str, style: Style) -> Iterator[str]:
    """A line for each item, and its reason in words."""
    rows = [
        (
            one.code,
            moment(one.at, zone),
            f"{one.campaign}@{one.version}" if one.version else one.campaign,
            one.reason.value,
            one.stage.value,
            _cut(one.detail),
        )
        for one in items
    ]
    return table(("ITEM", "AT", "CAMPAIGN", "REASON", "STAGE", "WHY"), rows, style)


def queue_to_json(items: Sequence[Queued], leads: Mapping[int, str]) -> str:
    """A list; `leads` are the codes of what was released."""
    return canonical.encode_pretty([_item(one, leads) for one in items])


def item_to_json(item: Queued, leads: Mapping[int, str]) -> str:
    """One item, with what was sent and its history."""
    body = {name: value for name, value in item.body.items() if name != "history"}
    return canonical.encode_pretty({**_item(item, leads), "body": body, "history": list(item.body.get("history", ()))})


def render_item(item: Queued, leads: Mapping[int, str], zone: str, color: bool) -> str:
    """One item, with what was sent and its history."""
    style = Style(color)
    where = f"{item.campaign}@{item.version}" if item.version else item.campaign or "no campaign"
    lines = [f"{style.bold(item.code)}  {style.change(item.stage.value)}  {safe(where)}  {moment(item.at, zone)}"]
    lines.append(f"{style.warn(item.reason.value)}: {safe(item.detail)}")
    if item.stage is QueueStage.OPEN:
        lines.append(f"way out: {REASONS[item.reason].way_out}")
    if item.lead:
        lines.append(f"it is the lead {leads.get(item.lead, '')}")
    lines += ["", *(f"  {safe(name)}: {safe(str(value))}" for name, value in item.body.get("fields", {}).items())]
    lines += [
        f"  ({name}: {safe(item.body[name])})" for name in ("vertical", "workflow", "contract") if name in item.body
    ]
    for entry in item.body.get("history", ()):
        what = "; ".join(f"{name} {safe(_told(value))}" for name, value in entry.items() if name not in ("at", "by"))
        lines.append(style.dim(f"{entry['at']}  {safe(str(entry['by']))}  {what}"))
    return "\n".join(lines)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={before!r}" for name, before in value.items()) or "nothing"
    return str(value)


def _item(one: Queued, leads: Mapping[int, str]) -> dict[str, Any]:
    found = {
        "code": one.code, "at": to_text(one.at), "campaign": one.campaign, "version": one.version or None,
        "stage": one.stage.value, "reason": one.reason.value, "detail": one.detail,
    }  # fmt: skip
    return {**found, "lead": leads.get(one.lead)} if one.lead else found


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
