"""`muster apply`."""

import click

from reconciler.commands.options import FORMS, Common, ack_option, base_option, format_option, horizon_option


@click.command("apply", short_help="Do what is legal, and log it")
@click.argument("paths", nargs=-1, metavar="[PLANFILE | PATH]...")
@format_option(*FORMS)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--expect", metavar="DIGEST", help="Apply exactly the plan with this digest, or exit 6.")
@horizon_option()
@click.option("--all-or-nothing", is_flag=True, help="Apply nothing where anything is blocked.")
@click.option("--only", multiple=True, metavar="REF", help="Apply to these resources alone; may be repeated.")
@base_option
@ack_option("Overrule this refusal, for the plan of --expect.")
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
    base: str | None,
    ack: tuple[str, ...],
) -> int:
    """Do what the plan says, as far as it is legal, one logged transaction a step; blocked resources are left alone.

    \b
      muster apply                          show the plan, ask, do it
      muster apply --yes                    do it without asking, in CI
      muster apply --expect sha256:…        exactly what was reviewed, or exit 6
      muster apply --base HEAD^1 --expect …  what was reviewed of one merge, whatever else is owed
      muster apply today.plan               what `muster plan --out today.plan` saved

    Killed at any moment, the next run goes on where this one stopped.
    """
    from reconciler.commands.applying import Consent, carry_out

    consent = Consent(yes, expect or "", all_or_nothing, only, ack, horizon, base)
    return carry_out(common, paths, consent, form)
