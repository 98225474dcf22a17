"""`muster duplicate`."""

import click

from reconciler.commands.options import Common


@click.command("duplicate", short_help="Write a new manifest based on an existing campaign")
@click.argument("ref")
@click.option("--name", metavar="NEW", help="Its name; default NAME-copy, NAME-copy-2 …")
@click.option("--out", metavar="FILE", help="Where to write it; default NEW.yaml beside its source.")
@click.option("--stdout", is_flag=True, help="Print it instead of writing a file.")
@click.pass_obj
def command(common: Common, ref: str, name: str | None, out: str | None, stdout: bool) -> int:
    """Copy a campaign to a new name, as a draft: content, targets and settings, but no schedule and no archive flag.

    The way on from a campaign that is over: change the copy and launch that. Comments are kept.

    \b
      muster duplicate EmailCampaign/win-back --name win-back-spring
    """
    from reconciler.commands.authoring import deliver, desk
    from reconciler.commands.options import write
    from reconciler.controller.authoring import duplicate

    write(deliver(duplicate(desk(common), ref, name, out), stdout))
    return 0
