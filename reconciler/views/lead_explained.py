"""Why a lead goes to whom: the verdict on each buyer and each rule's choice, for people and as JSON."""

from collections.abc import Iterator
from typing import Any

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.lead_explained import Chosen, Explanation, Finding
from reconciler.model.leads import Outbound
from reconciler.views.lead_text import moment
from reconciler.views.style import Style, safe
from reconciler.views.table import table


def explanation_to_json(one: Explanation) -> str:
    """Amounts are texts, so that nothing is rounded; `bar` is null for those who may buy."""
    return canonical.encode_pretty(
        {
            "lead": one.lead.code,
            "version": str(one.version),
            "state": one.state,
            "workflow": one.lead.workflow,
            "mode": one.mode or None,
            "stage": one.lead.stage.value,
            "sold": [_sale(sale) for sale in one.sold],
            "buyers": [_finding(finding) for finding in one.findings],
            "again": to_text(one.again) if one.again else None,
        }
    )


def render_explanation(one: Explanation, zone: str, color: bool) -> str:
    """What was sold, then every buyer, those who may buy first, with what would choose them."""
    style = Style(color)
    head = f"{style.bold(one.lead.code)}  {one.lead.stage.value}  {one.version} {one.state}"
    lines = [f"{head}, workflow {safe(one.lead.workflow)}", *_sales(one, zone)]
    if not one.mode:
        lines.append("its workflow is not there any more: it is not distributed")
    if one.findings:
        lines += ["", *table(("CONTRACT", "ACCOUNT", "NOW", "WHY"), list(verdicts(one)), style)]
    elif one.mode:
        lines.append("no account contract is for this campaign")
    if one.again:
        lines += ["", f"if nobody takes it now it is offered again at {moment(one.again, zone)}"]
    return "\n".join(lines) + "\n"


def _sales(one: Explanation, zone: str) -> Iterator[str]:
    for sale in one.sold:
        price = f"{sale.price} {sale.currency}"
        yield f"  sold to {safe(sale.account)} for {price} at {moment(sale.at, zone)}, by {sale.rule}"


def verdicts(one: Explanation) -> Iterator[tuple[str, str, str, str]]:
    """Every buyer: contract, account, whether it may buy, and why."""
    for finding in one.findings:
        chosen = finding.chosen
        if finding.bar:
            verdict, why = finding.bar, safe(finding.detail)
        elif chosen:
            verdict, why = f"chosen {chosen.place}", f"{chosen.rule}: {chosen.reason}"
        else:
            verdict, why = "may buy", _idle(one)
        yield finding.contract, finding.account, verdict, why


def _idle(one: Explanation) -> str:
    match one.mode:
        case "pingPost":
            return "it would be asked for a bid"
        case "manual":
            return "a person chooses"
        case _:
            return "no rule chooses it" if any(finding.chosen for finding in one.findings) else ""


def _finding(one: Finding) -> dict[str, Any]:
    named = {"contract": one.contract, "account": one.account, "bar": one.bar or None, "detail": one.detail or None}
    return named | {"chosen": _chosen(one.chosen) if one.chosen else None}


def _chosen(one: Chosen) -> dict[str, Any]:
    price = {"amount": str(one.price), "currency": one.currency}
    return {"place": one.place, "rule": one.rule, "reason": one.reason, "price": price}


def _sale(one: Outbound) -> dict[str, Any]:
    price = {"amount": str(one.price), "currency": one.currency}
    return {"sale": one.code, "account": one.account, "price": price, "rule": one.rule, "at": to_text(one.at)}
