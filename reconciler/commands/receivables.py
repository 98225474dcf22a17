"""`muster receivables`: invoices, and the campaigns that work them."""

import click

from reconciler.commands.receivables_intake import import_, invoices, load
from reconciler.commands.receivables_invoice import invoice
from reconciler.commands.receivables_launch import check, match, test
from reconciler.commands.receivables_views import alerts, campaign, first_batch


@click.group("receivables", short_help="Take invoices in; see which campaign works them, and how it goes")
def command() -> None:
    """Take invoices in, and see which campaign works them.

    \b
      muster receivables load                               what the project's sources say
      muster receivables import paid.csv --source ledger    the rows of a file, as if they had been posted
      muster receivables invoices --status awaiting_payment
      muster receivables invoice INV-10442                  where it stands, and what was said
      muster receivables match INV-10442                    which rule sets it matches, and why not
      muster receivables check overdue-7-30-consumer        what is missing before a launch
      muster receivables test overdue-7-30-consumer --to me@billing.example
      muster receivables campaign overdue-7-30-consumer     who is in it, who left, what was said
      muster receivables first-batch overdue-7-30-consumer  how its first invoices fared
      muster receivables alerts                             why invoices are in no campaign, and what to do
    """


for part in (load, import_, invoices, invoice, match, check, test, campaign, first_batch, alerts):
    command.add_command(part)
