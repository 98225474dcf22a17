"""What commands have in common: the project they run in, shared options, and how diagnostics are shown."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Invalid, Usage

if TYPE_CHECKING:
    from reconciler.app import App

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Common:
    """The options before the verb."""

    directory: str
    store: str | None
    no_color: bool
    environment: str | None = None

    def app(self, paths: tuple[str, ...] = ()) -> "App":
        """The wired application for this project. Invalid where muster.yaml or a kind definition is wrong."""
        from reconciler.app import App

        app = App.open(Path(self.directory), paths, self.store, environment=self.environment)
        click.get_current_context().call_on_close(app.close)
        return app

    @property
    def color(self) -> bool:
        """Whether stdout gets colour: on a terminal, unless somebody said no."""
        return not self.no_color and "NO_COLOR" not in os.environ and sys.stdout.isatty()


paths_argument = click.argument("paths", nargs=-1, metavar="[PATH]...")
"""Where the manifests are; default: what muster.yaml says, else campaigns.d."""


def format_option(*names: str) -> Callable[[F], F]:
    """`--format`, the first name being the default."""
    choice = click.Choice(names)
    return click.option(
        "--format",
        "form",
        type=choice,
        default=names[0],
        show_default=True,
        callback=_remember,
        is_eager=True,
        help="What to print.",
    )


FORMS: Final = ("text", "json", "markdown", "github", "sarif", "junit")
"""What `plan` and `apply` print."""

base_option = click.option(
    "--base", metavar="REF", help="Tell what this branch changes from what REF, in git, owes already."
)
"""`--base`: the commit to compare with."""


def ack_option(words: str) -> Callable[[F], F]:
    """`--ack`: the refusals that a person may overrule, by name, for one plan."""
    names = click.Choice(["too-many-changes", "past-entry"])
    return click.option("--ack", multiple=True, type=names, help=words)


NINETY_DAYS: Final = "90d"
"""How far a plan looks ahead where nobody says otherwise: `timeline.DEFAULT_HORIZON`, as it is written."""


def hold_options(command: F) -> F:
    """The reason, end and owner of a hold: what `operating.Terms` is made from."""
    for option in reversed(
        (
            click.option("--reason", required=True, metavar="TEXT", help="Why; the log and every plan show it."),
            click.option("--for", "span", metavar="SPAN", help="How long it lasts: 30m, 2h, 3d."),
            click.option("--until", metavar="TIME", help="Or until when (RFC 3339, or local in the project's zone)."),
            click.option("--owner", metavar="NAME", help="Who answers for it; default: whoever runs this."),
        )
    ):
        command = option(command)
    return command


def horizon_option(default: str = NINETY_DAYS) -> Callable[[F], F]:
    """`--horizon`: how far to look ahead."""
    words = "How far to look ahead: 12w, 6mo, 1y; 10y at most, 0d not at all."
    return click.option("--horizon", metavar="SPAN", default=default, show_default=True, help=words)


def _remember(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    ctx.meta["muster.form"] = value
    return value


def write(text: str) -> None:
    """A result, on stdout; out at once, so that what is said of it on stderr comes after it in a pipe too."""
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    sys.stdout.flush()


def show_diagnostics(common: Common, found: tuple[Diagnostic, ...]) -> None:
    """Diagnostics on stderr, each with the line of the file and a caret."""
    from reconciler.views.diagnostics import render

    color = sys.stderr.isatty() and not common.no_color and "NO_COLOR" not in os.environ
    root = Path(common.directory)
    click.echo(render(found, lambda file: _lines(root / file), color), err=True, nl=False)


def show_invalid(common: Common, error: Invalid, form: str) -> None:
    """What is wrong with the files: in the format that was asked for, alone on stdout; as text, on stderr."""
    if form not in FORMS[1:]:
        show_diagnostics(common, error.diagnostics)
        return
    from reconciler.commands.forms import diagnosed

    write(diagnosed(common, error.diagnostics, form))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def parse_ref(text: str) -> Any:
    """A ref from the command line. Usage error where it is none."""
    from reconciler.model.ref import Ref

    try:
        return Ref.parse(text)
    except ValueError as error:
        raise Usage(str(error)) from None
