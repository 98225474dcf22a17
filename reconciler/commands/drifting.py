"""How `drift` goes: look, and revert, adopt or acknowledge what was found."""

import click

from reconciler.app import App, actor
from reconciler.commands.forms import rendered
from reconciler.commands.options import Common, write
from reconciler.commands.planning import confirm
from reconciler.controller.drift import adopt, chosen, deviations
from reconciler.controller.gather import Gatherer, Wishes
from reconciler.controller.inspect import find
from reconciler.controller.operate import Hand
from reconciler.controller.verdict import DONE, DRIFT, HELD, of_outcome
from reconciler.model.deviation import Deviation
from reconciler.model.ref import Ref
from reconciler.plan.holding import holders_words, short
from reconciler.views.drift_text import drift_to_json, render_drift
from reconciler.views.outcome import render_outcome
from reconciler.views.report import Report


def shown(common: Common, texts: tuple[str, ...], form: str) -> int:
    """What has strayed: 9 where any of it is not acknowledged."""
    app = common.app()
    gatherer, now = app.reconciler().gatherer, app.clock.now()
    known = gatherer.library.catalog.manifests
    found = deviations(gatherer, now, [find(text, known, "there is no manifest of") for text in texts])
    write(drift_to_json(found) if form == "json" else render_drift(found, common.color))
    return DRIFT if any(not one.acknowledged for one in found) else DONE


def _meant(app: App, gatherer: Gatherer, text: str, path: str) -> tuple[Ref, tuple[Deviation, ...]]:
    ref = find(text, gatherer.library.catalog.manifests, "there is no manifest of")
    return ref, chosen(deviations(gatherer, app.clock.now(), [ref]), ref, path)


def reverted(common: Common, text: str, path: str, yes: bool) -> int:
    """Correct it. The exit code: 10 where the resource is held."""
    app = common.app()
    reconciler = app.reconciler()
    reconciler.settle()
    ref, found = _meant(app, reconciler.gatherer, text, path)
    if holds := found[0].holds:
        words = holders_words(holds)
        click.echo(f"error: {ref} is {words}; `muster release {ref}` comes first", err=True)
        return HELD
    wishes = Wishes(only=frozenset({ref}), correcting=frozenset(one.change.path for one in found))
    plan, _ = reconciler.plan(wishes)
    write(rendered(common, Report(plan), "text"))
    if plan.has_changes:
        confirm(yes, "Do this?", "say --yes")
    outcome = reconciler.apply(plan)
    write(render_outcome(plan, outcome, common.color))
    return of_outcome(plan, outcome)


def adopted(common: Common, text: str, path: str) -> int:
    """Write it into the manifest."""
    app = common.app()
    gatherer = app.reconciler().gatherer
    ref, found = _meant(app, gatherer, text, path)
    file = adopt(gatherer, found)
    write(f"{file} says what is stored of {ref}: {', '.join(one.change.path for one in found)}.")
    return DONE


def acknowledged(common: Common, which: tuple[str, str], said: tuple[str, str | None, str | None, str | None]) -> int:
    """Note on the resource that this drift is left for now."""
    from reconciler.commands.operating import Terms

    app = common.app()
    gatherer = app.reconciler().gatherer
    ref, found = _meant(app, gatherer, *which)
    hold = Terms(*said).hold(app, tuple(one.change.path for one in found))
    Hand(gatherer.store, app.clock, actor()).hold([ref], hold, extend=False)
    write(f"{ref} is left as it is at {', '.join(hold.paths)} until {short(hold.until)}: {hold.reason}")
    return DONE
