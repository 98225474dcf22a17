"""`muster leads queue`: what was not taken as a lead, corrected, released or put aside."""

import click

from reconciler.commands.options import Common, format_option

REASONS = (
    "validation", "duplicate", "campaign-missing", "version-missing", "version-draft", "version-sundowned",
    "version-deleted", "contract-missing", "contract-ended", "contract-cap", "vertical-missing", "workflow-missing",
)  # fmt: skip
"""`QueueReason`, as it is written."""

_codes = click.argument("codes", nargs=-1, required=True, metavar="CODE...")
_code = click.argument("code", metavar="CODE")
_reason = click.option("--reason", type=click.Choice(REASONS), help="Those parked for one reason.")
_campaign = click.option("--campaign", metavar="NAME", default="", help="Those of one campaign, all its versions.")


@click.group("queue", invoke_without_command=True, short_help="What was not taken as a lead: list, correct, release")
@_reason
@_campaign
@click.option(
    "--stage", type=click.Choice(("open", "released", "discarded", "all")), default="open", show_default=True,
    help="How far they have come.",
)  # fmt: skip
@click.option("--after", metavar="CODE", default="", help="Go on behind this one, the last of the page before.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@format_option("text", "json")
@click.pass_context
def queue(
    ctx: click.Context, reason: str | None, campaign: str, stage: str, after: str, limit: int, form: str
) -> int | None:
    """List what was sent in and is no lead, oldest first, each with the one reason. `muster leads queue SUB --help` says more.

    \b
      muster leads queue                                       what is open
      muster leads queue --reason validation --format json
      muster leads queue show Q3M…                             one item, with what was sent
      muster leads queue correct Q3M… --set phone="+31 6 12345678"
      muster leads queue release Q3M…                          through the same door again
      muster leads queue discard Q3M… --reason "a test of theirs"
    """
    if ctx.invoked_subcommand is not None:
        return None
    from reconciler.commands.queueing import Page, listed

    return listed(ctx.obj, Page(reason or "", campaign, stage, after, limit), form)


@queue.command("show", short_help="One item, with what was sent and its history")
@_code
@format_option("text", "json")
@click.pass_obj
def show(common: Common, code: str, form: str) -> int:
    """Show what was sent in, why it is no lead, and who has changed what since.

    \b
      muster leads queue show Q3M7K2XW9ABCD
    """
    from reconciler.commands.queueing import shown

    return shown(common, code, form)


@queue.command("correct", short_help="Change what was sent")
@_code
@click.option("--set", "given", multiple=True, metavar="FIELD=VALUE", help="A field's value; may be repeated.")
@click.option("--unset", "gone", multiple=True, metavar="FIELD", help="Take a field out; may be repeated.")
@click.option("--vertical", metavar="NAME", default="", help="The vertical that it is for.")
@click.option("--workflow", metavar="NAME", default="", help="The workflow that it is for.")
@click.option("--contract", metavar="NAME", default="", help="The PartnerContract by which it comes in.")
@click.pass_obj
def correct(
    common: Common,
    code: str,
    given: tuple[str, ...],
    gone: tuple[str, ...],
    vertical: str,
    workflow: str,
    contract: str,
) -> int:
    """Change an open item, and say what would still stand in its way. It stays in the queue until it is released.

    \b
      muster leads queue correct Q3M7K2XW9ABCD --set phone="+31 6 12345678" --unset colour
      muster leads queue correct Q3M7K2XW9ABCD --contract affiliate-7-v2

    Exit 6 where somebody else has changed it meanwhile.
    """
    from reconciler.commands.queueing import Change, corrected

    return corrected(common, code, Change(given, gone, vertical, workflow, contract))


@queue.command("release", short_help="Send it through the door again")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option(
    "--all", "everything", is_flag=True, help="All that is open, of --reason and --campaign where they are given."
)
@_reason
@_campaign
@click.option(
    "--despite-others", is_flag=True, help="Also where it repeats another lead, or is one too many for a cap."
)
@click.pass_obj
def release(
    common: Common, codes: tuple[str, ...], everything: bool, reason: str | None, campaign: str, despite_others: bool
) -> int:
    """Send items through the same door again, as they are now. What is no lead still stays in the queue, with its reason.

    \b
      muster leads queue release Q3M7K2XW9ABCD
      muster leads queue release --all --reason version-sundowned --campaign solar-quotes

    Exit 5 where one is no lead still.
    """
    from reconciler.commands.queueing import Page, released

    page = Page(reason or "", campaign) if everything else None
    return released(common, codes, page, despite_others)


@queue.command("discard", short_help="Put it aside, for good")
@_codes
@click.option("--reason", "because", metavar="TEXT", required=True, help="Why; the item keeps it.")
@click.pass_obj
def discard(common: Common, codes: tuple[str, ...], because: str) -> int:
    """Put items aside: nothing more comes of them. What was sent, and why it was put aside, is kept.

    \b
      muster leads queue discard Q3M7K2XW9ABCD --reason "a test of theirs"
    """
    from reconciler.commands.queueing import discarded

    return discarded(common, codes, because)
