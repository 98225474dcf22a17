"""`muster describe`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("describe", short_help="Show everything about one resource")
@click.argument("ref")
@click.option(
    "--events", "last", type=click.IntRange(0), default=10, show_default=True, help="How many events to show."
)
@click.option("--at", metavar="TIME", help="As it was, or will be, at this instant (RFC 3339).")
@click.option("--watch", "-w", is_flag=True, help="Go on showing how its work goes, until it is over.")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, ref: str, last: int, at: str | None, watch: bool, form: str) -> int:
    """Show a resource: its state, what it may become and what that waits for, how far its work has come, its document and
    its last events.

    With --at the past is told from the log, also of what was forgotten since, and the future as schedules and timers
    will make it, ten years ahead at most. Local times are those of the project.

    With --watch its work is followed to its end: by a bar on a terminal, else by a line now and then, or by a line of JSON
    each time. Exit 0 where all of it was done, 8 where it has ended otherwise.

    \b
      muster describe EmailCampaign/spring-launch
      muster describe LeadCampaign/solar@2 --format json
      muster describe ReferralCampaign/summer --at 2027-06-01T09:00
      muster describe EmailCampaign/spring-launch --watch
    """
    if watch:
        from reconciler.commands.following import followed

        if at is not None:
            raise click.UsageError("--watch shows what is, --at another time: give one of them")
        return followed(common, ref, form)
    from reconciler.commands.describing import described, described_at

    if at is None:
        described(common, ref, last, form)
    else:
        described_at(common, ref, at, last, form)
    return 0
