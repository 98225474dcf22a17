"""`muster new`."""

import click

from reconciler.commands.options import Common


@click.command("new", short_help="Write a manifest to start from")
@click.argument("kind")
@click.argument("name")
@click.option("--out", metavar="FILE", help="Where to write it; default NAME.yaml in the first manifests directory.")
@click.option("--stdout", is_flag=True, help="Print it instead of writing a file.")
@click.pass_obj
def command(common: Common, kind: str, name: str, out: str | None, stdout: bool) -> int:
    """Write a manifest of a kind: what is required with a placeholder, everything else as commented options.

    \b
      muster new EmailCampaign spring-launch              writes campaigns.d/spring-launch.yaml
      muster new SmtpConnection relay --out campaigns.d/shared/relay.yaml
      muster new Template spring-launch --stdout
    """
    from reconciler.commands.authoring import deliver, desk
    from reconciler.commands.options import write
    from reconciler.controller.authoring import new

    write(deliver(new(desk(common), kind, name, out), stdout))
    return 0
