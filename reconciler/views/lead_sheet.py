"""One lead, with whom it was sold to."""

from collections.abc import Sequence

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.leads import Lead, Outbound
from reconciler.views.lead_text import moment, sold_table
from reconciler.views.style import Style, safe


def render_lead(lead: Lead, campaign: str, sold: Sequence[Outbound], look: tuple[str, Style]) -> str:
    """For people; `look` is the zone of its times, and the style."""
    zone, style = look
    test = style.warn("  test") if lead.is_test else ""
    lines = [
        f"{style.bold(lead.code)}  {style.change(lead.stage.value)}{test}",
        f"came          {moment(lead.at, zone)} from {safe(lead.partner)}",
        f"for           {campaign}, {safe(lead.vertical) or 'no vertical'}, {safe(lead.workflow)}",
        f"score         {lead.score}",
    ]
    if lead.until:
        lines.append(f"offered until {moment(lead.until, zone)}")
    if lead.cost:
        lines.append(f"costs         {lead.cost} {lead.currency}")
    if lead.twin:
        lines.append(f"repeats       {lead.twin}")
    lines += ["", *(f"  {safe(name)}: {safe(str(value))}" for name, value in lead.fields.items()), ""]
    lines += list(sold_table(sold, {lead.id: lead.code}, zone, style)) or ["not sold"]
    return "\n".join(lines)


def lead_to_json(lead: Lead, campaign: str, sold: Sequence[Outbound]) -> str:
    """For programs; amounts are texts."""
    return canonical.encode_pretty(
        {
            "code": lead.code,
            "at": to_text(lead.at),
            "campaign": campaign,
            "partner": lead.partner,
            "vertical": lead.vertical,
            "workflow": lead.workflow,
            "stage": lead.stage.value,
            "test": lead.is_test,
            "score": lead.score,
            "until": to_text(lead.until) if lead.until else None,
            "cost": {"amount": str(lead.cost), "currency": lead.currency} if lead.cost else None,
            "repeats": lead.twin or None,
            "fields": dict(lead.fields),
            "sold": [
                {
                    "code": one.code, "at": to_text(one.at), "account": one.account, "price": str(one.price),
                    "currency": one.currency, "rule": one.rule,
                }
                for one in sold
            ],
        }
    )  # fmt: skip
