"""What `--watch` shows: a list again and again, or one campaign's work to its end."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from reconciler.app import asked_rates
from reconciler.commands.options import Common, write
from reconciler.controller.follow import Look, looks
from reconciler.controller.inspect import find
from reconciler.controller.verdict import PARTIAL
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.views.following import following
from reconciler.views.style import Style, safe
from reconciler.views.work_json import progress_to_json
from reconciler.views.work_text import ending

EVERY: Final = 1.0
"""Seconds between two looks."""
_REST: Final = 5
"""How many times longer than a look the pause after it is, at least."""
_CLEAR: Final = "\x1b[H\x1b[2J"
"""What empties a terminal, and goes to its first place."""


def shown_again(text: Callable[[], str], every: float = EVERY) -> None:
    """A list in place on a terminal; elsewhere once more whenever it has changed. Until interrupted."""
    on_terminal, before = sys.stdout.isatty(), ""
    while True:
        began = time.monotonic()
        now = text()
        took = time.monotonic() - began
        if on_terminal:
            write(_CLEAR + now)
        elif now != before:
            write(now)
        before = now
        time.sleep(max(every, _REST * took))


def followed(common: Common, text: str, form: str, every: float = EVERY) -> int:
    """A campaign's work, until that is over. The exit code."""
    app = common.app()
    store, kinds = app.store(), app.kinds()
    ref = find(text, store.heads())
    kind = kinds.table.get(ref.kind)
    if kind is None:
        raise Usage(f"the kind of {ref} is no longer defined in this project")
    seen = _paced(looks(store, ref, kind, app.clock, asked_rates()), every)
    last = _as_json(seen) if form == "json" else _as_text(seen, Style(common.color))
    return 0 if last.is_well else PARTIAL


def _paced(seen: Iterator[Look], every: float) -> Iterator[Look]:
    """Look after look; where one takes long, as with a million units, the store is left alone for longer."""
    began = time.monotonic()
    for look in seen:
        took = time.monotonic() - began
        yield look
        if not look.is_over:
            time.sleep(max(every, _REST * took))
        began = time.monotonic()


def _as_json(seen: Iterator[Look]) -> Look:
    """A line for each look that differs from the one before in more than its time."""
    before: object = None
    for look in seen:
        work = progress_to_json(look.progress) if look.progress else None
        line = {"ref": str(look.ref), "state": look.state, "over": look.is_over, "work": work}
        told = {**line, "work": {**work, "at": None} if work else None}
        if told != before:
            write(canonical.encode(line).decode())
        before = told
    return look


def _as_text(seen: Iterator[Look], style: Style) -> Look:
    with following(write) as show:
        for look in seen:
            show(look.state, look.progress)
    mark = style.good if look.is_well else style.warn
    write(f"{look.ref} {mark(safe(ending(look.progress, look.state)))}")
    return look
