"""Resources as text: lists, portraits and histories."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from reconciler.model.actor import Actor
from reconciler.model.canonical import Document
from reconciler.model.event import Event
from reconciler.model.plan import Op, Verdict
from reconciler.model.portrait import Option, Portrait
from reconciler.model.resource import Resource
from reconciler.plan.advance import OPERATOR
from reconciler.plan.holding import held_words
from reconciler.views.occurrence_text import ids_text
from reconciler.views.plan_text import change_text
from reconciler.views.style import Style, safe


def table(rows: Sequence[Sequence[str]], style: Style) -> str:
    """Columns as wide as they need to be; the first row is the head."""
    if len(rows) < 2:
        return "nothing found\n"
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([style.bold(lines[0]), *lines[1:]]) + "\n"


def render_portrait(one: Portrait, now: datetime, color: bool, work: Sequence[str] = ()) -> str:
    """Everything about a resource, the most important first; `work` are the lines about its outside work."""
    style = Style(color)
    parts = (*_head(one, now, style), *work, *_conditions(one, style), *_options(one, style), *_rest(one, style))
    return "\n".join(parts) + "\n"


def _head(one: Portrait, now: datetime, style: Style) -> Iterator[str]:
    resource, state = one.resource, one.law.states[one.resource.state]
    yield style.bold(str(resource.ref)) + (f"  {', '.join(resource.flags)}" if resource.flags else "")
    yield f"State:     {style.change(resource.state)}  {style.dim(state.summary)}"
    yield f"Since:     {_ago(resource.entered_at, now)}"
    if one.manifest is None:
        yield f"Desired:   {style.warn('unmanaged')}: it has no manifest and is left alone"
    else:
        settled = one.desired in (resource.state, *resource.satisfied)
        note = "" if one.desired == resource.state else "  (satisfied)" if settled else "  (not reached)"
        yield f"Desired:   {one.desired}{note}  {style.dim(str(one.manifest.place))}"
    for line in hold_lines(resource, now):
        yield f"Held:      {style.warn(line)}"
    if resource.operated:
        yield f"Operator:  {safe(resource.operated.removeprefix(OPERATOR))}"
    if state.outward and not one.has_runtime:
        what = f"no runtime of {one.law.kind} is attached, so nothing acts on the world yet"
        yield f"Runtime:   {style.warn('none')}: {what}"
    for entry in one.manifest.entries if one.manifest else ():
        yield f"Schedule:  {entry.text} {entry.zone}  → {entry.state}"
    for change in one.changes:
        yield f"Differs:   {change_text(change, style)}"


def hold_lines(resource: Resource, now: datetime) -> Iterator[str]:
    """Who holds it at `now`, since when, until when and why."""
    for hold in resource.holds:
        if hold.in_force(now):
            words = held_words(hold)
            shown = words.replace("held", f"{', '.join(hold.paths)} acknowledged", 1) if hold.paths else words
            yield safe(shown.removeprefix("held "))


def _conditions(one: Portrait, style: Style) -> Iterator[str]:
    """What a daemon has found, if one has."""
    if one.status is None:
        return
    commit = f", commit {one.status.commit[:12]}" if one.status.commit else ""
    yield style.bold("Conditions:") + style.dim(f"  of revision {one.status.revision}{commit}")
    for condition in one.status.conditions:
        message = f"  {safe(condition.message)}" if condition.message else ""
        since = style.dim(_time(condition.since))
        yield f"  {condition.aspect:<8} {condition.truth:<8} {condition.reason:<16} {since}{message}"


def _options(one: Portrait, style: Style) -> Iterator[str]:
    if one.options:
        yield style.bold("May become:")
    for option in one.options:
        edge = option.transition
        who = "" if edge.by is Actor.USER else f" ({edge.by})"
        yield f"  {edge.target:<12} {edge.event}{who}{_guards(option, style)}"
        yield from (f"  {'':<12} {style.bad('at risk')}: {safe(risk.message)}" for risk in option.risks)
    frozen = one.law.states[one.resource.state].frozen + one.law.states[one.resource.state].frozen_keys
    if frozen:
        yield style.bold("May not change:")
    for line in frozen:
        yield f"  {line.path or 'anything'}{ids_text(line.requirement)}  {style.dim(line.message)}"


def _guards(option: Option, style: Style) -> str:
    open_guards = [guard for guard in option.guards if guard.verdict is not Verdict.TRUE]
    if not open_guards:
        return ""
    words = [
        f"{guard.name}: " + (guard.message if guard.verdict is Verdict.FALSE else "not known") for guard in open_guards
    ]
    return "  " + style.warn("; ".join(words))


def _rest(one: Portrait, style: Style) -> Iterator[str]:
    if one.targets:
        yield style.bold("Refers to:") + "  " + ", ".join(map(str, one.targets))
    if one.users:
        yield style.bold("Used by:") + "  " + ", ".join(map(str, one.users))
    yield style.bold("Document:")
    yield from document_lines(one.resource.document)
    yield style.bold("Events:")
    yield from ("  " + line for line in event_lines(one.events, style))


def document_lines(document: Document) -> Iterator[str]:
    """A document as indented YAML."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    yield from ("  " + safe(line) for line in text.splitlines())


def render_history(events: Iterable[Event], color: bool) -> str:
    """One line an event, newest last."""
    return "\n".join(event_lines(events, Style(color))) + "\n"


def event_lines(events: Iterable[Event], style: Style) -> Iterator[str]:
    """Each event: when, who, what, why."""
    for event in events:
        body = event.body
        yield "  ".join(
            part
            for part in (style.dim(_time(body["at"])), _what(body, style), safe(body.get("actor", "")), _why(body))
            if part
        )
        for effect in body.get("effects", ()):
            yield f"    {style.dim('effect')} {safe(effect)}"
        for change in body.get("changes", ()):
            yield f"    {style.dim('changed')} {safe(change['path'])}"


def _time(text: str) -> str:
    return text[:19].replace("T", " ") + "Z"


def _what(body: dict[str, Any], style: Style) -> str:
    event = style.bold(str(body.get("event", body["op"])))
    if body["op"] == Op.MISS:
        due = f", due {_time(body['due'])}" if body.get("due") else ""
        why = f": {safe(body['reason'])}" if body.get("reason") else ""
        return f"{event} {body.get('missed', '')}{due}{why}"
    before, after = body.get("from", ""), body.get("to", "")
    way = f"{before} → {after}" if before and before != after else after
    return f"{event}  {way}"


def _why(body: dict[str, Any]) -> str:
    commit = f"commit {commit_text(body)}" if body.get("commit") else "uncommitted" if body.get("uncommitted") else ""
    plan = f"plan {plan_text(body)}" if body.get("plan") else ""
    acknowledged = ", ".join(body.get("acknowledged", ()))
    overruled = f"acknowledged {acknowledged}" if acknowledged else ""
    cause, reason = body.get("cause", ""), body.get("reason", "")
    told = reason if body["op"] == Op.TRANSITION and reason not in cause else ""
    parts = (cause, told, commit, body.get("author", ""), plan, overruled)
    return "  ".join(safe(part) for part in parts if part)


def commit_text(body: Mapping[str, Any]) -> str:
    """The commit of an event in short, and how sure that is; empty where there is none."""
    commit = safe(str(body.get("commit", "")))[:12]
    return f"{commit} or earlier" if commit and body.get("orEarlier") else commit


def plan_text(body: Mapping[str, Any]) -> str:
    """The digest of an event's plan in short; empty where there is none."""
    return safe(str(body.get("plan", "")).removeprefix("sha256:"))[:12]


def _ago(then: datetime, now: datetime) -> str:
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{_time(then.isoformat())}  ({count} {unit}{'s' if count > 1 else ''} ago)"
    return f"{_time(then.isoformat())}  (just now)"
