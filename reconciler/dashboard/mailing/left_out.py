"""Whom a launch left out because they are suppressed: one by one, masked, with the reason. (E-43)"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from reconciler.dashboard.mailing.figures import KIND
from reconciler.dashboard.page import Page
from reconciler.dashboard.personal import Curtain, address, curtain
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.turning import csv_file, file_address, is_file_asked, leaf, slices
from reconciler.dashboard.visit import Visit
from reconciler.model.ports import Store
from reconciler.model.returns import LeftOut
from reconciler.views.suppressions import left_out_csv
from reconciler.web.door import Answer

_WORDS: Final[Mapping[str, str]] = {
    "hard_bounce": "their address does not exist", "soft_bounce": "their address bounced again and again",
    "complaint": "they complained", "unsubscribed": "they unsubscribed", "manual": "somebody put them there",
    "list_import": "they stand on the list",
}  # fmt: skip


def _page(visit: Visit) -> Answer:
    one, seen = visit.resource(), curtain(visit)
    uid = visit.store.ledger.uid(one.ref)
    if is_file_asked(visit):
        return _file(visit, uid, seen)
    here = leaf(visit, partial(visit.store.returns.left_out, uid))
    return resource_page(
        visit, one, "email_left_out.html", leaf=here, rows=tuple(_hidden(each, seen) for each in here.rows), words=_WORDS,
        seen=seen, file=file_address(visit), first_look=one.state in ("draft", "scheduled"),
    )  # fmt: skip


def _file(visit: Visit, uid: int, seen: Curtain) -> Answer:
    """All of them, masked like the page."""

    def read(there: Store, after: int, limit: int) -> Sequence[LeftOut]:
        return there.returns.left_out(uid, after, limit)

    def told(found: Sequence[LeftOut]) -> Iterator[str]:
        return left_out_csv(_hidden(each, seen) for each in found)

    return csv_file(visit, "left-out", 0, slices(read), told)


def _hidden(one: LeftOut, seen: Curtain) -> LeftOut:
    return replace(one, key=address(one.key, seen))


PAGES: Final = (Page("email-left-out", f"/resources/{KIND}/{{name}}/left-out", _page),)
