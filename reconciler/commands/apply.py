"""`muster apply`."""

import click

from reconciler.commands.options import Common, format_option, horizon_option


@click.command("apply", short_help="Do what is legal, and log it")
@click.argument("paths", nargs=-1, metavar="[PLANFILE | PATH]...")
@format_option("text", "json", "markdown")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--expect", metavar="DIGEST", help="Apply exactly the plan with this digest, or exit 6.")
@horizon_option()
@click.option("--all-or-nothing", is_flag=True, help="Apply nothing where anything is blocked.")
@click.option("--only", multiple=True, metavar="REF", help="Apply to these resources alone; may be repeated.")
@click.option("--ack", multiple=True, type=click.Choice(["too-many-changes"]), help="Acknowledge, for --expect's plan.")
@click.pass_obj
def command(
    common: Common,
    paths: tuple[str, ...],
    form: str,
    yes: bool,
    expect: str | None,
    horizon: str,
    all_or_nothing: bool,
    only: tuple[str, ...],
    ack: tuple[str, ...],
) -> int:
    """Do what the plan says, as far as it is legal, one logged transaction a step; blocked resources are left alone.

    \b
      muster apply                          show the plan, ask, do it
      muster apply --yes                    do it without asking, in CI
      muster apply --expect sha256:…        exactly what was reviewed, or exit 6
      muster apply today.plan               what `muster plan --out today.plan` saved

    Killed at any moment, the next run goes on where this one stopped.
    """
    from reconciler.commands.applying import Consent, carry_out

    return carry_out(common, paths, Consent(yes, expect or "", all_or_nothing, only, ack, horizon), form)
