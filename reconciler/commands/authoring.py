"""What the commands that write manifests share: the desk to work at, and how the outcome is told."""

from difflib import unified_diff

import click

from reconciler.app import App
from reconciler.commands.options import Common
from reconciler.controller.authoring import Begun, Desk, Draft, Tidying
from reconciler.model.ref import Ref
from reconciler.store.address import sqlite_path


def desk(common: Common) -> Desk:
    """The project's kinds and manifests, and the refs that its store remembers."""
    app = common.app()
    kinds = app.kinds()
    return Desk(app.project, kinds, app.library(kinds), _remembered(app))


def _remembered(app: App) -> frozenset[Ref]:
    path = sqlite_path(app.project.store)
    if path and not (app.project.root / path).exists():
        return frozenset()  # nothing was ever applied, and writing a manifest makes no store
    store = app.store()
    try:
        return frozenset(store.heads()) | store.forgotten()
    finally:
        store.close()


def deliver(draft: Draft, to_stdout: bool) -> str:
    """The text itself, or what was written where."""
    return draft.text if to_stdout else draft.save()


def told(found: Tidying, written: bool, diff: bool) -> str:
    """What `fmt` did or would do: the files, or their differences."""
    for file, reason in found.left:
        click.echo(f"{file} is left as it is: {reason}", err=True)
    if not found.changed:
        click.echo(f"{found.files} files, nothing to lay out", err=True)
    if not diff:
        word = "laid out" if written else "would be laid out"
        return "".join(f"{one.file} {word}\n" for one in found.changed)
    differences: list[str] = []
    for one in found.changed:
        before, after = one.before.splitlines(keepends=True), one.after.splitlines(keepends=True)
        differences += unified_diff(before, after, f"a/{one.file}", f"b/{one.file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in differences)


def welcome(begun: Begun, directory: str) -> str:
    """What `init` wrote, and what to do next."""
    lines = [f"  wrote  {file}" for file in begun.written] + [f"  kept   {file}" for file in begun.kept]
    where = "" if directory == "." else f" -C {directory}"
    steps = [("plan", "what would happen"), ("apply", "make it happen"), ("new KIND NAME", "one more manifest")]
    steps = [*steps, ("explain EmailCampaign", "what a campaign may do, and when")]
    width = max(len(verb) for verb, _ in steps) + 2
    return "\n".join([*lines, "", "Next:", *(f"  muster{where} {verb:{width}}{what}" for verb, what in steps)])
