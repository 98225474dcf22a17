"""`muster leads`: what partners send in, and what becomes of it."""

import click


@click.group("leads", short_help="Take leads in, correct what was not taken, see what became of them")
def command() -> None:
    """Take leads in, correct what was not taken, and see what became of them.

    \b
      muster leads import leads.csv --contract affiliate-7    the rows of a file, as if its partner had posted them
      muster leads queue                                      what was not taken as a lead, and why
      muster leads list                                       the leads that were
    """
