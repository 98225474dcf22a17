"""`muster leads outdated` and `muster leads confirm`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("outdated", short_help="List contracts with outdated settings")
@click.argument("campaign", required=False, default="")
@format_option("text", "json", "csv")
@click.pass_obj
def outdated(common: Common, campaign: str, form: str) -> int:
    """List the contracts that name a field, vertical or workflow which was changed or removed since they were last saved,
    joined the version or were confirmed. Only versions in test or published have contracts.

    Save the contract with what it should say, or confirm that it fits as it is.

    \b
      muster leads outdated
      muster leads outdated solar-quotes --format csv
    """
    from reconciler.commands.outdating import listed
    from reconciler.commands.reporting import written

    written(listed(common, campaign, form), None)
    return 0


@click.command("confirm", short_help="Say that a contract fits as it is")
@click.argument("contract")
@click.pass_obj
def confirm(common: Common, contract: str) -> int:
    """Say that CONTRACT, an AccountContract or PartnerContract, fits the versions that it is in as they are: it is not
    outdated any more.

    \b
      muster leads confirm acme-car
      muster leads confirm PartnerContract/affiliate-7
    """
    from reconciler.commands.options import write
    from reconciler.commands.outdating import confirmed

    write(confirmed(common, contract))
    return 0
