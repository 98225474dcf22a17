"""`muster collections forecast`: whom a campaign would contact when, as things are."""

import click

from reconciler.commands.options import Common, format_option


@click.command("forecast", short_help="Show the contacts that a campaign would make, day by day")
@click.argument("campaign")
@click.option("--horizon", metavar="SPAN", default="", help="How far ahead, such as 30d; left out: to its end date.")
@click.option("--account", metavar="NUMBER", default="", help="One account: every contact, and what puts it off.")
@format_option("text", "json")
@click.pass_obj
def forecast(common: Common, campaign: str, horizon: str, account: str, form: str) -> int:
    """Show the contacts that CAMPAIGN would make from now on, by its strategy, the limits and the hours that hold: as many as
    there can be, for nobody answers and no try reaches anybody. Every one is checked, and the first that broke a rule is named.

    \b
      muster collections forecast q2-30-60-dpd
      muster collections forecast q2-30-60-dpd --horizon 30d
      muster collections forecast q2-30-60-dpd --account A-1042

    Exit 5 where a contact would break a rule.
    """
    from reconciler.commands.foreseeing import foreseen

    return foreseen(common, campaign, horizon, account, form)
