"""`muster leads statement`, `purchase-order`, `turnover`, and what is given back: `return`, `approve`, `deny`, `returns`."""

import click

from reconciler.commands.options import Common, format_option

_since = click.option("--from", "since", metavar="TIME", help="From this day or time on; default: this month's first.")
_until = click.option("--to", "until", metavar="TIME", help="Before this day or time; default: next month's first.")
_out = click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to this file, not to stdout.")
_sale = click.argument("sale", metavar="SALE")


@click.command("statement", short_help="What a buyer owes")
@click.argument("account")
@_since
@_until
@format_option("text", "json", "csv")
@_out
@click.pass_obj
def statement(common: Common, account: str, since: str | None, until: str | None, form: str, out: str | None) -> int:
    """Write what ACCOUNT owes for the leads that were sold to it, less what it gave back; each currency on its own.

    A credit is dated by the day on which the return was approved. Leads that were made in test are never on it.

    \b
      muster leads statement acme
      muster leads statement acme --from 2027-02-01 --to 2027-03-01 --format csv --out acme-2027-02.csv
    """
    from reconciler.commands.billing_leads import statement as made
    from reconciler.commands.reporting import written

    written(made(common, account, (since, until), form), out)
    return 0


@click.command("purchase-order", short_help="What a partner is owed")
@click.argument("partner")
@_since
@_until
@format_option("text", "json", "csv")
@_out
@click.pass_obj
def purchase_order(
    common: Common, partner: str, since: str | None, until: str | None, form: str, out: str | None
) -> int:
    """Write what PARTNER has earned: for leads taken in, and for their sales, less those that were given back.

    \b
      muster leads purchase-order affiliate-7
      muster leads purchase-order affiliate-7 --from 2027-02-01 --to 2027-03-01 --format json
    """
    from reconciler.commands.billing_leads import purchase_order as made
    from reconciler.commands.reporting import written

    written(made(common, partner, (since, until), form), out)
    return 0


@click.command("turnover", short_help="Report what was taken in and sold, and what it cost")
@click.option(
    "--by",
    type=click.Choice(["campaign", "workflow", "vertical", "account", "partner", "day", "month"]),
    default="campaign",
    show_default=True,
    help="What there is a row for.",
)
@_since
@_until
@format_option("text", "json", "csv")
@_out
@click.pass_obj
def turnover(common: Common, by: str, since: str | None, until: str | None, form: str, out: str | None) -> int:
    """Report leads taken in, sales, returns, costs and margin, by currency. Leads made in test are in none of it.

    Days and months are those of the project's timezone.

    \b
      muster leads turnover
      muster leads turnover --by account --from 2027-01-01 --to 2028-01-01
      muster leads turnover --by month --from 2027-01-01 --format csv
    """
    from reconciler.commands.billing_leads import reported
    from reconciler.commands.reporting import written

    written(reported(common, by, (since, until), form), out)
    return 0


@click.command("return", short_help="A buyer gives a lead back")
@_sale
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands on the statement.")
@click.pass_obj
def return_(common: Common, sale: str, reason: str) -> int:
    """Claim that SALE, a code of `muster leads outbound`, is to be given back. Somebody then approves or denies it.

    \b
      muster leads return S7K2M9QX --reason "wrong number"

    Exit 4 where it cannot be: it was a test, is claimed or given back already.
    """
    from reconciler.commands.billing_leads import claimed

    return claimed(common, sale, reason)


@click.command("approve", short_help="Take a lead back: its buyer is credited")
@_sale
@click.option("--reason", "note", metavar="TEXT", default="", help="Why; it is shown with the return.")
@click.pass_obj
def approve(common: Common, sale: str, note: str) -> int:
    """Approve what was claimed of SALE: its price is credited as of now, and what the partner earned by it goes back.

    \b
      muster leads approve S7K2M9QX

    Exit 4 where nothing waits for a decision.
    """
    from reconciler.commands.billing_leads import decided

    return decided(common, sale, True, note)


@click.command("deny", short_help="Do not take a lead back")
@_sale
@click.option("--reason", "note", metavar="TEXT", default="", help="Why not; it is shown with the return.")
@click.pass_obj
def deny(common: Common, sale: str, note: str) -> int:
    """Deny what was claimed of SALE: it stays sold. It may be claimed again.

    \b
      muster leads deny S7K2M9QX --reason "we called: the number is right"
    """
    from reconciler.commands.billing_leads import decided

    return decided(common, sale, False, note)


@click.command("returns", short_help="List what was given back")
@click.option(
    "--stage",
    type=click.Choice(["claimed", "approved", "denied"]),
    default="claimed",
    show_default=True,
    help="What became of it.",
)
@format_option("text", "json")
@click.pass_obj
def returns(common: Common, stage: str, form: str) -> int:
    """List returns, those first that were claimed first: by default those that wait for a decision.

    \b
      muster leads returns
      muster leads returns --stage approved --format json
    """
    from reconciler.commands.billing_leads import returned
    from reconciler.commands.options import write

    write(returned(common, stage, form))
    return 0
