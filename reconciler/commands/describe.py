"""`muster describe`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("describe", short_help="Show everything about one resource")
@click.argument("ref")
@click.option(
    "--events", "last", type=click.IntRange(0), default=10, show_default=True, help="How many events to show."
)
@format_option("text", "json")
@click.pass_obj
def command(common: Common, ref: str, last: int, form: str) -> int:
    """Show a resource: its state, what it may become and what that waits for, its document and its last events.

    \b
      muster describe EmailCampaign/spring-launch
      muster describe LeadCampaign/solar@2 --format json
    """
    from reconciler.commands.options import write
    from reconciler.controller.inspect import portray
    from reconciler.views.resource_json import portrait_to_json
    from reconciler.views.resource_text import render_portrait

    app = common.app()
    portrait = portray(app.reconciler().gatherer, app.clock, ref, last)
    write(portrait_to_json(portrait) if form == "json" else render_portrait(portrait, app.clock.now(), common.color))
    return 0
