"""`muster graph`."""

from pathlib import Path

import click

from reconciler.commands.options import Common


@click.command("graph", short_help="Draw a kind's lifecycle")
@click.argument("kind")
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "svg"]), help="Default: what FILE ends in, else mermaid."
)
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to stdout."
)
@click.pass_obj
def command(common: Common, kind: str, form: str | None, out: Path | None) -> int:
    """Draw the lifecycle of a kind: its states, and the events that lead from one to another.

    Mermaid is drawn by GitHub and most wikis inside a ```mermaid block; SVG stands by itself, light and dark.

    \b
      muster graph LeadCampaign
      muster graph ReferralCampaign --out referral.svg
      muster graph EmailCampaign --format svg > email.svg
    """
    from reconciler.commands.drawing import draw, put

    put(draw(common, kind, form or ("svg" if out and out.suffix == ".svg" else "mermaid")), out)
    return 0
