"""`muster receivables match`, `check` and `test`: what comes before a launch."""

import click

from reconciler.commands.options import Common, format_option

_campaign = click.argument("campaign", metavar="CAMPAIGN")


@click.command("match", short_help="Which rule sets an invoice matches, condition by condition")
@click.argument("invoice", metavar="INVOICE")
@click.option("--source", metavar="NAME", help="The InvoiceSource that it is in; default: all, by name.")
@format_option("text", "json")
@click.pass_obj
def match(common: Common, invoice: str, source: str | None, form: str) -> int:
    """Show every RuleSet of the project against INVOICE, by its number: each condition holds [x], does not [ ], or cannot
    be told [?] and why; and which campaigns use it.

    The invoice is read from its source as that is now; what was posted is as it was taken in.

    \b
      muster receivables match INV-10442
      muster receivables match INV-10442 --source ledger --format json
    """
    from reconciler.commands.matching_invoices import matched

    return matched(common, invoice, source, form)


@click.command("check", short_help="The sample invoice, the test and the whole launch checklist")
@_campaign
@format_option("text", "json")
@click.pass_obj
def check(common: Common, campaign: str, form: str) -> int:
    """Show what CAMPAIGN still needs for its launch: its sample invoice against the audience, whether its test is current, and
    every item of the checklist with who can close it.

    \b
      muster receivables check overdue-7-30-consumer
      muster receivables check overdue-7-30-consumer --format json

    Exit 0 where nothing is open, 5 where something is, 4 where no legal way leads to a launch. What is not known yet is not
    open: a launch waits for it.
    """
    from reconciler.commands.matching_invoices import checked

    return checked(common, campaign, form)


@click.command("test", short_help="Try the whole workflow for the sample invoice, on colleagues alone")
@_campaign
@click.option("--to", "addresses", multiple=True, metavar="ADDRESS", help="Who gets the mails; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show it only: nothing is sent, and the test is not kept.")
@click.option(
    "--call", is_flag=True, help="Call the agents behind webhooks too, with --contact instead of the customer's."
)
@click.option("--contact", metavar="JSON", help='Where calls reach a colleague: \'{"phone": "+49 30 5550100"}\'.')
@format_option("text", "json")
@click.pass_obj
def test(
    common: Common,
    campaign: str,
    addresses: tuple[str, ...],
    dry_run: bool,
    call: bool,
    contact: str | None,
    form: str,
) -> int:
    """Rehearse CAMPAIGN as its manifests stand in the files: every step of its workflow for its sample invoice, on its day,
    conditions, texts and other ways included.

    Mails go to the addresses given and never to the customer, marked [Test]; webhooks are shown, and called with --call alone.
    A test that passes lets the campaign be launched, until workflow, rule set or a text changes.

    \b
      muster receivables test overdue-7-30-consumer --dry-run
      muster receivables test overdue-7-30-consumer --to me@billing.example --to you@billing.example
      muster receivables test overdue-7-30-consumer --to me@billing.example --call --contact '{"phone": "+49 30 5550100"}'

    Exit 1 where the test does not pass; it says why.
    """
    from reconciler.commands.testing_campaigns import Wanted, tested

    return tested(common, campaign, Wanted(addresses, dry_run, call, contact), form)
