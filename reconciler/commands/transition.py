"""`muster transition`."""

import click

from reconciler.commands.options import Common, format_option, hold_options


@click.command("transition", short_help="The emergency brake: one legal transition, now, and a hold")
@click.argument("ref")
@click.argument("event")
@hold_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option("text", "json")
@click.pass_obj
def command(
    common: Common,
    ref: str,
    event: str,
    reason: str,
    span: str | None,
    until: str | None,
    owner: str | None,
    yes: bool,
    form: str,
) -> int:
    """Take one legal transition at once, whatever the manifest says, and hold the resource so that it stays there.

    Guards, constraints and policies are asked as ever, and effects are performed. It looks at the store alone: a broken
    manifest does not hinder it. Until it is released and corrected, or adopted, it is drift (see `muster drift`).

    \b
      muster transition EmailCampaign/spring pause --reason "wrong price in the text" --for 2h
      muster transition CollectionCampaign/gentle pause --reason "court order" --until 2027-03-01T09:00 --yes

    Exit 4 where the transition is not legal now, 5 where a guard or policy denies it, 6 where somebody was faster.
    As JSON it is a plan of one resource, with what became of it, refusals included.
    """
    from reconciler.commands.operating import Terms, transition

    return transition(common, ref, event, Terms(reason, span, until, owner), yes, form)
