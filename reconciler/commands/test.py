"""`muster test`."""

import click

from reconciler.commands.options import Common, format_option


@click.command("test", short_help="Run what a team has written down about its schedules")
@click.argument("paths", nargs=-1, metavar="[FILE | DIR]...")
@click.option(
    "-k", "words", metavar="TEXT", default="", help="Only cases with this text in name, file or requirements."
)
@format_option("text", "json", "junit")
@click.pass_obj
def command(common: Common, paths: tuple[str, ...], words: str, form: str) -> int:
    """Run cases: manifests and states that are given, time that passes, changes that are merged, what is expected.

    Each runs in a project and store of its own, through the real engine, and two years pass in a moment. Files end in
    .test.yaml; by default all of tests/ beside campaigns.d. docs/how-to/test-your-schedules.md shows how to write them.

    \b
      muster test                             every case of tests/
      muster test tests/bursts.test.yaml      one file
      muster test -k R-11                     what is about this requirement
      muster test --format junit > out.xml    for CI

    Exit 1 where something is not as expected, 3 where a file cannot be read as cases.
    """
    from reconciler.commands.rehearsing import run

    return run(common, paths, words, form)
