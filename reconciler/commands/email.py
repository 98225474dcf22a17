"""`muster email`."""

from typing import Final

import click

from reconciler.commands.email_suppress import suppress, suppressions, unsuppress

PARTS: Final = (suppress, suppressions, unsuppress)
"""What the group has, in the order of `--help`."""


@click.group("email", short_help="Say who gets no more mail, and see who does not")
def command() -> None:
    """What is done about e-mail beside its campaigns."""


for part in PARTS:
    command.add_command(part)
