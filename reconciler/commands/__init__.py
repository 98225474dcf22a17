"""DOOR: one short module per verb, loaded when it is called; here, what all verbs share and how failures end."""

import os
import sys
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword
from typing import Any, Final, NoReturn

import click

from reconciler import __version__

VERBS: Final = {
    "init": "Start a campaigns repository here",
    "new": "Write a manifest to start from",
    "validate": "Check every manifest, without a store",
    "fmt": "Lay out manifests evenly, comments kept",
    "plan": "Show what applying would do, and what stands in the way",
    "apply": "Do what is legal, and log it",
    "watch": "Reconcile by itself, from a directory or a git remote",
    "worker": "Run what campaigns do outside, here or on as many machines as wanted",
    "email": "Count, try and report mailings; say who gets no more",
    "leads": "Take leads in, correct what was not taken, see what became of them",
    "referral": "Look at programs, people and rewards; approve, make good, export",
    "receivables": "Take invoices in; see which campaign works them, and how it goes",
    "collections": "Take accounts in; see whom campaigns contact, and what came of it",
    "serve": "Answer links in mails, and take back what returns",
    "test": "Run what a team has written down about its schedules",
    "when": "Say when a state may be asked for, and what stands in the way",
    "requires": "List what is missing before a campaign may be in a state",
    "get": "List resources with their states",
    "describe": "Show everything about one resource",
    "diff": "Compare manifests with the store, field by field",
    "history": "Show what happened to a resource, by whom and why",
    "blame": "Show who made each field of a resource what it is",
    "timeline": "Show past, now and future on one axis",
    "calendar": "Write what is to come as a calendar to subscribe to",
    "duplicate": "Write a new manifest based on an existing campaign",
    "new-version": "Write the next version of a campaign",
    "hold": "Keep the reconciler's hands off a resource for a while",
    "release": "End a hold before its time",
    "transition": "The emergency brake: one legal transition, now, and a hold",
    "drift": "Show and settle what was changed past the manifests",
    "import": "Write the manifests of what is stored and has none",
    "forget": "Take an unmanaged resource out of the snapshot",
    "explain": "Show a kind: its states, rules and requirements",
    "graph": "Draw a kind's lifecycle",
    "schema": "Print the JSON Schemas that editors use",
    "doctor": "Check the log against the state, and settle what a crash left",
    "store": "Move a project's store, from SQLite to PostgreSQL or back",
    "completion": "Print the shell completion script",
}
"""Every verb in the order of `--help`; module names have `_` for `-`, and one more behind a word of Python."""


def module_name(verb: str) -> str:
    """The module of a verb."""
    name = verb.replace("-", "_")
    return f"reconciler.commands.{name}{'_' if iskeyword(name) else ''}"


class _Verbs(click.Group):
    """Loads the module of a verb when the verb is called: start-up costs click and nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = import_module(module_name(cmd_name))
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Invalid files are answered here, where the format that was asked for is still known."""
        from reconciler.model.errors import Invalid

        try:
            return super().invoke(ctx)
        except Invalid as error:
            from reconciler.commands.options import show_invalid

            show_invalid(ctx.obj, error, str(ctx.meta.get("muster.form", "text")))
            return error.exit_code

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], list(VERBS), n=1)
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) if close else error from None


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-C", "directory", default=".", metavar="DIR", help="Run as if started in DIR.")
@click.option(
    "--store", envvar="MUSTER_STORE", metavar="URL", help="Where the actual state lives; default sqlite in .muster/."
)
@click.option(
    "--env", "environment", envvar="MUSTER_ENV", metavar="NAME", help="The environment of environments/NAME.yaml."
)
@click.option("--no-color", is_flag=True, help="Plain text, also on a terminal (as NO_COLOR does).")
@click.version_option(__version__, prog_name="muster")
@click.pass_context
def muster(ctx: click.Context, directory: str, store: str | None, environment: str | None, no_color: bool) -> None:
    """Campaigns as code.

    Manifests in git say which state each campaign should be in. `muster plan` shows the legal way there, `muster apply`
    takes it, step by step, and logs every step.

    \b
    Start here:
      muster init          a campaigns repository in this directory
      muster plan          what would happen
      muster apply         make it happen
      muster explain       what each kind of campaign may do, and when

    Exit codes: 0 done, 2 changes (--detailed-exitcode), 3 invalid, 4 illegal, 5 denied, 6 stale, 7 busy, 8 partial,
    9 drift, 10 held, 64 usage, 70 a bug, 130 interrupted.
    """
    from reconciler.commands.options import Common

    ctx.obj = Common(directory, store, no_color, environment)


def main() -> NoReturn:
    """Run the command line; the one place where failures become exit codes."""
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    # Everything is closed. Taking apart what a large plan is made of, object by object, would only take time.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of one invocation. Talks on stderr, answers on stdout."""
    from reconciler.model.errors import MusterError

    try:
        return _invoke(arguments)
    except click.exceptions.Abort:
        click.echo("interrupted: nothing more was done", err=True)
        return 130
    except KeyboardInterrupt:
        click.echo("interrupted; what was done is in the log", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 64
    except MusterError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does: not a failure, but nothing more can be written.
        sys.stdout = None
        return 0
    except Exception as error:  # noqa: BLE001 - the door: whatever is left is a bug, and says so
        return _bug(error)


def _invoke(arguments: list[str]) -> int:
    answer: Any = muster.main(arguments, prog_name="muster", standalone_mode=False)
    sys.stdout.flush()
    return answer if isinstance(answer, int) else 0


def _bug(error: Exception) -> int:
    from os import environ
    from traceback import format_exception

    click.echo(f"bug: {type(error).__name__}: {error}", err=True)
    if environ.get("MUSTER_TRACEBACK"):
        click.echo("".join(format_exception(error)), err=True)
    else:
        click.echo("This should not happen. Run again with MUSTER_TRACEBACK=1 and report what it prints.", err=True)
    return 70
