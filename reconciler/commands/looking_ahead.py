"""What `timeline` and `calendar` share: a plan with a far horizon, the log before it, and where the result goes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from click.core import ParameterSource

from reconciler.commands.options import Common, write
from reconciler.commands.planning import Made, make
from reconciler.controller.axis import chosen, concerning, lay_out
from reconciler.model.axis import Axis
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, Usage
from reconciler.model.horizon import back
from reconciler.model.ref import Ref
from reconciler.source.edit import overwrite, write_new


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at, how far ahead and how far back."""

    refs: tuple[str, ...]
    horizon: str
    since: str = "0d"


def show_timeline(common: Common, look: Look, form: str, out: str | None, limit: int) -> None:
    """The timeline on stdout, or in the file."""
    if out and _is_default("form"):
        form = {".svg": "svg", ".json": "json"}.get(Path(out).suffix, form)
    made, wanted = _made(common, look)
    axis = lay_out(made.reconciler.gatherer, made.plan, _since(look.since, made.plan.made_at), wanted)
    _put(common, _rendered(axis, form, common.color and not out, limit), out or "-")


def write_calendar(common: Common, look: Look, out: str) -> None:
    """The calendar in the file; `-` is stdout."""
    from reconciler.views.calendar import render_calendar

    made, wanted = _made(common, look)
    _put(common, render_calendar(made.plan.made_at, concerning(made.plan.timeline, wanted)), out)


def _made(common: Common, look: Look) -> tuple[Made, frozenset[Ref] | None]:
    """The plan, and whom it is asked about: everybody, where nobody is named."""
    made = make(common, (), horizon=look.horizon)
    if has_errors(made.plan.diagnostics):
        raise Invalid(made.plan.diagnostics)
    return made, chosen(look.refs, made.reconciler.gatherer) if look.refs else None


def _since(text: str, now: datetime) -> datetime:
    try:
        return back(text, now)
    except ValueError as error:
        raise Usage(str(error)) from None


def _rendered(axis: Axis, form: str, color: bool, limit: int) -> str:
    match form:
        case "json":
            from reconciler.views.timeline_json import render_json

            return render_json(axis)
        case "svg":
            from reconciler.views.timeline_svg import render_svg

            return render_svg(axis, limit)
        case _:
            from reconciler.views.timeline_text import render_timeline

            return render_timeline(axis, color, limit)


def _is_default(name: str) -> bool:
    """Whether an option was left as it is."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.DEFAULT


def _put(common: Common, text: str, out: str) -> None:
    """Into the file, whole or not at all; `-` is stdout. Usage where it cannot be written."""
    if out == "-":
        write(text)
        return
    path = Path(common.directory) / out
    try:
        try:
            overwrite(path, text)
        except FileNotFoundError:
            write_new(path, text)
    except OSError as error:
        raise Usage(f"{path} cannot be written: {error.strerror}") from None
