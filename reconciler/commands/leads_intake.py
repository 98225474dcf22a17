"""`muster leads import`, `list` and `show`: what comes in, and what has."""

import click

from reconciler.commands.options import Common, format_option


@click.command("import", short_help="Take the rows of a file in as leads")
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.option("--contract", required=True, metavar="NAME", help="The PartnerContract by which they come in.")
@click.option("--workflow", metavar="NAME", default="", help="The workflow that they are for, where there are several.")
@click.option("--vertical", metavar="NAME", default="", help="The vertical that they are for, where there are several.")
@click.option("--dry-run", is_flag=True, help="Say what would stand in the way; take nothing.")
@format_option("text", "json")
@click.pass_obj
def import_(common: Common, file: str, contract: str, workflow: str, vertical: str, dry_run: bool, form: str) -> int:
    """Take the rows of FILE in (.csv with a header, or .jsonl), as if their partner had posted them one by one.

    What is no lead is parked like anything that is posted, and told with its line. A file that cannot be read to its end is
    not begun. Whatever interrupts it, run it again: a line of the same file is taken once. Correct what was parked in the
    queue, not in the file: a changed file is another one.

    \b
      muster leads import leads.csv --contract affiliate-7 --dry-run
      muster leads import leads.csv --contract affiliate-7
      muster leads import leads.jsonl --contract affiliate-7 --vertical car --format json

    Exit 1 where a row is no lead, 3 where the file cannot be read.
    """
    from reconciler.commands.bringing_in import Load, imported

    return imported(common, Load(file, contract, workflow, vertical), dry_run, form)


@click.command("list", short_help="List the leads that were taken")
@click.option("--campaign", metavar="CAMPAIGN", default="", help="Those of one version.")
@click.option("--workflow", metavar="NAME", default="", help="Those of one workflow.")
@click.option("--partner", metavar="NAME", default="", help="Those of one partner.")
@click.option("--contract", metavar="NAME", default="", help="Those of one PartnerContract.")
@click.option("--from", "since", metavar="TIME", default="", help="From this time on: 2027-03-01, or with an hour.")
@click.option("--to", "until", metavar="TIME", default="", help="Before this time.")
@click.option("--after", metavar="CODE", default="", help="Go on behind this one, the last of the page before.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@format_option("text", "json", "csv")
@click.pass_obj
def list_(
    common: Common,
    campaign: str,
    workflow: str,
    partner: str,
    contract: str,
    since: str,
    until: str,
    after: str,
    limit: int,
    form: str,
) -> int:
    """List inbound leads, the latest first; tests among them while their version is in test, and never again.

    \b
      muster leads list --campaign solar-quotes@2
      muster leads list --partner affiliate-7 --from 2027-03-01 --format csv
    """
    from reconciler.commands.finding_leads import Narrowed, listed
    from reconciler.commands.reporting import written

    narrowed = Narrowed(campaign, workflow, partner, contract, since, until)
    written(listed(common, narrowed, (after, limit), form), None)
    return 0


@click.command("show", short_help="Show one lead, with whom it was sold to")
@click.argument("code", metavar="CODE")
@format_option("text", "json")
@click.pass_obj
def show(common: Common, code: str, form: str) -> int:
    """Show a lead: where it came from, what it says, how far it has come, and to whom it was sold.

    A lead that was taken in test is shown while its version is in test.

    \b
      muster leads show L3M7K2XW9ABCD
    """
    from reconciler.commands.finding_leads import shown
    from reconciler.commands.options import write

    write(shown(common, code, form))
    return 0
