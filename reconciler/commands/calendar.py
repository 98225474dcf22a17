"""`muster calendar`."""

import click

from reconciler.commands.options import Common, horizon_option


@click.command("calendar", short_help="Write what is to come as a calendar to subscribe to")
@click.argument("refs", nargs=-1, metavar="[KIND | REF]...")
@click.option("--ics", metavar="FILE", required=True, help="Where to write it; - is stdout.")
@horizon_option("1y")
@click.pass_obj
def command(common: Common, refs: tuple[str, ...], ics: str, horizon: str) -> int:
    """Write an iCalendar file: one event for each thing that schedules and timers will do, and one for each conflict.

    Run it after each merge and put the file where people's calendars find it. An event keeps its identity from file to
    file, so that calendars update it; what hangs on something unknown is tentative.

    \b
      muster calendar --ics campaigns.ics
      muster calendar --ics referral.ics ReferralCampaign --horizon 6mo
      muster calendar --ics - EmailCampaign/spring
    """
    from reconciler.commands.looking_ahead import Look, write_calendar

    write_calendar(common, Look(refs, horizon), ics)
    return 0
