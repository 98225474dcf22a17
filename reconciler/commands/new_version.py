"""`muster new-version`."""

import click

from reconciler.commands.options import Common


@click.command("new-version", short_help="Write the next version of a campaign")
@click.argument("ref")
@click.option("--out", metavar="FILE", help="Where to write it; default NAME-vN.yaml beside its source.")
@click.option("--stdout", is_flag=True, help="Print it instead of writing a file.")
@click.pass_obj
def command(common: Common, ref: str, out: str | None, stdout: bool) -> int:
    """Write the next free version of a campaign to a file of its own: a draft, its comments kept, without a schedule.

    For what is fixed once a version is published: change it in the next one. REF without @VERSION means the highest.

    \b
      muster new-version LeadCampaign/solar-quotes       writes solar-quotes-v3.yaml
      muster new-version LeadCampaign/solar-quotes@1 --stdout
    """
    from reconciler.commands.authoring import deliver, desk
    from reconciler.commands.options import write
    from reconciler.controller.authoring import new_version

    write(deliver(new_version(desk(common), ref, out), stdout))
    return 0
