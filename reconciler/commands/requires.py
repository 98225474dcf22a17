"""`muster requires`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("requires", short_help="List what is missing before a campaign may be in a state")
@click.argument("ref")
@click.argument("state")
@format_option("text", "json")
@click.pass_obj
def command(common: Common, ref: str, state: str, form: str) -> int:
    """List everything that a manifest needs to be in STATE: done [x], open [ ] or not known [?], and who can close it.

    Exit 0 where nothing is open (what only a runtime knows may be unknown), 5 where something is, 4 where no legal way
    leads there.

    \b
      muster requires ReceivablesCampaign/consumer active
      muster requires EmailCampaign/spring scheduled --format json
    """
    from reconciler.commands.asking import answer_requires

    return answer_requires(common, ref, state, form)
