"""`muster drift`."""

import click

from reconciler.commands.options import Common, format_option, hold_options


class _Drift(click.Group):
    """Without a word for what to do it shows: `muster drift EmailCampaign/spring`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `show` before anything that is no subcommand."""
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group("drift", cls=_Drift, short_help="Show and settle what was changed past the manifests")
def command() -> None:
    """Show what an operator, or another checkout, has made differ from manifests that have not changed. Changes nothing.

    \b
      muster drift                                           everything; exit 9 where there is any
      muster drift EmailCampaign/spring --format json
      muster drift revert EmailCampaign/spring               make it what the manifest says
      muster drift revert EmailCampaign/spring /spec/subject only this field
      muster drift adopt EmailCampaign/spring                write what is stored into the manifest
      muster drift acknowledge EmailCampaign/spring /state --until 2027-03-01T09:00 --reason "agreed with Ana"

    What is acknowledged is shown, and does not count for the exit code. Whether drift is corrected by `muster apply` is for
    `drift: correct | warn` in muster.yaml to say.
    """


@command.command("show", short_help="Show drift (the default)")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@format_option("text", "json")
@click.pass_obj
def show(common: Common, refs: tuple[str, ...], form: str) -> int:
    """Show every field that has strayed: stored value and manifest's, who changed it, why and since when."""
    from reconciler.commands.drifting import shown

    return shown(common, refs, form)


@command.command("revert", short_help="Make it what the manifest says")
@click.argument("ref")
@click.argument("path", default="")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def revert(common: Common, ref: str, path: str, yes: bool) -> int:
    """Plan and apply the correction of one resource, or of the field at PATH, and nothing else."""
    from reconciler.commands.drifting import reverted

    return reverted(common, ref, path, yes)


@command.command("adopt", short_help="Write what is stored into the manifest")
@click.argument("ref")
@click.argument("path", default="")
@click.pass_obj
def adopt(common: Common, ref: str, path: str) -> int:
    """Write what is stored into the manifest file, comments kept; nothing is applied. Commit it as any change."""
    from reconciler.commands.drifting import adopted

    return adopted(common, ref, path)


@command.command("acknowledge", short_help="Leave it until a time")
@click.argument("ref")
@click.argument("path", default="")
@hold_options
@click.pass_obj
def acknowledge(
    common: Common, ref: str, path: str, reason: str, span: str | None, until: str | None, owner: str | None
) -> int:
    """Leave the drift of a resource, or of the field at PATH, as it is until a time; then it is drift again."""
    from reconciler.commands.drifting import acknowledged

    return acknowledged(common, (ref, path), (reason, span, until, owner))
