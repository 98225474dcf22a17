"""`muster init`."""

import click

from reconciler.commands.options import Common


@click.command("init", short_help="Start a campaigns repository here")
@click.argument("directory", metavar="[DIR]", default=".")
@click.pass_obj
def command(common: Common, directory: str) -> int:
    """Start a campaigns repository: settings, a first campaign that validates, and a line for .gitignore.

    What is already there is left as it is.

    \b
      muster init                 in this directory
      muster init campaigns       in a new one
    """
    from pathlib import Path

    from reconciler.commands.authoring import welcome
    from reconciler.commands.options import write
    from reconciler.controller.authoring import init

    write(welcome(init(Path(common.directory) / directory), directory))
    return 0
