"""`muster timeline`."""

import click

from reconciler.commands.options import Common, format_option, horizon_option


@click.command("timeline", short_help="Show past, now and future on one axis")
@click.argument("refs", nargs=-1, metavar="[KIND | REF]...")
@horizon_option("1y")
@click.option("--since", metavar="SPAN", default="90d", show_default=True, help="How far to look back: 12w, 6mo, 2y.")
@format_option("text", "json", "svg")
@click.option("--out", metavar="FILE", help="Write there, not to stdout; .svg and .json say the format.")
@click.option("--limit", type=click.IntRange(0), default=200, show_default=True, help="Lines or lanes; 0 shows all.")
@click.pass_obj
def command(
    common: Common, refs: tuple[str, ...], horizon: str, since: str, form: str, out: str | None, limit: int
) -> int:
    """Show what was logged, what is now, and what schedules and timers will do.

    The future is that of `muster plan`, with its verdicts: ✓ legal, ? conditional, ✗ illegal, ⚡ race, ◌ shadowed,
    \N{EN DASH} never fires. Conflicts are shown, and the exit code is 0 all the same; `muster plan` is what refuses them.

    \b
      muster timeline                                everything, 90 days back and a year ahead
      muster timeline ReferralCampaign --horizon 6mo one kind
      muster timeline EmailCampaign/spring --since 2y
      muster timeline --out future.svg               a picture for the wall
      muster timeline --format json                  for other tools
    """
    from reconciler.commands.looking_ahead import Look, show_timeline

    show_timeline(common, Look(refs, horizon, since), form, out, limit)
    return 0
