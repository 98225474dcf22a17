"""`muster explain`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("explain", short_help="Show a kind: its states, rules and requirements")
@click.argument("kind", required=False)
@click.option(
    "--requirement", metavar="ID", help="What this requirement says, and which lines of which kinds carry it."
)
@format_option("text", "json", "markdown")
@click.pass_obj
def command(common: Common, kind: str | None, requirement: str | None, form: str) -> int:
    """Explain what a kind of campaign may do, and when: states, transitions, rules, and the requirement behind each.

    \b
      muster explain                             every kind, one line each
      muster explain LeadCampaign                its states, who moves it between them, what is frozen where
      muster explain --requirement L-25          what L-25 says, and every line that carries it
      muster explain EmailCampaign --format markdown > email.md
    """
    from reconciler.commands.explaining import explained
    from reconciler.commands.options import write

    write(explained(common, kind, requirement, form))
    return 0
