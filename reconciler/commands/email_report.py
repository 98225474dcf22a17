"""`muster email report` and `muster email failures`."""

import click

from reconciler.commands.options import Common, format_option

_out = click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to this file, not to stdout.")


@click.command("report", short_help="Tell what became of a campaign's mails")
@click.argument("campaign")
@format_option("text", "json", "csv", "svg")
@_out
@click.pass_obj
def report(common: Common, campaign: str, form: str, out: str | None) -> int:
    """Tell what became of a campaign's mails: rates, hours, connections, domains, and why some did not arrive.

    Openings and clicks count once for each mail. Hours are those of the project's timezone. A campaign that runs, has failed
    or was cancelled has a report of what was sent so far; an archived one keeps its own, also without its manifest.

    \b
      muster email report spring-launch
      muster email report EmailCampaign/spring-launch@2 --format csv --out spring.csv
    """
    from reconciler.commands.reporting import reported, written

    written(reported(common, campaign, form), out)
    return 0


@click.command("failures", short_help="List the mails of a campaign that did not arrive")
@click.argument("campaign")
@click.option(
    "--stage",
    "stages",
    multiple=True,
    metavar="NAME",
    help="failed, unknown, suppressed, cancelled, bounced, blocked, deferred or complained; may be repeated. "
    "Default: failed, unknown and bounced.",
)
@click.option("--mask", is_flag=True, help="Hide names of addresses (j…@example.com), and what was said of them.")
@format_option("text", "jsonl", "csv")
@_out
@click.pass_obj
def failures(common: Common, campaign: str, stages: tuple[str, ...], mask: bool, form: str, out: str | None) -> int:
    """List the mails of a campaign that did not arrive, each with its time, class, code, and what the server said.

    Addresses are shown in full, for whoever has to look into them; --mask hides them, and what servers said, from those
    with whom it is shared.

    \b
      muster email failures spring-launch
      muster email failures spring-launch --stage unknown --format csv --out doubtful.csv
    """
    from reconciler.commands.reporting import failed, written

    written(failed(common, campaign, stages, form, mask), out)
    return 0
