"""`muster blame`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("blame", short_help="Show who made each field of a resource what it is")
@click.argument("ref")
@click.option("--field", metavar="P", help="Only this field and what lies in it: /spec/subject, or spec.subject.")
@click.option("--at", metavar="TIME", help="As it was at this instant (RFC 3339).")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, ref: str, field: str | None, at: str | None, form: str) -> int:
    """Show for each field the commit and its author, when and by whom it was applied, under which plan, and why.

    The commit is the one that last changed what the manifest says: not the head of the branch, and not one that only
    laid the file out anew, moved it, or merged. Answered from the log, also for what was renamed or forgotten since.

    \b
      muster blame EmailCampaign/spring-launch
      muster blame EmailCampaign/spring-launch --field spec.subject
      muster blame LeadCampaign/solar@2 --field /spec/fields/phone --format json
    """
    from reconciler.commands.blaming import blamed
    from reconciler.commands.options import write
    from reconciler.views.blame import blame_to_json, render_blame

    one = blamed(common, ref, field or "", at)
    write(blame_to_json(one) if form == "json" else render_blame(one, common.color))
    return 0
