"""`muster store`."""

import click

from reconciler.commands.options import Common


@click.group("store", short_help="Move a project's store, from SQLite to PostgreSQL or back")
def command() -> None:
    """Move a project's store from one place to another: from SQLite to PostgreSQL, or back."""


@command.command("copy", short_help="Carry everything into another, empty store")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--keep-writable", is_flag=True, help="Only copy: FROM stays the store that is in use.")
@click.pass_obj
def copy(common: Common, source: str, target: str, keep_writable: bool) -> int:
    """Carry everything from the store FROM into the empty store TO: resources, the log with its serials and hashes, former
    names, and steps that a crash left open. What arrived is read back, held against what left, and its chains verified.

    Writers wait meanwhile, and end with exit 7 after ten seconds. Then FROM is closed: it can be read, and whoever would
    write into it, or plan on it, is told where it has gone. Interrupted, the same command goes on where it stopped.

    \b
      muster store copy sqlite:.muster/state.db postgresql://muster@db.example/campaigns
      muster store copy postgresql://muster@db.example/campaigns sqlite:backup.db --keep-writable
    """
    from reconciler.commands.carrying import carry
    from reconciler.commands.options import write

    write(carry(common, source, target, keep_writable))
    return 0
