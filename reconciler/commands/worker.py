"""`muster worker`."""

import click

from reconciler.commands.options import Common


@click.command("worker", short_help="Run what campaigns do outside, here or on as many machines as wanted")
@click.option(
    "--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Lanes that are run at a time."
)
@click.option("--until-idle", is_flag=True, help="End when no open campaign has anything left to do: for CI and demos.")
@click.option(
    "--log-format", "log", type=click.Choice(["text", "json"]), help="Default: text on a terminal, else json."
)
@click.pass_obj
def command(common: Common, /, **said: object) -> int:
    """Run the work of campaigns: messages go out, deliveries are made, until a signal ends it.

    It decides nothing and reads no manifest: `apply` and `watch` launch, pause and cancel. `watch` works too, so that one
    machine needs no worker. On PostgreSQL any number of workers share the work, from any machine, without a checkout: all
    that they need to know stands in the store, and secrets in their own environment. On SQLite a worker runs on the
    machine that has the file.

    \b
      muster worker --store postgresql://muster@db.example/campaigns      from anywhere
      muster worker --threads 32                                          more at a time
      muster apply --yes && muster worker --until-idle                    in CI

    SIGTERM and SIGINT end it once each lane has finished what it has in hand; the rest is given back, nothing is in doubt,
    and the exit code is 0. A second one ends it at once: what was in hand is `unknown` then, as after a crash, and is not
    done twice. Each lane holds one connection to the store.
    """
    from reconciler.commands.crewing import Wanted, worked

    return worked(common, Wanted(**said))  # type: ignore[arg-type]  # click gives what the options declare
