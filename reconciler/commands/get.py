"""`muster get`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("get", short_help="List resources with their states")
@click.argument("kinds", nargs=-1, metavar="[KIND | REF]...")
@click.option("--state", help="Only those in this state.")
@click.option(
    "--label", "-l", "labels", multiple=True, metavar="KEY=VALUE", help="Only those with this label; may be repeated."
)
@click.option("--archived", "--all", is_flag=True, help="Also those that are archived.")
@click.option("--held", is_flag=True, help="Only those that somebody holds.")
@click.option("--wide", is_flag=True, help="Also whether each is ready, and what stands in the way.")
@click.option("--watch", "-w", is_flag=True, help="Go on showing it, until interrupted.")
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
    watch: bool,
    form: str,
) -> int:
    """List what the store knows: the actual state beside the desired one, and how far running campaigns have come.

    \b
      muster get                              everything that is not archived
      muster get EmailCampaign --state draft
      muster get --wide                       and whether it is ready
      muster get -l team=growth --format json
      muster get --held                       what is held, by whom and until when
      muster get EmailCampaign --watch        how the sending goes on
    """
    from reconciler.commands.listing import Filter, listed
    from reconciler.commands.options import write

    wanted = Filter(kinds, state, labels, archived, held)
    text = listed(common, wanted, "wide" if wide and form == "text" else form)
    if watch:
        from reconciler.commands.following import shown_again

        shown_again(text)
    else:
        write(text())
    return 0
