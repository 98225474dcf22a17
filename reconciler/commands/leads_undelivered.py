"""`muster leads undelivered`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("undelivered", short_help="List sold leads that did not reach their buyer, or send them out again")
@click.argument("contract")
@click.option("--again", is_flag=True, help="Send out again what has failed, as the contract says now.")
@click.option(
    "--stage", type=click.Choice(["failed", "unknown"]), default="failed", show_default=True,
    help="With --again: which of them.",
)  # fmt: skip
@format_option("text", "json")
@click.pass_obj
def undelivered(common: Common, contract: str, again: bool, stage: str, form: str) -> int:
    """List the deliveries of a buyer's contract that failed, and those whose fate is unknown, each with the reason.

    With --again those that failed are sent out once more, to the addresses and with the settings that the contract has now;
    apply what you have mended first. A buyer who has such a lead already knows it by its key. What is unknown is left alone,
    for it may have arrived; ask the buyer, and say --stage unknown if it has not.

    \b
      muster leads undelivered acme-car
      muster leads undelivered acme-car --again
      muster leads undelivered acme-car --again --stage unknown
    """
    from reconciler.commands.delivering_leads import delivered_again, listed
    from reconciler.commands.options import write

    if again:
        click.echo(delivered_again(common, contract, stage), err=True)
    else:
        write(listed(common, contract, form))
    return 0
