"""What `describe` shows: a resource as it is, or at another time."""

from reconciler.app import asked_rates
from reconciler.commands.asides import section
from reconciler.commands.options import Common, write
from reconciler.commands.planning import instant_meant
from reconciler.controller.glimpse import glimpse
from reconciler.controller.inspect import portray
from reconciler.controller.progress import progress_of
from reconciler.views.glimpse_text import render_glimpse
from reconciler.views.resource_json import glimpse_to_json, portrait_to_json
from reconciler.views.resource_text import render_portrait
from reconciler.views.style import Style
from reconciler.views.work_json import progress_to_json
from reconciler.views.work_text import progress_lines


def described(common: Common, ref: str, last: int, form: str) -> None:
    """The resource as it is now, with its `last` events."""
    app = common.app()
    gatherer = app.reconciler().gatherer
    one, now = portray(gatherer, app.clock, ref, last), app.clock.now()
    work = progress_of(gatherer.store, one.resource.ref, app.clock, asked_rates())
    style = Style(common.color)
    more = section(app, gatherer.store, one.resource, style)
    if form == "json":
        added = {"work": progress_to_json(work) if work else None}
        write(portrait_to_json(one, added | ({more.name: dict(more.data)} if more else {})))
    else:
        lines = tuple(progress_lines(work, style)) if work else ()
        write(render_portrait(one, now, common.color, (*lines, *(more.lines if more else ()))))


def described_at(common: Common, ref: str, time: str, last: int, form: str) -> None:
    """The resource as it was, or will be, at a time."""
    app = common.app()
    one = glimpse(app.reconciler().gatherer, app.clock.now(), ref, instant_meant(time, app))
    write(glimpse_to_json(one, last) if form == "json" else render_glimpse(one, last, common.color))
