"""How `hold`, `release` and `transition` go: whom is meant, until when, ask, do, say what was done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import click

from reconciler.app import App, actor
from reconciler.commands.forms import rendered
from reconciler.commands.options import Common, write
from reconciler.commands.planning import confirm
from reconciler.controller.braking import Judged, judged, taken
from reconciler.controller.inspect import find
from reconciler.controller.operate import Hand, Surroundings, Whose, asked_of
from reconciler.controller.settle import settle
from reconciler.controller.terms import after, at, spoken
from reconciler.controller.verdict import DENIED, DONE, ILLEGAL, of_outcome
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.model.hold import Hold, hold_until, holds_to_json, keeping
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Code, ResourcePlan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.selector import parse_selector
from reconciler.plan.holding import ends_words, held_words, short
from reconciler.views.health import settled_text
from reconciler.views.occurrence_text import ids_text
from reconciler.views.outcome import render_outcome
from reconciler.views.report import Report
from reconciler.views.style import Style


@dataclass(frozen=True, slots=True)
class Terms:
    """The reason, end and owner of a hold as the command line has them."""

    reason: str
    span: str | None
    until: str | None
    owner: str | None

    def hold(self, app: App, paths: tuple[str, ...] = ()) -> Hold:
        """The hold from now on. Usage where the end is missing, past, or too far."""
        now = app.clock.now()
        owner = self.owner or actor().removeprefix("user:")
        return hold_until(spoken("reason", self.reason), spoken("owner", owner), now, self._end(app, now), paths)

    def _end(self, app: App, now: datetime) -> datetime:
        if (self.span is None) == (self.until is None):
            raise Usage(
                "say when it ends, either --for SPAN, such as 2h, or --until TIME; a hold without an end is forgotten"
            )
        return after(self.span, now) if self.span is not None else at(self.until or "", app.project.timezone, now)


def hold(common: Common, texts: tuple[str, ...], selector: str | None, terms: Terms, extend: bool, form: str) -> int:
    """Hold what is meant."""
    app = common.app()
    new = terms.hold(app)
    store = app.store()
    refs = meant(store, texts, selector)
    Hand(store, app.clock, actor()).hold(refs, new, extend)
    if form == "json":
        return _held(store, refs)
    for ref in refs:
        write(f"{ref} is held by {new.owner} until {short(new.until)}: {new.reason}")
    return DONE


def release(common: Common, texts: tuple[str, ...], selector: str | None, reason: str, whose: Whose, form: str) -> int:
    """Release what is meant."""
    app = common.app()
    store = app.store()
    refs = meant(store, texts, selector, held=True)
    Hand(store, app.clock, actor()).release(refs, spoken("reason", reason) if reason else "", whose)
    if form == "json":
        return _held(store, refs)
    found, now = store.load(refs), app.clock.now()
    for ref in refs:
        left = keeping(found[ref].holds, now) if ref in found else ()
        then = f"it is still {ends_words(left)}." if left else "`muster plan` shows what goes on."
        write(f"{ref} is released; {then}")
    return DONE


def _held(store: Store, refs: list[Ref]) -> int:
    """What is stored of these, as JSON: which holds each has."""
    found = store.load(refs)
    some = [found[ref] for ref in refs if ref in found]
    write(
        canonical.encode_pretty(
            [{"ref": str(one.ref), "state": one.state, "holds": holds_to_json(one.holds)} for one in some]
        )
    )
    return DONE


def meant(store: Store, texts: tuple[str, ...], selector: str | None, held: bool = False) -> list[Ref]:
    """The resources that are named, or have the labels; of those only `held` ones. Usage where there is none."""
    if bool(texts) == (selector is not None):
        raise Usage("say which resources, by REF or by --selector, one of the two")
    heads = store.heads()
    if selector is None:
        return list(dict.fromkeys(find(text, heads) for text in texts))
    try:
        wanted = parse_selector(selector)
    except ValueError as error:
        raise Usage(str(error)) from None
    loaded = store.load(ref for ref, head in heads.items() if head.holds or not held)
    found = sorted(ref for ref, one in loaded.items() if wanted.accepts(_labels(one)))
    if not found:
        raise Usage(
            f"no {'held ' if held else ''}resource has the labels {selector!r}; `muster get` lists what is stored"
        )
    return found


def _labels(one: Resource) -> dict[str, str]:
    labels: dict[str, str] = one.document.get("metadata", {}).get("labels", {})
    return labels


def transition(common: Common, text: str, event: str, terms: Terms, yes: bool, form: str) -> int:
    """Take the transition, and hold the resource. The exit code."""
    app = common.app()
    new = terms.hold(app)
    kinds, store = app.kinds(), app.store()
    ref = find(text, store.heads())
    if ref.kind not in kinds.table:
        raise Usage(f"the kind of {ref} is no longer defined in this project")
    for settled in settle(store, app.runtimes(store), app.clock):
        click.echo(settled_text(settled, Style(False)), err=True)
    around = Surroundings(store, kinds.table, app.runtimes(store), app.project.timezone or "UTC", app.policies(kinds))
    found = judged(around, ref, event, new, app.clock.now())
    if isinstance(found.answer, Blocked):
        return _refused(common, found, found.answer, event, form)
    one = found.answer
    click.echo("\n".join([asked_of(one), *_holders(one, new, found.question.now)]), err=True)
    confirm(yes, "Do this?", "say --yes")
    return _done(common, found, taken(around, found, app.clock, actor()), form)


def _holders(one: ResourcePlan, new: Hold, now: datetime) -> Iterator[str]:
    """Who holds it from then on: whoever asks, and those who hold it already."""
    holds = keeping(one.steps[0].holds or (), now)
    # A short one may be over before the question is asked.
    end = next((each.until for each in holds if each.owner == new.owner), new.until)
    yield f"  held by {new.owner} until {short(end)}: {new.reason}"
    yield from (f"  {held_words(each)}" for each in holds if each.owner != new.owner)


def _refused(common: Common, found: Judged, one: Blocked, event: str, form: str) -> int:
    if form == "json":
        write(rendered(common, Report(found.plan, outcome=Outcome()), form))
    for refusal in one.refusals:
        if refusal.code is Code.ILLEGAL:
            click.echo(f"error: {refusal.message}", err=True)
            continue
        click.echo(
            f"error: {event} of {one.ref}: {refusal.code}{ids_text(refusal.requirement)} {refusal.message}", err=True
        )
    return DENIED if all(refusal.code.denied for refusal in one.refusals) else ILLEGAL


def _done(common: Common, found: Judged, outcome: Outcome, form: str) -> int:
    plan, one = found.plan, found.answer
    if form == "json":
        write(rendered(common, Report(plan, outcome=outcome), form))
    else:
        write(render_outcome(plan, outcome, common.color))
    if form == "text" and one.ref in outcome.done:
        write(f"{one.ref} is {one.target}, and drifts until it is released or adopted; see `muster drift {one.ref}`.")
    return of_outcome(plan, outcome) or (DONE if one.ref in outcome.done else DENIED)
