"""`muster leads campaign`, `workflow`, `account`, `partner` …: who sees which leads."""

import click

from reconciler.commands.options import Common, format_option

_campaign = click.argument("campaign", metavar="CAMPAIGN")
_limit = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
_after = click.option("--after", metavar="CODE", default="", help="Go on behind this one, the last of the page before.")
_since = click.option("--from", "since", metavar="TIME", help="From this time on: 2027-03-01, or with an hour.")
_until = click.option("--to", "until", metavar="TIME", help="Before this time.")


@click.command("campaign", short_help="Show a campaign version with its leads")
@_campaign
@format_option("text", "json")
@click.pass_obj
def campaign(common: Common, campaign: str, form: str) -> int:
    """Show a version: its leads by stage, what was sold for how much, what was not taken, and the latest of each.

    Leads that were taken in test are counted while the version is in test, and never again. Without @VERSION the highest
    version is meant.

    \b
      muster leads campaign solar-quotes
      muster leads campaign solar-quotes@1 --format json
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import campaign_view

    write(campaign_view(common, campaign, "", form))
    return 0


@click.command("workflow", short_help="Show a workflow with its leads")
@_campaign
@click.argument("workflow")
@format_option("text", "json")
@click.pass_obj
def workflow(common: Common, campaign: str, workflow: str, form: str) -> int:
    """Show one workflow of a version, as `muster leads campaign` shows all of it.

    \b
      muster leads workflow solar-quotes@2 quote-form
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import campaign_view

    write(campaign_view(common, campaign, workflow, form))
    return 0


@click.command("account", short_help="Show a buyer with its contracts and leads")
@click.argument("account")
@format_option("text", "json")
@click.pass_obj
def account(common: Common, account: str, form: str) -> int:
    """Show an account: its contracts, what it has bought for how much, and the latest leads. Tests are not among them.

    \b
      muster leads account acme
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import account_view

    write(account_view(common, account, form))
    return 0


@click.command("account-contract", short_help="Show a buyer's contract with its leads")
@click.argument("contract")
@format_option("text", "json")
@click.pass_obj
def account_contract(common: Common, contract: str, form: str) -> int:
    """Show one contract of a buyer: what was sold by it. Tests are not among it.

    \b
      muster leads account-contract acme-car
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import buyer_view

    write(buyer_view(common, contract, form))
    return 0


@click.command("partner", short_help="Show a partner with its contracts and leads")
@click.argument("partner")
@format_option("text", "json")
@click.pass_obj
def partner(common: Common, partner: str, form: str) -> int:
    """Show a partner: its contracts and the leads it has sent, tests too while their version is in test.

    \b
      muster leads partner affiliate-7
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import partner_view

    write(partner_view(common, partner, form))
    return 0


@click.command("partner-contract", short_help="Show a partner's contract with its leads")
@click.argument("contract")
@format_option("text", "json")
@click.pass_obj
def partner_contract(common: Common, contract: str, form: str) -> int:
    """Show one contract of a partner: the leads that came by it, tests too while their version is in test.

    \b
      muster leads partner-contract affiliate-7
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import source_view

    write(source_view(common, contract, form))
    return 0


@click.command("outbound", short_help="List the leads that were sold")
@click.option("--campaign", metavar="CAMPAIGN", help="Those of one version.")
@click.option("--account", metavar="NAME", default="", help="Those of one buyer.")
@click.option("--contract", metavar="NAME", help="Those of one AccountContract.")
@_since
@_until
@_after
@_limit
@format_option("text", "json", "csv")
@click.pass_obj
def outbound(
    common: Common,
    campaign: str | None,
    account: str,
    contract: str | None,
    since: str | None,
    until: str | None,
    after: str,
    limit: int,
    form: str,
) -> int:
    """List the leads that were sold, the latest first. Tests are not among them: they are shown with their lead.

    \b
      muster leads outbound --account acme
      muster leads outbound --campaign solar-quotes@1 --from 2027-03-01 --format csv
      muster leads outbound --after S7K2M9QX
    """
    from reconciler.commands.reading_leads import Asked, outbound_list
    from reconciler.commands.reporting import written

    asked = Asked(campaign or "", account, contract or "", since or "", until or "")
    written(outbound_list(common, asked, (after, limit), form), None)
    return 0


@click.command("last-use", short_help="Tell whether a version is still used")
@_campaign
@format_option("text", "json")
@click.pass_obj
def last_use(common: Common, campaign: str, form: str) -> int:
    """Tell when a version had its last lead, and how often somebody has sent to it since it was sundowned.

    When nothing comes any more it can be deleted without anybody missing it.

    \b
      muster leads last-use solar-quotes@1
    """
    from reconciler.commands.options import write
    from reconciler.commands.reading_leads import last_use_of

    write(last_use_of(common, campaign, form))
    return 0
