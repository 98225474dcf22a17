"""`muster get`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("get", short_help="List resources with their states")
@click.argument("kinds", nargs=-1, metavar="[KIND | REF]...")
@click.option("--state", help="Only those in this state.")
@click.option(
    "--label", "-l", "labels", multiple=True, metavar="KEY=VALUE", help="Only those with this label; may be repeated."
)
@click.option("--archived", is_flag=True, help="Also those that are archived.")
@click.option("--held", is_flag=True, help="Only those that somebody holds.")
@click.option("--wide", is_flag=True, help="Also whether each is ready, and what stands in the way.")
@format_option("text", "json")
@click.pass_obj
def command(
    common: Common,
    kinds: tuple[str, ...],
    state: str | None,
    labels: tuple[str, ...],
    archived: bool,
    held: bool,
    wide: bool,
    form: str,
) -> int:
    """List what the store knows: the actual state beside the desired one.

    \b
      muster get                              everything that is not archived
      muster get EmailCampaign --state draft
      muster get --wide                       and whether it is ready
      muster get -l team=growth --format json
      muster get --held                       what is held, by whom and until when
    """
    from reconciler.commands.listing import Filter, listed
    from reconciler.commands.options import write

    wanted = Filter(kinds, state, labels, archived, held)
    write(listed(common, wanted, "wide" if wide and form == "text" else form))
    return 0
