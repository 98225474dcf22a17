"""`muster email suppress`, `unsuppress` and `suppressions`."""

import click

from reconciler.commands.options import Common, format_option

_list = click.option(
    "--list", "list_", metavar="NAME", default="", help="A SuppressionList; default: the whole project."
)
_REASONS = ("manual", "unsubscribed", "complaint", "hard_bounce", "soft_bounce", "list_import")


@click.command("suppress", short_help="Write no more to an address")
@click.argument("address")
@_list
@click.option("--reason", type=click.Choice(_REASONS), default="manual", show_default=True, help="Why.")
@click.pass_obj
def suppress(common: Common, address: str, list_: str, reason: str) -> int:
    """Write no more to ADDRESS: not in campaigns that are launched later, nor in what is still unsent of others.

    With --list only campaigns that name this SuppressionList leave it out.

    \b
      muster email suppress ada@example.com
      muster email suppress ada@example.com --list legal-objections
    """
    from reconciler.commands.options import write
    from reconciler.commands.suppressing import suppressed

    write(suppressed(common, address, list_, reason))
    return 0


@click.command("unsuppress", short_help="Let an address have mail again")
@click.argument("address")
@_list
@click.pass_obj
def unsuppress(common: Common, address: str, list_: str) -> int:
    """Let ADDRESS have mail again, and begin to count its returned mails anew.

    Whoever unsubscribed asked for it: only with their word.

    \b
      muster email unsuppress ada@example.com
      muster email unsuppress ada@example.com --list legal-objections
    """
    from reconciler.commands.options import write
    from reconciler.commands.suppressing import unsuppressed

    write(unsuppressed(common, address, list_))
    return 0


@click.command("suppressions", short_help="List who gets no more mail, and why")
@click.option("--list", "list_", metavar="NAME", help="Those of this SuppressionList; default: all.")
@format_option("text", "json")
@click.pass_obj
def suppressions(common: Common, list_: str | None, form: str) -> int:
    """List who gets no more mail, since when, and why: hard_bounce, soft_bounce, complaint, unsubscribed, manual, list_import.

    What the files of SuppressionLists say is not in it; `muster email suppress` and what comes back is.

    \b
      muster email suppressions
      muster email suppressions --list legal-objections --format json
    """
    from reconciler.commands.options import write
    from reconciler.commands.suppressing import listed

    write(listed(common, list_, form))
    return 0
