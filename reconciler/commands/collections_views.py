"""`muster collections campaign`, `accounts`, `account`, `execution`: what people see of collections."""

import click

from reconciler.commands.options import Common, format_option

_out = click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to this file, not to stdout.")


@click.command("campaign", short_help="Show a campaign: progress, numbers, and what may be done with it")
@click.argument("campaign")
@format_option("text", "json")
@click.pass_obj
def campaign(common: Common, campaign: str, form: str) -> int:
    """Show CAMPAIGN: its strategy and dates, how many of its accounts were contacted, promises, what was recovered since it
    was activated, its queue, and what may be done with it.

    \b
      muster collections campaign q2-30-60-dpd
      muster collections campaign q2-30-60-dpd --format json
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_collections import campaign_view

    write(campaign_view(common, campaign, form))
    return 0


@click.command("accounts", short_help="List accounts: score, status, what is next and what was last")
@click.option("--campaign", metavar="NAME", default="", help="Only those of this campaign.")
@click.option("--source", metavar="NAME", default="", help="Only those of this AccountSource.")
@click.option("--status", default="", help="Only those in this status, such as promise or escalated.")
@format_option("text", "json", "csv")
@_out
@click.pass_obj
def accounts(common: Common, campaign: str, source: str, status: str, form: str, out: str | None) -> int:
    """List accounts with score, status, balance, the next step and the last interaction. Times are in the organisation's zone.

    \b
      muster collections accounts --campaign q2-30-60-dpd
      muster collections accounts --status escalated
      muster collections accounts --format csv --out accounts.csv
    """
    from reconciler.commands.reading_collections import Asked, accounts_listed
    from reconciler.commands.reporting import written

    written(accounts_listed(common, Asked(campaign, source, status), form), out)
    return 0


@click.command("account", short_help="Show an account: how it stands, and everything that happened")
@click.argument("number")
@click.option("--source", metavar="NAME", default="", help="Its AccountSource, where several have that number.")
@format_option("text", "json")
@click.pass_obj
def account(common: Common, number: str, source: str, form: str) -> int:
    """Show the account with this NUMBER: whose it is, where it is in the strategy, its contacts, promises and payments.

    \b
      muster collections account A-1042
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_collections import account_view

    write(account_view(common, number, source, form))
    return 0


@click.command("execution", short_help="Show what the engine does today, campaign by campaign")
@format_option("text", "json")
@click.pass_obj
def execution(common: Common, form: str) -> int:
    """Show the queue: what is pending and processing, what was completed, failed, skipped or cancelled today, and what waits
    for which rule. The day is the organisation's.

    \b
      muster collections execution
      muster collections enqueue q2-30-60-dpd
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_collections import execution_view

    write(execution_view(common, form))
    return 0
