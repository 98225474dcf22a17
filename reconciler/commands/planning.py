"""What `plan` and `apply` share: making a plan for this command line, and showing it."""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import click

from reconciler.app import App
from reconciler.commands.options import NINETY_DAYS, Common, parse_ref
from reconciler.controller.gather import Wishes
from reconciler.controller.reconcile import Reconciler
from reconciler.model.comparison import Comparison
from reconciler.model.errors import Usage
from reconciler.model.horizon import ahead
from reconciler.model.instant import parse_instant
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.views.health import settled_text
from reconciler.views.style import Style, safe


@dataclass(frozen=True, slots=True)
class Made:
    """A plan with what made it, and what it was compared with."""

    app: App
    reconciler: Reconciler
    plan: Plan
    comparison: Comparison | None = None
    acknowledged: tuple[str, ...] = ()

    @property
    def judged(self) -> Plan:
        """What is approved and applied: this branch's part where there is a base, else the whole."""
        return self.comparison.branch if self.comparison else self.plan


def make(
    common: Common,
    paths: tuple[str, ...],
    *,
    at: str | None = None,
    horizon: str = NINETY_DAYS,
    only: tuple[str, ...] = (),
    ack: tuple[str, ...] = (),
    settle: bool = False,
    base: str | None = None,
) -> Made:
    """The plan that this command line asks for, after settling where asked. Invalid manifests end it."""
    app = common.app(paths)
    reconciler = app.reconciler()
    if settle:
        for one in reconciler.settle():
            click.echo(settled_text(one, Style(False)), err=True)
        from reconciler.controller.refresh import refresh

        for kind, why in refresh(reconciler.store, reconciler.runtimes).items():
            click.echo(f"warning: {kind}: a list was not taken up whole: {safe(why)}", err=True)
    now = instant_meant(at, app) if at else app.clock.now()
    wishes = Wishes(frozenset(refs_named(reconciler, only)), frozenset(ack), span_ahead(horizon, now))
    plan, _ = reconciler.plan(wishes, now)
    if not (at or only or ack):
        app.remember_idle(reconciler, plan)
    return Made(app, reconciler, plan, _compared(reconciler, plan, wishes, base, paths), ack)


def _compared(
    reconciler: Reconciler, plan: Plan, wishes: Wishes, base: str | None, paths: tuple[str, ...]
) -> Comparison | None:
    """The plan, taken apart by what the base owes already; None where there is none to compare with."""
    if base is None:
        return None
    from reconciler.controller.against import Against, compare

    return compare(reconciler, plan, wishes, Against(base, paths))


def instant_meant(text: str, app: App) -> datetime:
    """The instant of a `--at`; local times are those of the project. Usage where it is no time."""
    try:
        return parse_instant(text, app.project.timezone)
    except ValueError as error:
        raise Usage(str(error)) from None


def span_ahead(text: str, now: datetime) -> timedelta:
    """The span of a `--horizon`, from now on. Usage where it is none."""
    try:
        return ahead(text, now)
    except ValueError as error:
        raise Usage(str(error)) from None


def refs_named(reconciler: Reconciler, texts: tuple[str, ...]) -> list[Ref]:
    """Refs from the command line, which must be manifests; one without a version means all of that name."""
    manifests = reconciler.gatherer.library.catalog.manifests
    found: list[Ref] = []
    for text in texts:
        wanted = parse_ref(text)
        same = [ref for ref in manifests if ref[:2] == wanted[:2] and ("@" not in text or ref == wanted)]
        if not same:
            from difflib import get_close_matches

            close = get_close_matches(text, [str(ref) for ref in manifests], n=1)
            raise Usage(f"there is no manifest of {text}" + (f"; did you mean {close[0]}?" if close else ""))
        found += same
    return found


_OR_EXPECT: Final = "say --yes, or --expect DIGEST for exactly the plan that was reviewed"


def confirm(yes: bool, question: str = "Apply this?", otherwise: str = _OR_EXPECT) -> None:
    """Ask the person, on a terminal; elsewhere they must have said so beforehand. Usage where they did not."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Usage(f"nobody can be asked here: {otherwise}")
    click.confirm(question, abort=True, err=True)
