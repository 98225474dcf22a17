"""What `muster graph` draws, and where it puts it."""

from pathlib import Path

from reconciler.commands.naming import kind_named
from reconciler.commands.options import Common, write
from reconciler.lifecycle.draw import mermaid
from reconciler.lifecycle.draw_svg import svg
from reconciler.model.errors import Usage


def draw(common: Common, kind: str, form: str) -> str:
    """The lifecycle of a kind as `mermaid` or `svg`. Usage where there is no such kind."""
    law = kind_named(common.app().kinds(), kind).lifecycle
    return svg(law) if form == "svg" else mermaid(law)


def put(text: str, out: Path | None) -> None:
    """Into the file, or on stdout where none is named. Usage where it cannot be written."""
    if out is None:
        write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Usage(f"{out} cannot be written: {error.strerror}") from None
