"""`muster doctor`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("doctor", short_help="Check the log against the state, and settle what a crash left")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, form: str) -> int:
    """Verify every hash of the log, fold it and hold it against the snapshot, and settle what a crash left open.

    Prints a seal: one digest over the whole log's heads. Note it somewhere else, and a later rewriting of the log
    shows. What another run is at work on is left to it. Exit 1 where something does not hold.
    """
    from reconciler.commands.options import write
    from reconciler.controller.doctor import examine
    from reconciler.controller.settle import settle
    from reconciler.views.health import health_to_json, render_health

    app = common.app()
    store = app.store()
    settled = settle(store, app.runtimes, app.clock)
    health = examine(store)
    write(health_to_json(health, settled) if form == "json" else render_health(health, settled, common.color))
    return 1 if health.complaints else 0
