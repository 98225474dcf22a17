"""`muster diff`."""

import click

from reconciler.commands.options import Common, format_option, paths_argument


@click.command("diff", short_help="Compare manifests with the store, field by field")
@paths_argument
@click.option("--only", multiple=True, metavar="REF", help="Look at these resources alone; may be repeated.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where anything differs.")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, paths: tuple[str, ...], only: tuple[str, ...], detailed_exitcode: bool, form: str) -> int:
    """Compare what manifests say with what the store has: every field, and the state. Judges nothing; see `plan`.

    \b
      muster diff
      muster diff --only LeadCampaign/solar
    """
    from reconciler.commands.comparing import compare
    from reconciler.commands.options import write

    differences, text = compare(common, paths, only, form)
    write(text)
    return 2 if differences and detailed_exitcode else 0
