"""Drift as text and JSON: per field what is stored, what the manifest says, who changed it, why and when."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from reconciler.model import canonical
from reconciler.model.deviation import Deviation
from reconciler.model.hold import holds_to_json
from reconciler.plan.codec import change_to_json, place_to_json
from reconciler.plan.holding import held_words, short
from reconciler.views.occurrence_text import place
from reconciler.views.plan_text import change_text
from reconciler.views.style import Style, safe


def render_drift(found: Sequence[Deviation], color: bool) -> str:
    """Each resource with its fields; what would correct them reads from left to right."""
    style = Style(color)
    lines = [line for _, some in groupby(found, lambda one: one.ref) for line in _resource(list(some), style)]
    return "\n".join(lines or ["No drift: what is stored is what manifests and schedules have brought about."]) + "\n"


def _resource(some: list[Deviation], style: Style) -> Iterator[str]:
    first = some[0]
    yield f"{style.warn('≠')} {style.bold(str(first.ref))}"
    for hold in first.holds:
        yield f"    {style.warn(safe(held_words(hold)))}"
    for one in some:
        yield f"    {change_text(one.change, style)}  {style.dim(place(one.place))}"
        if one.event is not None:
            yield f"      {style.dim(safe(_who(one)))}"
        if one.left:
            yield f"      {style.dim(f'left: {safe(one.left)}')}"


def _who(one: Deviation) -> str:
    assert one.event is not None
    body = one.event.body
    commit = f"commit {body['commit'][:12]}" if body.get("commit") else ""
    parts = (f"since {short(body['at'])}", str(body.get("actor", "")), str(body.get("cause", "")), commit)
    return "  ".join(part for part in parts if part)


def drift_to_json(found: Sequence[Deviation]) -> str:
    """The same, for other tools."""
    return canonical.encode_pretty([_as_json(one) for one in found])


def _as_json(one: Deviation) -> dict[str, Any]:
    data: dict[str, Any] = {"ref": str(one.ref)}
    change = change_to_json(one.change)
    data |= {"path": change["path"]}
    data |= {name: change[key] for key, name in (("before", "stored"), ("after", "manifest")) if key in change}
    body = one.event.body if one.event else {}
    data |= {"since": body.get("at"), "actor": body.get("actor"), "cause": body.get("cause")}
    data |= {"commit": body.get("commit"), **place_to_json(one.place)}
    data |= {"acknowledged": one.acknowledged, "left": one.left or None}
    holds = holds_to_json(one.holds)
    return data | {"hold": holds[-1] if holds else None, "holds": holds}
