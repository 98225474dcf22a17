"""`muster when`."""

import click

from reconciler.commands.options import Common, format_option, horizon_option


@click.command("when", short_help="Say when a state may be asked for, and what stands in the way")
@click.argument("ref")
@click.argument("state")
@horizon_option("1y")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, ref: str, state: str, horizon: str, form: str) -> int:
    """Say when a manifest may first ask for STATE: now, from some time on, or never within the horizon.

    The schedules and timers of everything else go on meanwhile, and its own too until then. Exit 0 where it is legal now
    or later, 5 where to the end only guards forbid it, 4 where the law does.

    \b
      muster when ReferralCampaign/summer-burst live
      muster when CollectionCampaign/gentle active --horizon 3mo
      muster when EmailCampaign/spring running --format json
    """
    from reconciler.commands.asking import answer_when

    return answer_when(common, ref, state, horizon, form)
