"""What is said of people who owe, as it may be shown: numbers are, who they are and where to reach them is behind the curtain.

The same rule as for leads and recipients (personal.py). Numbers of accounts and invoices stay: work is done by them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from reconciler.dashboard.personal import Curtain, address
from reconciler.kinds.receivables.rehearsed import Act, Rehearsal

_ADDRESS: Final = re.compile(r"[^\s<>,;:()\[\]\"']+@[^\s<>,;:()\[\]\"']+")
_NUMBER: Final = re.compile(r"\+?\d[\d ()/-]{6,}\d")
"""A telephone number, more or less: eight digits and more, with what people write between them."""


def columns(values: Mapping[str, Any], seen: Curtain) -> Iterator[tuple[str, str]]:
    """The columns of a row, as they may be shown: figures and yes or no are, of words only how they begin."""
    for name, value in sorted(values.items()):
        if value in (None, "") or isinstance(value, Mapping | list | tuple):
            continue
        is_plain = isinstance(value, bool | int | float)
        yield name, _yes(value) if is_plain else str(value) if not seen.is_drawn else _short(str(value), seen)


def remark(text: str, seen: Curtain) -> str:
    """What somebody or a server has said: without addresses and telephone numbers while the curtain is drawn."""
    if not seen.is_drawn:
        return text
    return _NUMBER.sub("…", _ADDRESS.sub(lambda found: address(found[0], seen), text))


def rehearsed(found: Rehearsal, seen: Curtain) -> Rehearsal:
    """What would be said to somebody: while the curtain is drawn the steps alone, for letters call people by their names."""
    if not seen.is_drawn:
        return found
    return replace(found, acts=tuple(map(partial(_unsaid, seen=seen), found.acts)))


def _unsaid(act: Act, seen: Curtain) -> Act:
    ways = {way: replace(way, subject="", said="", unreachable=remark(way.unreachable, seen)) for way in act.ways}
    return replace(act, why=remark(act.why, seen), way=ways[act.way] if act.way else None, ways=tuple(ways.values()))


def _short(text: str, seen: Curtain) -> str:
    if "@" in text:
        return address(text, seen)
    return f"{text[:1]}…" if text else ""


def _yes(value: bool | int | float) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value:g}"
