"""`muster referral rewards`, and what people decide about them."""

import click

from reconciler.commands.options import Common, format_option

_program = click.option("--program", metavar="NAME", help="The ReferralProgram; default: the only one.")
_out = click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to this file, not to stdout.")
_ids = click.argument("ids", nargs=-1, required=True, metavar="REWARD...")
_STATES = ("pending", "review", "approved", "sending", "fulfilled", "failed", "void", "denied")


@click.command("rewards", short_help="List rewards")
@_program
@click.option("--campaign", metavar="NAME", help="Those earned by this campaign's rules.")
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="In this state; may be repeated.")
@click.option("--of", "person", metavar="ID", help="Of this advocate or friend.")
@format_option("text", "json", "csv")
@_out
@click.pass_obj
def rewards(
    common: Common,
    program: str | None,
    campaign: str | None,
    states: tuple[str, ...],
    person: str | None,
    form: str,
    out: str | None,
) -> int:
    """List rewards by when they were earned, with what became of each.

    \b
      muster referral rewards --state review
      muster referral rewards --campaign summer --state void --format csv --out void.csv
      muster referral rewards --of ada --format json
    """
    from reconciler.commands.reporting import written
    from reconciler.commands.rewarding import Asked, rewards_listed

    written(rewards_listed(common, Asked(program, campaign or "", states, person or ""), form), out)
    return 0


@click.command("approve", short_help="Let rewards be paid that wait for a person")
@_ids
@click.pass_obj
def approve(common: Common, ids: tuple[str, ...]) -> int:
    """Let rewards be paid that wait for review, once their waiting period is over.

    \b
      muster referral approve r-0f3k2m9x7w4q8t1h5b6c0f3k

    Exit 4 where one of them does not wait for review.
    """
    from reconciler.commands.rewarding import decided

    return decided(common, ids, "approved", "")


@click.command("deny", short_help="Let rewards not be paid")
@_ids
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is shown with the reward.")
@click.pass_obj
def deny(common: Common, ids: tuple[str, ...], reason: str) -> int:
    """Let rewards not be paid that are not paid yet: after a review, or within their waiting period.

    \b
      muster referral deny r-0f3k2m9x7w4q8t1h5b6c0f3k --reason "the order was returned"

    Exit 4 where one of them is paid, or is being paid.
    """
    from reconciler.commands.rewarding import decided

    return decided(common, ids, "denied", reason)


@click.command("retry", short_help="Let rewards be paid after all that have failed")
@_ids
@click.pass_obj
def retry(common: Common, ids: tuple[str, ...]) -> int:
    """Let rewards be paid that could not be: each under its own key, so that what was paid is not paid again.

    \b
      muster referral retry r-0f3k2m9x7w4q8t1h5b6c0f3k

    Exit 4 where one of them has not failed, or its campaign is stopped.
    """
    from reconciler.commands.rewarding import retried

    return retried(common, ids)


@click.command("makegood", short_help="Give somebody a reward that no rule has earned")
@click.argument("campaign", metavar="CAMPAIGN")
@click.argument("person", metavar="PERSON")
@click.option("--value", required=True, metavar="AMOUNT", help="A decimal number, such as 25.00.")
@click.option("--currency", required=True, metavar="CODE", help="ISO 4217, such as USD.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is shown with the reward.")
@click.option(
    "--role", type=click.Choice(["advocate", "friend"]), default="advocate", show_default=True, help="What PERSON is."
)
@click.option("--key", metavar="TEXT", help="What makes it one; default: amount and reason. Once more: another key.")
@click.pass_obj
def makegood(
    common: Common, campaign: str, person: str, value: str, currency: str, reason: str, role: str, key: str | None
) -> int:
    """Give PERSON a reward of CAMPAIGN that was missed: approved, and paid as all others are. Repeated, it is the same one.

    \b
      muster referral makegood summer ada --value 25.00 --currency USD --reason "lost in the move"

    Exit 4 where the campaign makes nothing good: it is stopped, or was never launched.
    """
    from reconciler.commands.rewarding import made_good
    from reconciler.kinds.referral.deciding import Good

    return made_good(common, campaign, Good(person, role, value, currency, reason, key or ""))


@click.command("export", short_help="Hand over what is payable, as a file")
@_program
@click.option(
    "--batch", required=True, metavar="NAME", help="The same name gives the same rewards again, and no others."
)
@format_option("csv", "json")
@_out
@click.pass_obj
def export(common: Common, program: str | None, batch: str, form: str, out: str | None) -> int:
    """Write down what is payable, for whoever pays it, and mark it as fulfilled: at most 10,000 rewards a batch.

    It is for programs without a webhook. Interrupted, it is run again with the same name.

    \b
      muster referral export --batch 2027-06 --out june.csv
    """
    from reconciler.commands.reporting import written
    from reconciler.commands.rewarding import exported

    written(exported(common, program, batch, form), out)
    return 0


@click.command("explain", short_help="Why there is a reward, or none")
@click.argument("what", metavar="REWARD|EVENT")
@_program
@format_option("text", "json")
@click.pass_obj
def explain(common: Common, what: str, program: str | None, form: str) -> int:
    """Say by which campaign and rule a reward was earned, what every other rule said, and whether it is paid now and why.

    An event is named by the id under which it was reported: so it is told, too, why there is no reward.

    \b
      muster referral explain r-0f3k2m9x7w4q8t1h5b6c0f3k
      muster referral explain order-4711 --program friends
    """
    from reconciler.commands.options import write
    from reconciler.commands.rewarding import explained

    write(explained(common, what, program, form))
    return 0
