"""`muster referral`: the operator's side of referral programs."""

import click

from reconciler.commands.options import Common, format_option
from reconciler.commands.referral_rewards import approve, deny, explain, export, makegood, retry, rewards

_program = click.option("--program", metavar="NAME", help="The ReferralProgram; default: the only one.")


@click.group("referral", short_help="Look at programs, people and rewards; approve, make good, export")
def command() -> None:
    """Look at referral programs, at who takes part, and at what they are owed; decide about rewards.

    \b
      muster referral show                              campaigns, clicks, and what is owed
      muster referral rewards --state review            what waits for a person
      muster referral approve r-0f3k2m9x7w4q8t1h5b6c0f3k    it is paid
      muster referral explain r-0f3k2m9x7w4q8t1h5b6c0f3k    which rule it came by, and what the others said
      muster referral makegood summer ada --value 25.00 --currency USD --reason "lost in the move"
      muster referral export --batch 2027-06 --out june.csv
      muster referral import people.csv --rows advocates
    """


for part in (rewards, approve, deny, retry, makegood, export, explain):
    command.add_command(part)


@command.command("show", short_help="Show a program: campaigns, clicks, and what is owed")
@_program
@format_option("text", "json")
@click.pass_obj
def show(common: Common, program: str | None, form: str) -> int:
    """Show a program: which campaigns are live, how often links led to them, what stopping them would void, what was paid.

    \b
      muster referral show
      muster referral show --program friends --format json
    """
    from reconciler.commands.options import write
    from reconciler.commands.referring import shown

    write(shown(common, program, form))
    return 0


@command.command("participants", short_help="List advocates or friends")
@_program
@click.option(
    "--role", type=click.Choice(["advocate", "friend"]), default="advocate", show_default=True, help="Of which side."
)
@format_option("text", "json", "csv")
@click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to this file, not to stdout.")
@click.pass_obj
def participants(common: Common, program: str | None, role: str, form: str, out: str | None) -> int:
    """List who takes part by the ids that your systems gave them, since when, and an advocate's codes.

    Addresses and households are not kept, only digests to compare them by.

    \b
      muster referral participants
      muster referral participants --role friend --format csv --out friends.csv
    """
    from reconciler.commands.referring import listed
    from reconciler.commands.reporting import written

    written(listed(common, program, role, form), out)
    return 0


@command.command("import", short_help="Take in advocates, links or events from a file")
@click.argument("file", metavar="FILE")
@click.option(
    "--rows", "sort", type=click.Choice(["advocates", "links", "events"]), required=True, help="What its rows are."
)
@_program
@click.pass_obj
def import_(common: Common, file: str, sort: str, program: str | None) -> int:
    """Take in the rows of FILE, a .csv with a header line or a .jsonl: the same as over HTTP, and as harmless when repeated.

    \b
      advocates   id, email, household
      links       advocate                  prints advocate,code for each
      events      id, friend, event, at, code, email, household

    \b
      muster referral import people.csv --rows advocates
      muster referral import people.csv --rows links > codes.csv
      muster referral import may.jsonl --rows events --program friends

    What is wrong with a row is said with its line, and the others are taken in.

    Exit 1 where a row was not taken in, 3 where the file cannot be read to its end.
    """
    from reconciler.commands.referral_import import imported

    return imported(common, file, sort, program)
