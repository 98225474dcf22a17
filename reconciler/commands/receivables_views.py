"""`muster receivables campaign`, `alerts`, `first-batch`: how it stands with invoices in campaigns."""

import click

from reconciler.commands.options import Common, format_option


@click.command("campaign", short_help="Show a campaign: who is in it, who left, what was said")
@click.argument("campaign", metavar="CAMPAIGN")
@format_option("text", "json")
@click.pass_obj
def campaign(common: Common, campaign: str, form: str) -> int:
    """Show a campaign: its In Campaign %, how many are in it and how many left why, what is due today and what was said, step
    by step, how its first invoices fared, and the alert if one is open.

    \b
      muster receivables campaign consumer-7-30
      muster receivables campaign consumer-7-30 --format json
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_receivables import campaign_view

    write(campaign_view(common, campaign, form))
    return 0


@click.command("alerts", short_help="Show whether too few invoices are in a campaign, and what to do")
@click.option("--all", "every", is_flag=True, help="Also those that are over.")
@format_option("text", "json")
@click.pass_obj
def alerts(common: Common, every: bool, form: str) -> int:
    """Show which share of the invoices that could be collected is in a campaign, why the others are outside, and what brings
    them in.

    An alert opens by itself, while a worker runs, where the share is below what NotificationSettings expect (90 % where nobody
    says otherwise), and closes by itself.

    \b
      muster receivables alerts
      muster receivables alerts --all --format json
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_receivables import alerts_view

    write(alerts_view(common, form, every=every))
    return 0


@click.command("first-batch", short_help="Show how the first invoices of a campaign fared")
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@format_option("text", "json")
@click.pass_obj
def first_batch(common: Common, campaign: str, limit: int, form: str) -> int:
    """Show the invoices that came into a campaign first: what was said to whom, what failed, who left, and what to make of it.

    \b
      muster receivables first-batch consumer-7-30
      muster receivables first-batch consumer-7-30 --limit 10 --format json

    Exit 1 where something went wrong, so that a script can stop before more follow.
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_receivables import batch_view

    text, is_well = batch_view(common, campaign, limit, form)
    write(text)
    return 0 if is_well else 1
