"""`muster email`."""

from typing import Final

import click

from reconciler.commands.email_report import failures, report

PARTS: Final = (report, failures)
"""What the group has, in the order of `--help`."""


@click.group("email", short_help="Tell what became of a campaign's mails")
def command() -> None:
    """What is done about e-mail beside its campaigns."""


for part in PARTS:
    command.add_command(part)
