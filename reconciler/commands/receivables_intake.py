"""`muster receivables load`, `import` and `invoices`: what comes in, and what has."""

import click

from reconciler.commands.options import Common, format_option

STATUSES = ("awaiting_payment", "on_payment_arrangement", "paid", "voided")


@click.command("load", short_help="Read the project's sources of invoices")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@format_option("text", "json")
@click.pass_obj
def load(common: Common, sources: tuple[str, ...], form: str) -> int:
    """Read InvoiceSources to their ends, by default all that are applied: what they name is taken, the rest is listed no more.

    The same as the daemon does while campaigns are active. A row with a fault is left out, and named; a source
    that cannot be read to its end lists nothing as gone. Sources without `source:` are passed over: their rows are posted.

    \b
      muster receivables load
      muster receivables load ledger --format json

    Exit 1 where a row was left out, 3 where a source cannot be read to its end.
    """
    from reconciler.commands.taking_in import loaded
    from reconciler.kinds.receivables.loading import INVOICES

    return loaded(common, INVOICES, sources, form)


@click.command("import", short_help="Take in the rows of a file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.option(
    "--source", metavar="NAME", default="", help="The InvoiceSource that they belong to; default: the only one."
)
@format_option("text", "json")
@click.pass_obj
def import_(common: Common, file: str, source: str, form: str) -> int:
    """Take in the rows of FILE (.csv with a header, or .jsonl), as if they had been posted: what it does not name stays.

    \b
      muster receivables import paid-today.csv --source ledger

    Exit 1 where a row was left out, 3 where the file cannot be read to its end.
    """
    from reconciler.commands.taking_in import imported
    from reconciler.kinds.receivables.loading import INVOICES

    return imported(common, INVOICES, file, source, form)


@click.command("invoices", short_help="List invoices")
@click.option("--status", type=click.Choice(STATUSES), help="Those of one status.")
@click.option("--source", metavar="NAME", help="Those of one InvoiceSource.")
@click.option("--held/--not-held", default=None, help="Those on hold, or those that are not.")
@click.option(
    "--listed/--unlisted", default=None, help="Those that their source names, or those that it no longer does."
)
@format_option("text", "json", "csv")
@click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to this file, not to stdout.")
@click.pass_obj
def invoices(
    common: Common,
    status: str | None,
    source: str | None,
    held: bool | None,
    listed: bool | None,
    form: str,
    out: str | None,
) -> int:
    """List invoices in the order in which they came in first.

    \b
      muster receivables invoices
      muster receivables invoices --status awaiting_payment --not-held
      muster receivables invoices --unlisted --format csv --out gone.csv
    """
    from reconciler.commands.reporting import written
    from reconciler.commands.taking_in import invoices_listed
    from reconciler.model.invoices import InvoiceStatus, Wanted

    wanted = Wanted(status=InvoiceStatus(status) if status else None, listed=listed, held=held)
    written(invoices_listed(common, wanted, source, form), out)
    return 0
