"""`muster doctor`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("doctor", short_help="Check the log against the state, and settle what a crash left")
@click.option("--expect", multiple=True, metavar="SEAL", help="A seal noted before, which must hold; may be repeated.")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, expect: tuple[str, ...], form: str) -> int:
    """Verify every hash of the log, fold it and hold it against the snapshot, and settle what a crash left open.

    A log that is whole is sealed: one hash over all its events is kept in the store and printed, and every later
    doctor verifies it. Note it somewhere else as well, and a log that was cut or rewritten together with its seals
    shows too. What another run is at work on is left to it. Exit 1 where something does not hold.

    \b
      muster doctor
      muster doctor --expect sha256:…       the log still begins with what was sealed then
    """
    from reconciler.commands.options import write
    from reconciler.controller.doctor import examine
    from reconciler.controller.sealing import seal
    from reconciler.controller.settle import settle
    from reconciler.views.health import health_to_json, render_health

    app = common.app()
    store = app.store()
    settled = settle(store, app.runtimes(store), app.clock)
    health = examine(store, _seals(expect))
    seal(store, health, app.clock.now())
    write(health_to_json(health, settled) if form == "json" else render_health(health, settled, common.color))
    return 1 if health.complaints else 0


def _seals(texts: tuple[str, ...]) -> tuple[str, ...]:
    from reconciler.model.log_seal import is_seal

    for text in texts:
        if not is_seal(text):
            raise click.UsageError(f"{text!r} is not a seal; write it as doctor printed it, sha256:…")
    return texts
