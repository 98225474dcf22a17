"""`muster validate`."""

import click

from reconciler.commands.options import FORMS, Common, format_option, paths_argument


@click.command("validate", short_help="Check every manifest, without a store")
@paths_argument
@format_option(*FORMS)
@click.pass_obj
def command(common: Common, paths: tuple[str, ...], form: str) -> int:
    """Check manifests and kind definitions: YAML, schema, references, duplicates, named files. Needs no store.

    Every problem of every file is shown in one run, with its place and a way out. Exit 3 where there are errors.

    \b
      muster validate                        everything that muster.yaml names
      muster validate --format github        annotations on file and line; sarif, junit, json, markdown too
      muster validate campaigns.d/growth     one folder (references must resolve within it)
    """
    from reconciler.commands.options import show_diagnostics, write
    from reconciler.controller.advising import advised
    from reconciler.controller.gather import checked
    from reconciler.model.diagnostic import in_order

    app = common.app(paths)
    kinds = app.kinds()
    library = app.library(kinds)
    now = app.clock.now()
    links, warnings = checked(library, kinds.table, now)
    warnings = in_order((*warnings, *advised(library, kinds, links, now)))
    if form == "text":
        show_diagnostics(common, warnings)
        write(f"{len(library.catalog.manifests):,} manifests are valid.")
    else:
        from collections import Counter

        from reconciler.commands.forms import diagnosed

        files = Counter(one.file for one in library.catalog.manifests.values())
        write(diagnosed(common, warnings, form, files))
    return 0
