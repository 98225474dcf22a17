"""`muster collections enqueue`, `pause-engine` and `resume-engine`: the engine by hand."""

import click

from reconciler.commands.options import Common


@click.command("enqueue", short_help="Queue the accounts of a campaign that may be contacted")
@click.argument("campaign")
@click.pass_obj
def enqueue(common: Common, campaign: str) -> int:
    """Queue every account of CAMPAIGN that may be contacted and whose next step is due, as a cycle does where autoEnqueue is
    set. One that is queued already stays queued once. Says how many were not, and why.

    \b
      muster collections enqueue q2-30-60-dpd

    Exit 5 where the campaign is not active, or today is none of its days.
    """
    from reconciler.commands.contacting import enqueued

    return enqueued(common, campaign)


@click.command("pause-engine", short_help="Contact nobody, and keep every queue")
@click.option("--reason", required=True, metavar="TEXT", help="Why; whoever looks at the engine sees it.")
@click.pass_obj
def pause_engine(common: Common, reason: str) -> int:
    """Put the brake on: no contact begins in any campaign until it is taken off, and everything that waits goes on waiting.

    To stop one campaign, and cancel what waits in it, pause that: `state: paused` in its manifest.

    \b
      muster collections pause-engine --reason "wrong balances in the last export"
      muster collections resume-engine
    """
    from reconciler.commands.contacting import braked

    return braked(common, reason)


@click.command("resume-engine", short_help="Take the brake off")
@click.pass_obj
def resume_engine(common: Common) -> int:
    """Take the brake off. Limits and hours hold for what has waited, as for everything else.

    \b
      muster collections resume-engine
    """
    from reconciler.commands.contacting import released

    return released(common)
