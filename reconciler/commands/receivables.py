"""`muster receivables`: invoices, and the campaigns that work them."""

import click

from reconciler.commands.receivables_intake import import_, invoices, load


@click.group("receivables", short_help="Take invoices in; see which campaign works them, and how it goes")
def command() -> None:
    """Take invoices in, and see which campaign works them.

    \b
      muster receivables load                               what the project's sources say
      muster receivables import paid.csv --source ledger    the rows of a file, as if they had been posted
      muster receivables invoices --status awaiting_payment
    """


for part in (load, import_, invoices):
    command.add_command(part)
