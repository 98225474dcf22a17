"""`muster collections tell`: what happened with an account, by hand."""

import click

from reconciler.commands.options import Common, format_option

_EVENTS = ("response", "conversation", "promise", "payment", "opt_out", "opt_in")


@click.command("tell", short_help="Tell what happened with an account")
@click.argument("account", metavar="ACCOUNT")
@click.option("--event", type=click.Choice(_EVENTS), required=True, help="What happened.")
@click.option("--id", "id_", metavar="ID", default="", help="Names it once and for ever; default: who tells, and when.")
@click.option("--at", metavar="TIME", default="", help="When, as in 2027-06-01T09:00:00Z; default: now.")
@click.option("--amount", metavar="AMOUNT", default="", help="Of a payment or promise: 120.50.")
@click.option("--currency", metavar="CODE", default="", help="Default: the account's.")
@click.option("--due-on", metavar="DAY", default="", help="Until when a promise is to be kept, as in 2027-06-30.")
@click.option("--medium", type=click.Choice(("email", "sms", "voice", "letter", "other")), help="Through what it came.")
@click.option("--detail", metavar="TEXT", default="", help="A note.")
@click.option("--source", metavar="NAME", default="", help="The AccountSource of the account; default: the only one.")
@format_option("text", "json")
@click.pass_obj
def tell(common: Common, /, account: str, source: str, form: str, **said: str | None) -> int:
    """Tell what happened with ACCOUNT, as your systems do over HTTP; under the same --id it counts once.

    A promise stops contacts until its day is over, a payment counts as recovered, an answer starts the count of contacts
    without one anew, and who opts out is contacted no more, whatever the source says.

    \b
      muster collections tell 4711 --event promise --amount 120.50 --due-on 2027-06-30
      muster collections tell 4711 --event payment --amount 120.50 --id bank-88121
      muster collections tell 4711 --event conversation --medium voice --detail "calls back on Monday"
      muster collections tell 4711 --event opt_out
    """
    from reconciler.commands.telling import told

    return told(common, account, source, said, form)
