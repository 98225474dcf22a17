"""`muster plan`."""

import click

from reconciler.commands.options import (
    FORMS,
    NINETY_DAYS,
    Common,
    ack_option,
    base_option,
    format_option,
    horizon_option,
    paths_argument,
)


@click.command("plan", short_help="Show what applying would do, and what stands in the way")
@paths_argument
@format_option(*FORMS)
@click.option("--out", type=click.Path(dir_okay=False), help="Save the plan, to apply exactly it later.")
@click.option("--at", metavar="TIME", help="Plan for this instant (RFC 3339) instead of now.")
@horizon_option()
@click.option("--only", multiple=True, metavar="REF", help="Look at these resources alone; may be repeated.")
@base_option
@ack_option("Show the plan as if acknowledged.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there is something to do.")
@click.pass_obj
def command(
    common: Common,
    paths: tuple[str, ...],
    form: str,
    out: str | None,
    at: str | None,
    horizon: str,
    only: tuple[str, ...],
    base: str | None,
    ack: tuple[str, ...],
    detailed_exitcode: bool,
) -> int:
    """Show what `apply` would do now, step by step, and why the rest is blocked. Changes nothing, locks nothing.

    \b
      muster plan                               everything that muster.yaml names
      muster plan campaigns.d/growth            one folder
      muster plan --only EmailCampaign/spring   one campaign
      muster plan --out today.plan              save it; `muster apply today.plan` does exactly this
      muster plan --base origin/main            what this branch changes, and apart what the base owes
      muster plan --format github               annotations on file and line; sarif, junit, markdown too
      muster plan --horizon 1y                  what a year of schedules and timers will do
      muster plan --detailed-exitcode           0 nothing, 2 changes, 4 illegal, 5 denied
    """
    from reconciler.commands.forms import report_of
    from reconciler.commands.showing import show
    from reconciler.views.report import Report

    asked = at or only or ack or base is not None or horizon != NINETY_DAYS
    idle = None if asked else common.app(paths).idle_plan()
    if idle is not None:
        return show(common, Report(idle), form, out=out, detailed=detailed_exitcode)
    from reconciler.commands.planning import make

    made = make(common, paths, at=at, horizon=horizon, only=only, ack=ack, base=base)
    return show(common, report_of(common, made, form), form, out=out, detailed=detailed_exitcode)
