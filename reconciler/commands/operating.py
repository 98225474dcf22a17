"""How `hold`, `release` and `transition` go: whom is meant, until when, ask, do, say what was done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from reconciler.app import App, actor
from reconciler.commands.forms import rendered
from reconciler.commands.options import Common, write
from reconciler.commands.planning import confirm, instant_meant
from reconciler.controller.execute import Executor
from reconciler.controller.inspect import find
from reconciler.controller.operate import Hand, Surroundings, asked_of
from reconciler.controller.settle import settle
from reconciler.controller.verdict import DENIED, DONE, ILLEGAL, of_outcome
from reconciler.lifecycle.kind import Kind
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.model.hold import LONGEST, MOST_TEXT, Hold, hold_until, holding, holds_to_json
from reconciler.model.instant import parse_duration, to_text
from reconciler.model.lifecycle import Transition
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Code, Plan, Refusal, ResourcePlan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.selector import parse_selector
from reconciler.plan.codec import digest_of
from reconciler.plan.holding import short
from reconciler.plan.operate import legal, operated
from reconciler.plan.question import Question
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
        try:
            end = now + parse_duration(self.span) if self.span is not None else instant_meant(self.until or "", app)
        except (ValueError, OverflowError) as error:
            raise Usage(str(error)) from None
        if end <= now:
            raise Usage(f"{to_text(end)} is over already; say a time to come")
        if end - now > LONGEST:
            raise Usage(
                f"a hold lasts {LONGEST // timedelta(days=1)} days at most; what rests for longer is said in the manifest"
            )
        return end


def spoken(what: str, text: str) -> str:
    """A reason or an owner, as it may stand in the log and on a terminal. Usage where it may not."""
    text = text.strip()
    if not text or len(text) > MOST_TEXT or not text.isprintable():
        raise Usage(f"the {what} is a line of text, {MOST_TEXT} characters at most")
    return text


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


def release(common: Common, texts: tuple[str, ...], selector: str | None, reason: str, path: str, form: str) -> int:
    """Release what is meant."""
    app = common.app()
    store = app.store()
    refs = meant(store, texts, selector, held=True)
    Hand(store, app.clock, actor()).release(refs, spoken("reason", reason) if reason else "", path)
    if form == "json":
        return _held(store, refs)
    for ref in refs:
        write(f"{ref} is released; `muster plan` shows what goes on.")
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
    question = around.question(ref, app.clock.now())
    edge = _edge(question.resources[ref], kinds.table[ref.kind], event)
    one = edge if isinstance(edge, Blocked) else operated(question, ref, edge, _longest(question.resources[ref], new))
    if isinstance(one, Blocked):
        return _refused(common, question, one, event, form)
    end = one.steps[0].holds[-1].until if one.steps[0].holds else new.until
    click.echo(f"{asked_of(one)}\n  held by {new.owner} until {short(end)}: {new.reason}", err=True)
    confirm(yes, "Do this?", "say --yes")
    return _done(common, app, question, one, form)


def _edge(resource: Resource, kind: Kind, event: str) -> Transition | Blocked:
    """The transition that is meant; a refusal where it is not legal now. Usage where there is none at all."""
    edges = legal(kind.lifecycle, resource.state)
    found = next((edge for edge in edges if edge.event == event), None)
    if found is not None:
        return found
    now = f"in {resource.state!r} there is " + (", ".join(edge.event for edge in edges) or "none")
    if all(edge.event != event for edge in kind.lifecycle.transitions):
        from reconciler.source.schema import did_you_mean

        near = did_you_mean(event, sorted(edge.event for edge in edges))
        raise Usage(f"{kind.name} has no transition {event!r}; {' '.join(part for part in (near, now) if part)}")
    message = f"{event!r} is not legal for {resource.ref}, which is {resource.state!r}; {now}"
    target = next(edge.target for edge in kind.lifecycle.transitions if edge.event == event)
    return Blocked(resource.ref, resource.state, target, (Refusal(Code.ILLEGAL, message),))


def _longest(resource: Resource, new: Hold) -> Hold:
    """The new hold, to the end of the one in whose place it comes, if that is later."""
    from reconciler.model.record import replace

    before = holding(resource.holds, new.ends)
    return replace(new, until=before.until) if before is not None else new


def _refused(common: Common, question: Question, one: Blocked, event: str, form: str) -> int:
    if form == "json":
        write(rendered(common, Report(_plan(question, blocked=(one,)), outcome=Outcome()), form))
    for refusal in one.refusals:
        if refusal.code is Code.ILLEGAL:
            click.echo(f"error: {refusal.message}", err=True)
            continue
        click.echo(
            f"error: {event} of {one.ref}: {refusal.code}{ids_text(refusal.requirement)} {refusal.message}", err=True
        )
    return DENIED if all(refusal.code.denied for refusal in one.refusals) else ILLEGAL


def _done(common: Common, app: App, question: Question, one: ResourcePlan, form: str) -> int:
    plan = _plan(question, (one,))
    store = app.store()
    outcome = Executor(question, store, app.clock, app.runtimes(store), actor()).run(plan)
    if form == "json":
        write(rendered(common, Report(plan, outcome=outcome), form))
    else:
        write(render_outcome(plan, outcome, common.color))
    if form == "text" and one.ref in outcome.done:
        write(f"{one.ref} is {one.target}, and drifts until it is released or adopted; see `muster drift {one.ref}`.")
    return of_outcome(plan, outcome) or (DONE if one.ref in outcome.done else DENIED)


def _plan(question: Question, resources: tuple[ResourcePlan, ...] = (), blocked: tuple[Blocked, ...] = ()) -> Plan:
    return Plan(question.now, 0, "", resources, blocked, (), (), 0, (), digest_of(resources))
