"""A report as pages draw it, and what a campaign is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.dashboard.charts import Chart, bars
from reconciler.dashboard.render import href, number
from reconciler.dashboard.spans import over_time
from reconciler.kinds.email.report import Report
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Sign
from reconciler.model.work import Stage


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a campaign names: what for, which, and its page, empty where the store does not know it."""

    part: str
    ref: Ref
    href: str
    note: str


def hours_of(one: Report) -> Chart:
    """Mails sent, opened and clicked, over time; hours are those of the project."""
    found = (
        (at, (float(counts.sent), float(counts.heard(Sign.OPENED)), float(counts.heard(Sign.CLICKED))))
        for at, counts in one.hours
    )
    return bars(f"Mails by time, {one.campaign.zone}", ("sent", "opened", "clicked"), over_time(found))


def partial(one: Report) -> str:
    """In a sentence, that the report is of a part; empty where it is of all. (E-30, E-35)"""
    if not one.is_partial:
        return ""
    if one.campaign.is_over:
        unsent = one.counts.left + one.counts.stages.get(Stage.CANCELLED, 0)
        said = f"{one.campaign.state} before {number(unsent)} of {number(one.counts.total)} mails were sent"
        return f"A partial report: {said}."
    return f"So far: {number(one.counts.left)} of {number(one.counts.total)} mails are yet to be sent."


def named_of(store: Store, spec: Mapping[str, Any]) -> Iterator[Named]:
    """Everything that a spec names, in the order in which it is used."""
    named = list(_named(spec))  # one of a higher version is not looked for: its name stands there without a link
    known = store.load({ref for _, ref, _ in named})
    for part, ref, note in named:
        yield Named(part, ref, href(ref) if ref in known else "", note)


def _named(spec: Mapping[str, Any]) -> Iterator[tuple[str, Ref, str]]:
    content, targets, smtp = spec.get("content") or {}, spec.get("targets") or {}, spec.get("smtp") or {}
    if "template" in content:
        yield "Letter", Ref("Template", content["template"]), ""
    kinds = {"list": "RecipientList", "segment": "Segment"}
    for word, part in (("include", "Sent to"), ("exclude", "Left out")):
        for one in targets.get(word, ()):
            for sort, name in one.items():
                yield part, Ref(kinds[sort], name), sort
    for name in spec.get("suppressions", ()):
        yield "Suppressed by", Ref("SuppressionList", name), "asked again just before each mail"
    for one in smtp.get("connections", ()):
        yield (
            "Through",
            Ref("SmtpConnection", one["name"]),
            f"{one['percent']} %" if one.get("percent") is not None else "",
        )
