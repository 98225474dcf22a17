"""`muster hold`."""

import click

from reconciler.commands.options import Common, format_option, hold_options


@click.command("hold", short_help="Keep the reconciler's hands off a resource for a while")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option("--selector", "-l", metavar="LABELS", help="Every resource with these labels: team=growth,tier!=test.")
@hold_options
@click.option("--extend", is_flag=True, help="Put this in the place of the hold that this owner has already.")
@format_option("text", "json")
@click.pass_obj
def command(
    common: Common,
    refs: tuple[str, ...],
    selector: str | None,
    reason: str,
    span: str | None,
    until: str | None,
    owner: str | None,
    extend: bool,
    form: str,
) -> int:
    """Hold resources: until the end, or `muster release`, nothing that manifests or schedules ask of them is done.

    Timers other than a scheduled start go on, and what the running campaign reports of itself. Every plan shows the
    hold, its age, and what its end would let through. What somebody else holds too is held until the last is over.

    \b
      muster hold EmailCampaign/spring --reason "complaints, looking into it" --for 2h
      muster hold -l team=growth --reason "data centre moves" --until 2027-03-01T18:00
      muster hold EmailCampaign/spring --reason "still looking" --for 4h --extend

    As JSON: each resource, its state, and the holds that it has.
    """
    from reconciler.commands.operating import Terms, hold

    return hold(common, refs, selector, Terms(reason, span, until, owner), extend, form)
