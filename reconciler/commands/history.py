"""`muster history`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("history", short_help="Show what happened to a resource, by whom and why")
@click.argument("ref", required=False)
@click.option("--since", metavar="TIME", help="Only what happened at this instant (RFC 3339) or later.")
@click.option("--until", metavar="TIME", help="Only what happened before this instant, or at it.")
@click.option("--event", "names", multiple=True, metavar="NAME", help="Only these: launch, edit …; may be repeated.")
@click.option("-n", "last", type=click.IntRange(1), metavar="COUNT", help="Only the last COUNT of them.")
@format_option("text", "json")
@click.pass_obj
def command(
    common: Common,
    ref: str | None,
    since: str | None,
    until: str | None,
    names: tuple[str, ...],
    last: int | None,
    form: str,
) -> int:
    """Show the event log of one resource, its former names included, or of all; oldest first.

    Each line says when, what, by whom, which line of which file asked for it, which commit last changed that manifest
    and who made it, and under which plan it was done.

    \b
      muster history LeadCampaign/solar@2
      muster history --since 2027-01-01 --event launch
      muster history -n 20
      muster history --format json          one JSON object a line, for other tools
    """
    from reconciler.commands.options import write
    from reconciler.commands.remembering import remembered
    from reconciler.model import canonical
    from reconciler.views.resource_json import event_to_json
    from reconciler.views.resource_text import render_history

    events = remembered(common, ref, (since, until), names, last)
    if form == "json":
        for event in events:
            write(canonical.encode_as_written(event_to_json(event)))
    else:
        write(render_history(events, common.color))
    return 0
