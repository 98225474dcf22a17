"""`muster watch`."""

import click

from reconciler.commands.options import Common, horizon_option, paths_argument


@click.command("watch", short_help="Reconcile by itself, from a directory or a git remote")
@paths_argument
@click.option("--git", "remote", metavar="URL", help="Follow this repository: https, ssh, or a path.")
@click.option("--branch", metavar="NAME", default="main", show_default=True, help="The branch to follow.")
@click.option("--allow-force-push", is_flag=True, help="Follow the branch also where its history was rewritten.")
@click.option("--accept", metavar="COMMIT", help="Follow the branch to this commit, though its history was rewritten.")
@click.option("--interval", metavar="SPAN", default="60s", show_default=True, help="Look at least this often.")
@click.option("--retry", metavar="SPAN", default="10s", show_default=True, help="Look again so soon after a failure.")
@horizon_option()
@click.option("--listen", metavar="HOST:PORT", help="Serve /metrics, /healthz, /readyz, /webhook; 127.0.0.1:9464.")
@click.option("--once", is_flag=True, help="One pass, then end with its exit code: for cron and for tests.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--no-work", is_flag=True, help="Leave what campaigns do outside to `muster worker`.")
@click.option(
    "--log-format", "log", type=click.Choice(["text", "json"]), help="Default: text on a terminal, else json."
)
@click.pass_obj
def command(common: Common, /, paths: tuple[str, ...], **said: object) -> int:
    """Keep every campaign where its manifest says, until a signal ends it.

    It looks when files change, at an interval, and at the very instant at which a schedule entry or a timer comes due. A
    manifest that is wrong is left alone and stops nothing else. Whatever happens to the source, an empty tree, a remote
    that cannot be reached, a rewritten branch, changes nothing: the last good catalog stays in force.

    \b
      muster watch                                          this directory
      muster -C /var/lib/muster watch --git git@host:acme/campaigns.git
      muster watch --once                                   from cron
      muster watch --once --dry-run                         what would the daemon do now?

    Beside that it runs what campaigns do outside, as `muster worker` does, which takes the same work up from other machines.

    SIGTERM and SIGINT end it between two steps (exit 8 where steps are left, else 0), a second one at once; SIGHUP reads
    settings and kinds anew. With --listen, POST /webhook is a hint to look at once; it must be signed with the secret in
    MUSTER_WEBHOOK_SECRET, as GitHub and GitLab do.
    """
    from reconciler.commands.watching import Wanted, watched

    return watched(common, paths, Wanted(**said))  # type: ignore[arg-type]  # click gives what the options declare
