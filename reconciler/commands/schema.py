"""`muster schema`."""

from pathlib import Path

import click

from reconciler.commands.options import Common


@click.command("schema", short_help="Print the JSON Schemas that editors use")
@click.argument("name", required=False, metavar="[KIND]")
@click.option(
    "--write", "directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write all into DIR."
)
@click.option("--check", is_flag=True, help="With --write: write nothing, exit 1 where DIR differs.")
@click.pass_obj
def command(common: Common, name: str | None, directory: Path | None, check: bool) -> int:
    """Print the JSON Schema (2020-12) of a kind's manifests, or of manifest, kind, muster, test or plan.

    Without a name, list them. An editor that is given manifest.schema.json completes and checks every manifest.

    \b
      muster schema                              what there is
      muster schema LeadCampaign                 manifests of this kind
      muster schema plan                         what `muster plan --format json` prints
      muster schema --write schemas              all of them, one file each
      muster schema --write schemas --check      whether those files are up to date
    """
    from reconciler.commands.describing_schemas import in_directory, printed
    from reconciler.commands.options import write

    code, text = in_directory(common, directory, check) if directory or check else (0, printed(common, name))
    write(text)
    return code
