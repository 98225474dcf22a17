"""`muster leads explain` and `distribute`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("explain", short_help="Why a lead goes to whom, buyer by buyer")
@click.argument("lead")
@format_option("text", "json")
@click.pass_obj
def explain(common: Common, lead: str, form: str) -> int:
    """Say to whom LEAD was sold and by what, why each buyer of its campaign may or may not have it now, and whom the rules of
    its workflow would choose.

    Nobody is asked for a bid, and nothing is sold. What was taken in test is shown only while its version is in test.

    \b
      muster leads explain L4K7Q2M9XW
      muster leads explain L4K7Q2M9XW --format json
    """
    from reconciler.commands.distributing_leads import explained
    from reconciler.commands.options import write

    write(explained(common, lead, form))
    return 0


@click.command("distribute", short_help="Sell a lead to buyers of your choice")
@click.argument("lead")
@click.option("--to", "contracts", multiple=True, required=True, metavar="CONTRACT", help="By whom; may be repeated.")
@click.pass_obj
def distribute(common: Common, lead: str, contracts: tuple[str, ...]) -> int:
    """Sell LEAD to the buyers of these account contracts, at their prices: to all of them, or to none.

    The contracts' terms hold: hours, caps, scores, shares, once to an account. A lead that waits, is for a person, was not
    sold, or was sold to fewer buyers than its workflow allows can be sold like this, while its version is in test or
    published. Where a workflow asks for bids, nobody is asked.

    \b
      muster leads explain L4K7Q2M9XW
      muster leads distribute L4K7Q2M9XW --to acme-car --to beta-car

    Exit 4 where one of them may not have it, with the reason.
    """
    from reconciler.commands.distributing_leads import distributed

    return distributed(common, lead, contracts)
