"""A launch checklist as text: what is done, what is open, and who can close it."""

from collections.abc import Iterable, Iterator

from reconciler.model.plan import Verdict
from reconciler.plan.checklist import REFERENCE, Checklist, Item, Stage
from reconciler.plan.closers import Closer, Who
from reconciler.views.boxes import boxed
from reconciler.views.occurrence_text import ids_text, pointed
from reconciler.views.plan_text import alternative_text
from reconciler.views.style import Style, safe


def render_checklist(one: Checklist, color: bool) -> str:
    """Step by step, each with its guards; then what is needed besides; the count last."""
    style = Style(color)
    lines = [f"{style.bold(str(one.ref))}  {one.origin or 'nothing'} → {one.state}"]
    if not one.is_legal:
        lines.append(style.bad("There is no legal way."))
    elif not one.stages:
        lines.append(f"It is {one.origin} already; no step is needed.")
    for stage in one.stages:
        lines += _stage(stage, style)
    if one.beside:
        lines += [style.bold("beside the steps"), *_items(one.beside, style)]
    for way in one.alternatives:
        lines.append(f"{style.good('instead')}: {alternative_text(way)}")
    lines += [style.bold(_count(one.items))]
    return "\n".join(lines) + "\n"


def _stage(stage: Stage, style: Style) -> Iterator[str]:
    way = f"{stage.origin} → {stage.target}" if stage.origin and stage.origin != stage.target else stage.target
    at = f", by its timer at {stage.at}" if stage.at else ""
    yield f"{style.bold(stage.event)}  {way}{at}"
    yield from _items(stage.items, style)


def _items(items: Iterable[Item], style: Style) -> Iterator[str]:
    for item in items:
        yield f"  {boxed(item.verdict, style)} {item.name}{ids_text(item.requirement)}  {_words(item)}".rstrip()
        yield from (f"        {style.dim(_closer(closer, item))}" for closer in item.closers)


def _words(item: Item) -> str:
    """What to do; of a guard that holds its name says enough, since its message is for whoever must act."""
    if item.verdict is Verdict.TRUE and item.name != REFERENCE:
        return ""
    return ("not known; if not: " if item.verdict is Verdict.UNKNOWN else "") + safe(item.message)


def _closer(one: Closer, item: Item) -> str:
    match one.who:
        case Who.AUTHOR:
            return f"the manifest's author: {pointed(item.path, item.place)}"
        case Who.RESOURCE:
            return f"{one.ref}, now {one.what}" + (f": {one.place}" if one.place.file else "")
        case Who.RUNTIME:
            return f"the runtime: {safe(one.what)}"
        case Who.CLOCK:
            return f"the clock: {safe(one.what)}"


def _count(items: tuple[Item, ...]) -> str:
    """`3 open, 2 not known, 4 done`."""
    words = {Verdict.FALSE: "open", Verdict.UNKNOWN: "not known", Verdict.TRUE: "done"}
    counts = {verdict: sum(item.verdict is verdict for item in items) for verdict in words}
    parts = [f"{count} {words[verdict]}" for verdict, count in counts.items() if count]
    return ", ".join(parts) or "Nothing is needed."
