"""`muster leads`: what partners send in, and what becomes of it."""

import click

from reconciler.commands.leads_distribution import distribute, explain
from reconciler.commands.leads_intake import import_, list_, show
from reconciler.commands.leads_money import approve, deny, purchase_order, return_, returns, statement, turnover
from reconciler.commands.leads_outdated import confirm, outdated
from reconciler.commands.leads_queue import queue
from reconciler.commands.leads_undelivered import undelivered
from reconciler.commands.leads_views import (
    account,
    account_contract,
    campaign,
    last_use,
    outbound,
    partner,
    partner_contract,
    workflow,
)


@click.group("leads", short_help="Take leads in, correct what was not taken, see what became of them")
def command() -> None:
    """Take leads in, correct what was not taken, and see what became of them.

    \b
      muster leads import leads.csv --contract affiliate-7    the rows of a file, as if its partner had posted them
      muster leads queue                                      what was not taken as a lead, and why
      muster leads list                                       the leads that were
      muster leads explain LEAD                               who gets it, and why the others do not
      muster leads campaign solar-quotes                      a version with its leads; so too account, partner …
      muster leads turnover --by account                      what was sold, and what it cost
      muster leads statement acme                             what a buyer owes
      muster leads outdated                                   the contracts that no longer fit
    """


for part in (import_, queue, list_, show):
    command.add_command(part)
for part in (campaign, workflow, account, account_contract, partner, partner_contract, outbound, last_use):
    command.add_command(part)
for part in (turnover, statement, purchase_order, return_, approve, deny, returns):
    command.add_command(part)
for part in (explain, distribute, undelivered, outdated, confirm):
    command.add_command(part)
