"""`muster collections`: debtor accounts, and the campaigns that contact them."""

import click

from reconciler.commands.collections_intake import import_, load


@click.group("collections", short_help="Take accounts in; see whom campaigns contact, and what came of it")
def command() -> None:
    """Take accounts in, and see whom campaigns contact.

    \b
      muster collections load                                     what the project's sources say
      muster collections import today.csv --source portfolio      the rows of a file, as if they had been posted
    """


for part in (load, import_):
    command.add_command(part)
