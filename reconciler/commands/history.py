"""`muster history`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("history", short_help="Show what happened to a resource, by whom and why")
@click.argument("ref", required=False)
@format_option("text", "json")
@click.pass_obj
def command(common: Common, ref: str | None, form: str) -> int:
    """Show the event log of one resource, its former names included, or of all; oldest first.

    \b
      muster history LeadCampaign/solar@2
      muster history --format json          one JSON object a line, for other tools
    """
    from reconciler.commands.options import write
    from reconciler.controller.inspect import find
    from reconciler.model import canonical
    from reconciler.views.resource_json import event_to_json
    from reconciler.views.resource_text import render_history

    store = common.app().store()
    events = store.events(find(ref, [*store.heads(), *store.forgotten()]) if ref else None)
    if form == "json":
        for event in events:
            write(canonical.encode_as_written(event_to_json(event)))
    else:
        write(render_history(events, common.color))
    return 0
