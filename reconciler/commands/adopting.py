"""How `import` goes: find what has no manifest, write one for each, say where."""

import click

from reconciler.commands.authoring import desk
from reconciler.commands.options import Common, write
from reconciler.controller.adopting import Adopted, adopt, appended, unmanaged
from reconciler.controller.inspect import find
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.progress import progress_bar
from reconciler.views.style import safe


def adopted(common: Common, texts: tuple[str, ...], everything: bool, to: str | None, to_stdout: bool) -> int:
    """Adopt what this command line names. The exit code: 1 where something of `--all` is left."""
    if bool(texts) is everything:
        raise Usage("name the resources to import, or say --all")
    if to_stdout and to:
        raise Usage("--stdout writes no file: leave --to away")
    app, table = common.app(), desk(common)
    store = app.store()
    refs = unmanaged(table, store) if everything else [_meant(store, text) for text in dict.fromkeys(texts)]
    found = adopt(table, store, list(dict.fromkeys(refs)), to, app.clock.now())
    if found.left and not everything:
        raise Usage("; ".join(f"{ref} is not imported: {reason}" for ref, reason in found.left))
    for ref, reason in found.left:
        click.echo(f"{ref} is left: {safe(reason)}", err=True)
    for ref, text in found.noted:
        click.echo(f"{ref}: {safe(text)}", err=True)
    _deliver(found, to_stdout)
    if not refs:
        click.echo("nothing is stored that has no manifest", err=True)
    return 1 if found.left else 0


def _meant(store: Store, text: str) -> Ref:
    """The stored resource that a person names. Usage where it is forgotten, or nobody knows it."""
    try:
        return find(text, store.heads())
    except Usage as error:
        forgotten = store.forgotten()
        wanted = Ref.parse(text)
        if any(ref[:2] == wanted[:2] for ref in forgotten):
            advice = "`muster history` tells what it was; campaigns are made anew under another name"
            raise Usage(f"{text} was forgotten or renamed, and is no longer stored; {advice}") from None
        raise error from None


def _deliver(found: Adopted, to_stdout: bool) -> None:
    if to_stdout:
        write(appended("", [draft.text for draft in found.drafts]))
        return
    with progress_bar(len(found.drafts), "writing") as progress:
        found.save(progress)
    write("".join(f"{draft.ref} is written to {safe(draft.shown)}\n" for draft in found.drafts))
