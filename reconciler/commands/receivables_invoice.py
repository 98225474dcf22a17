"""`muster receivables invoice`: where one invoice stands."""

import click

from reconciler.commands.options import Common, format_option, write


@click.command("invoice", short_help="Where one invoice stands: its campaigns, what was said, what comes next")
@click.argument("number", metavar="NUMBER")
@click.option("--source", metavar="NAME", help="The InvoiceSource that it is in; default: the only one that has it.")
@format_option("text", "json")
@click.pass_obj
def invoice(common: Common, number: str, source: str | None, form: str) -> int:
    """Show where an invoice stands: every campaign that it is or was in, what was said to its customer and what became of that,
    the next step with its day, and where it is in none, why.

    \b
      muster receivables invoice INV-10442
      muster receivables invoice INV-10442 --source ledger --format json
    """
    from reconciler.commands.at_hand import store_at_hand
    from reconciler.commands.standing_invoices import named
    from reconciler.kinds.receivables.whereabouts import standing
    from reconciler.views.receivables_invoice import invoice_json, invoice_text

    app = common.app()
    store = store_at_hand(app)
    found = standing(store, *named(store, number, source), store.time(app.clock.now()))
    write(invoice_json(found) if form == "json" else invoice_text(found, common.color))
    return 0
