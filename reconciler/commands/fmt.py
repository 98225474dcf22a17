"""`muster fmt`."""

import click

from reconciler.commands.options import Common, paths_argument


@click.command("fmt", short_help="Lay out manifests evenly, comments kept")
@paths_argument
@click.option("--check", is_flag=True, help="Write nothing; list the files that are not laid out evenly, and exit 1.")
@click.option("--diff", is_flag=True, help="Write nothing; print the differences.")
@click.pass_obj
def command(common: Common, paths: tuple[str, ...], check: bool, diff: bool) -> int:
    """Lay out manifests evenly: indentation, spacing, order of the outermost keys. No value and no comment changes.

    A file that cannot be laid out without a loss is left as it is, and named; one that cannot be read is reported.

    \b
      muster fmt                      everything that muster.yaml names, and environments/
      muster fmt campaigns.d/growth   one folder
      muster fmt --check --diff       in CI: exit 1, and what would change
    """
    from reconciler.commands.authoring import told
    from reconciler.commands.options import write
    from reconciler.controller.authoring import tidy
    from reconciler.model.errors import Invalid

    found = tidy(common.app(paths).project, write=not (check or diff))
    write(told(found, written=not (check or diff), diff=diff))
    if found.diagnostics:
        raise Invalid(found.diagnostics)
    return 1 if check and found.changed else 0
