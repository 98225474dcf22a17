"""`muster import`."""

import click

from reconciler.commands.options import Common


@click.command("import", short_help="Write the manifests of what is stored and has none")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option("--all", "everything", is_flag=True, help="Everything that is stored and has no manifest.")
@click.option(
    "--to", metavar="FILE", help="Write them all there, behind what it holds; default NAME.yaml where it was."
)
@click.option("--stdout", is_flag=True, help="Print them instead of writing files.")
@click.pass_obj
def command(common: Common, refs: tuple[str, ...], everything: bool, to: str | None, stdout: bool) -> int:
    """Adopt unmanaged resources: write a manifest that says what is stored, so that a plan has nothing to do about it.

    Defaults are left out, and the layout is that of `muster fmt`. Named resources are written all or none; with --all,
    what cannot be adopted is left and listed with the reason (exit 1).

    \b
      muster import EmailCampaign/spring-launch
      muster import Segment/buyers RecipientList/staff --to campaigns.d/shared/people.yaml
      muster import --all
    """
    from reconciler.commands.adopting import adopted

    return adopted(common, refs, everything, to, stdout)
