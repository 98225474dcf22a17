"""`muster collections`: debtor accounts, and the campaigns that contact them."""

import click

from reconciler.commands.collections_engine import enqueue, pause_engine, resume_engine
from reconciler.commands.collections_events import tell
from reconciler.commands.collections_intake import import_, load
from reconciler.commands.collections_views import account, accounts, campaign, execution


@click.group("collections", short_help="Take accounts in; see whom campaigns contact, and what came of it")
def command() -> None:
    """Take accounts in, and see whom campaigns contact.

    \b
      muster collections load                                     what the project's sources say
      muster collections import today.csv --source portfolio      the rows of a file, as if they had been posted
      muster collections campaign q2-30-60-dpd                    progress, numbers, and what may be done with it
      muster collections accounts --status escalated              accounts, with what was last and what is next
      muster collections enqueue q2-30-60-dpd                     whom to contact, by hand
      muster collections execution                                what waits, is made and has ended today
      muster collections pause-engine --reason "wrong balances"   contact nobody, and keep every queue
      muster collections tell 4711 --event opt_out                what happened with an account, by hand
    """


for part in (load, import_, tell):
    command.add_command(part)
for part in (campaign, accounts, account, execution, enqueue, pause_engine, resume_engine):
    command.add_command(part)
