"""`muster collections load` and `import`: how accounts come in."""

import click

from reconciler.commands.options import Common, format_option


@click.command("load", short_help="Read the project's sources of accounts")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@format_option("text", "json")
@click.pass_obj
def load(common: Common, sources: tuple[str, ...], form: str) -> int:
    """Read AccountSources to their ends, by default all that are applied: what they name is taken, the rest is listed no more.

    The same as the daemon does while campaigns are active. A row with a fault is left out, and named; a source
    that cannot be read to its end lists nothing as gone. Sources without `source:` are passed over: their rows are posted.

    \b
      muster collections load
      muster collections load portfolio --format json

    Exit 1 where a row was left out, 3 where a source cannot be read to its end.
    """
    from reconciler.commands.taking_in import loaded
    from reconciler.kinds.collections.loading import ACCOUNTS

    return loaded(common, ACCOUNTS, sources, form)


@click.command("import", short_help="Take in the rows of a file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.option(
    "--source", metavar="NAME", default="", help="The AccountSource that they belong to; default: the only one."
)
@click.option(
    "--rows", "sort", type=click.Choice(("accounts", "events")), default="accounts", help="What its rows are."
)
@format_option("text", "json")
@click.pass_obj
def import_(common: Common, file: str, source: str, sort: str, form: str) -> int:
    """Take in the rows of FILE (.csv with a header, or .jsonl), as if they had been posted: what it does not name stays.

    Rows of events have the columns account, id, event, and as far as they are needed at, amount, currency, dueOn, channel,
    medium, detail. Each counts once, however often its file is imported.

    \b
      muster collections import today.csv --source portfolio
      muster collections import payments.csv --rows events

    Exit 1 where a row was left out, 3 where the file cannot be read to its end.
    """
    from reconciler.commands.taking_in import imported
    from reconciler.kinds.collections.loading import ACCOUNTS

    if sort == "events":
        from reconciler.commands.telling import events_imported

        return events_imported(common, file, source)
    return imported(common, ACCOUNTS, file, source, form)
