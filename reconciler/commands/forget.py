"""`muster forget`."""

import click

from reconciler.commands.options import Common


@click.command("forget", short_help="Take an unmanaged resource out of the snapshot")
@click.argument("ref")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(common: Common, ref: str, yes: bool) -> int:
    """Take a resource that has no manifest any more out of the snapshot. Its log stays, and says so.

    The way out of a failed campaign: duplicate it, remove its file, forget it. A campaign's name is not used again; a
    resource that acts on the world is not forgotten.

    \b
      muster forget EmailCampaign/spring-launch@1
    """
    from reconciler.commands.forgetting import forget
    from reconciler.commands.options import write

    write(f"{forget(common, ref, yes)} is forgotten; `muster history` still tells of it.")
    return 0
