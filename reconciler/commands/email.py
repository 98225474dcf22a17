"""`muster email`: the operator's side of e-mail, before a launch and after a crash."""

import click

from reconciler.commands.email_report import failures, report
from reconciler.commands.email_suppress import suppress, suppressions, unsuppress
from reconciler.commands.options import Common, format_option


@click.group("email", short_help="Count, try and report mailings; say who gets no more")
def command() -> None:
    """Look at a mailing and try it before anybody receives it; see what became of it; say who gets no more mail.

    \b
      muster email estimate spring                     how many it would reach, and who is left out and why
      muster email explain spring ana@example.com      why one address is in or out
      muster email preview spring --out look           what a recipient would see, as .eml and .html
      muster email test spring --to me@example.com     the real letter, to you alone
      muster email resolve spring                      who may or may not have got it, after a crash
      muster email report spring                       what became of its mails
      muster email suppress ana@example.com            nobody here writes to her any more
    """


for part in (report, failures, suppress, suppressions, unsuppress):
    command.add_command(part)


_campaign = click.argument("campaign", metavar="CAMPAIGN")


@command.command("estimate", short_help="How many a launch would reach now, and who is left out and why")
@_campaign
@format_option("text", "json")
@click.pass_obj
def estimate(common: Common, campaign: str, form: str) -> int:
    """Count whom CAMPAIGN would reach, were it launched now: by list and segment, who is left out for what reason,
    duplicates, what is no address by list and line, and how many each connection would carry.

    The lists are read as a launch reads them, so the numbers are its numbers. Nothing is kept and nobody is mailed.

    \b
      muster email estimate spring
      muster email estimate EmailCampaign/spring@2 --format json

    Exit 3 where a list cannot be read whole: nothing would be sent then.
    """
    from reconciler.commands.estimating import estimated

    return estimated(common, campaign, form)


@command.command("explain", short_help="Why one address is in or out")
@_campaign
@click.argument("address")
@format_option("text", "json")
@click.pass_obj
def explain(common: Common, campaign: str, address: str, form: str) -> int:
    """Say why ADDRESS would get CAMPAIGN, launched now, or not: every list, segment and suppression that names it.

    \b
      muster email explain spring ana@example.com
    """
    from reconciler.commands.estimating import explained

    return explained(common, campaign, address, form)


@command.command("preview", short_help="What a recipient would see, as .eml and .html")
@_campaign
@click.option("--to", "address", metavar="ADDRESS", help="This contact of its lists; default: the first one.")
@click.option("--contact", metavar="JSON", help='One made up: \'{"email": "ana@example.com", "name": "Ana"}\'.')
@click.option("--out", required=True, metavar="DIR", help="The folder to write into; it is made where it is not there.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.pass_obj
def preview(common: Common, campaign: str, address: str | None, contact: str | None, out: str, force: bool) -> int:
    """Write what one recipient of CAMPAIGN would get: the whole mail as .eml, for a mail program, and its page as .html.

    Links are not tracked, nothing is signed and nobody is mailed.

    \b
      muster email preview spring --out look
      muster email preview spring --to ana@example.com --out look --force
      muster email preview spring --contact '{"name": "Ana"}' --out look
    """
    from reconciler.commands.previewing import previewed

    return previewed(common, campaign, (address, contact), out, force)


@command.command("test", short_help="Send the real letter to a few addresses, and to nobody else")
@_campaign
@click.option("--to", "addresses", multiple=True, required=True, metavar="ADDRESS", help="To whom; may be repeated.")
@click.option(
    "--as", "contact_of", metavar="ADDRESS", help="As this contact of its lists gets it; default: the first one."
)
@click.option("--contact", metavar="JSON", help="As somebody made up gets it, a JSON object of columns.")
@click.option("--via", metavar="NAME", help="Through this SmtpConnection; default: the campaign's first one.")
@click.option("--no-mark", is_flag=True, help='Without "[Test]" before the subject.')
@click.pass_obj
def test(
    common: Common,
    campaign: str,
    addresses: tuple[str, ...],
    contact_of: str | None,
    contact: str | None,
    via: str | None,
    no_mark: bool,
) -> int:
    """Send CAMPAIGN's letter, as it stands in the files, to the addresses given: in draft too, as often as you like.

    It goes through the real connection and within its limits. Nothing is counted or tracked, and its link to unsubscribe
    leads nowhere.

    \b
      muster email test spring --to me@example.com --to you@example.com
      muster email test spring --to me@example.com --as ana@example.com --via relay-b
      muster email test spring --to me@example.com --contact '{"name": "Ana"}' --no-mark

    Exit 1 where one was not taken by the server.
    """
    from reconciler.commands.trying import tried
    from reconciler.kinds.email.trying import Wanted

    return tried(common, campaign, Wanted(addresses, (contact_of, contact), via or "", not no_mark))


@command.command("resolve", short_help="List who may or may not have got it, and decide")
@_campaign
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--resend", is_flag=True, help="Send to them, perhaps for the second time, with the same Message-ID.")
@click.option("--leave", is_flag=True, help="Leave them as they are, and do not list them any more.")
@format_option("text", "json")
@click.pass_obj
def resolve(common: Common, campaign: str, addresses: tuple[str, ...], resend: bool, leave: bool, form: str) -> int:
    """List the recipients of CAMPAIGN of whom nobody knows whether they got their mail: it was given away, and a crash or a
    broken connection came before the answer. By itself nothing is sent to them again.

    \b
      muster email resolve spring                          list them
      muster email resolve spring --resend                 all of them get it, some perhaps twice
      muster email resolve spring --leave ana@example.com  this one is settled

    Exit 4 where it cannot be sent again: a campaign that is over sends nothing more.
    """
    from reconciler.commands.resolving import resolved

    return resolved(common, campaign, addresses, (resend, leave), form)
