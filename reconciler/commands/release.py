"""`muster release`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("release", short_help="End a hold before its time")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option("--selector", "-l", metavar="LABELS", help="Every held resource with these labels.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
@click.option("--path", default="", metavar="POINTER", help="Only the acknowledgement of drift at this path.")
@click.option("--owner", metavar="NAME", help="Only what NAME holds; what others hold stays.")
@click.option("--all", "every", is_flag=True, help="Whoever holds it: every hold.")
@format_option("text", "json")
@click.pass_obj
def command(
    common: Common,
    refs: tuple[str, ...],
    selector: str | None,
    reason: str,
    path: str,
    owner: str | None,
    every: bool,
    form: str,
) -> int:
    """Take the holds off resources, acknowledged drift included. What they kept back is in the next plan.

    Where several people hold one, say whose hold is over: it stays held until the last is.

    \b
      muster release EmailCampaign/spring --reason "it was a false alarm"
      muster release EmailCampaign/spring --owner dana
      muster release -l team=growth
      muster release EmailCampaign/spring --path /spec/subject

    As JSON: each resource, its state, and the holds that are left.
    """
    from reconciler.commands.operating import release
    from reconciler.controller.operate import Whose
    from reconciler.model.errors import Usage

    if owner == "":
        raise Usage("--owner names nobody; leave it out where one alone holds it")
    if owner and every:
        raise Usage("say --owner NAME or --all, one of the two")
    return release(common, refs, selector, reason, Whose(owner or "", every, path), form)
