"""`muster serve`."""

import click

from reconciler.commands.options import Common


@click.command("serve", short_help="Show the dashboard; answer links in mails, and take in what comes")
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8025", show_default=True, help="Where to listen.")
@click.option(
    "--dashboard", metavar="HOST:PORT", default="127.0.0.1:8026", show_default=True, help="Where to show the dashboard."
)
@click.option("--no-dashboard", "without", is_flag=True, help="Show none.")
@click.option(
    "--trust", metavar="ADDRESSES", default="127.0.0.1", show_default=True,
    help="Proxies that are believed about whom they speak for (X-Forwarded-For), with commas. The dashboard believes"
    " them where its `url` is https, and its own `proxy` alone where muster.yaml names one.",
)  # fmt: skip
@click.option(
    "--log-format", "log", type=click.Choice(["text", "json"]), help="Default: text on a terminal, else json."
)
@click.pass_obj
def command(common: Common, listen: str, dashboard: str, without: bool, trust: str, log: str | None) -> int:
    """Show the dashboard, answer the links of mails that were sent, and take in what comes, until a signal ends it.

    The dashboard listens at an address of its own, and prints where to open it. The doors of the world are these:

    \b
      /o/TOKEN.gif      counts an open
      /c/TOKEN          counts a click, and leads on to where the mailing's link leads
      /u/TOKEN          asks whether to unsubscribe; a POST does it, from that page or by one click (RFC 8058)
      /webhooks/NAME    takes what a provider reports, signed
      /r/CODE           leads on to the landing of the referral campaign that answers
      /v1/referral/…    advocates, links, answers, accesses and events, with the program's key
      /healthz /readyz /metrics

    It looks through the mailboxes that muster.yaml names under `returns`, too. Put a proxy that speaks TLS before it, and
    let that pass on /o, /c, /u, /r, /v1 and /webhooks alone.

    \b
      muster serve
      muster serve --listen 0.0.0.0:8025 --trust 10.0.0.7
      muster --store postgresql://muster@db.example/campaigns serve

    SIGTERM and SIGINT end it once what is under way is answered.
    """
    from reconciler.commands.serving import Addresses, served

    return served(common, Addresses(listen, None if without else dashboard, trust), log)
