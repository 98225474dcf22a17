"""The rows of a list: what is stored of a resource, what its manifest asks for, and what somebody should see at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.dashboard.listing.figures import Figure, Figures
from reconciler.dashboard.listing.soon import Next, Soon, coming
from reconciler.dashboard.render import titled
from reconciler.dashboard.repository import Files
from reconciler.model.condition import Aspect, Status, Truth
from reconciler.model.hold import Hold
from reconciler.model.listing import team_of
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

_NO_FIGURE: Final = Figure()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a row says in a badge, and more of it; `tone` is "good", "warn" or "bad"."""

    text: str
    tone: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A resource in a list."""

    ref: Ref
    kind: str
    title: str
    team: str
    state: str
    wanted: str
    """The state that its manifest asks for, where it is not the actual one and not one that this stands for."""
    remarks: tuple[Remark, ...]
    """Archived, without a manifest, drifted, and the like."""
    holds: tuple[Hold, ...]
    figure: Figure
    next: Next | None
    changed: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What rows are made from besides what is stored. `files` is None where they never could be read."""

    now: datetime
    files: Files | None
    figures: Figures
    ahead: Soon | None

    def rows(self, found: Sequence[Resource], statuses: Mapping[Ref, Status]) -> list[Row]:
        """Rows of these, in their order."""
        return [self._row(one, statuses.get(one.ref)) for one in found]

    def _row(self, one: Resource, status: Status | None) -> Row:
        manifest = self.files.manifests.get(one.ref) if self.files else None
        wanted = manifest.state_at(self.now) if manifest else ""
        return Row(
            one.ref,
            short(one.ref.kind),
            titled(one.document),
            team_of(one.document),
            one.state,
            wanted if wanted != one.state and wanted not in one.satisfied else "",
            (*_remarks(one, self.files, status), *self._planned(one.ref, status)),
            tuple(hold for hold in one.holds if hold.in_force(self.now) and not hold.paths),
            self.figures.by_ref.get(one.ref, _NO_FIGURE),
            next(iter(coming(self.ahead, one.ref, manifest, self.now)), None),
            one.applied_at,
        )

    def _planned(self, ref: Ref, status: Status | None) -> Iterator[Remark]:
        """What the plan says of it, where no daemon has said it."""
        if self.ahead is None:
            return
        if ref in self.ahead.blocked and not _is_so(status, Aspect.STALLED):
            yield Remark("blocked", "bad", self.ahead.blocked[ref])
        if ref in self.ahead.drifted and not _is_so(status, Aspect.DRIFTED):
            yield Remark("drifted", "warn")
        elif count := self.ahead.edited.get(ref, 0):
            yield Remark("to edit", "warn", f"{count} fields differ" if count != 1 else "1 field differs")


def _is_so(status: Status | None, aspect: Aspect) -> bool:
    return status is not None and status.truth(aspect) is Truth.TRUE


def short(kind: str) -> str:
    """A kind of campaign as a list calls it: EmailCampaign is Email."""
    return kind.removesuffix("Campaign") or kind


def _remarks(one: Resource, files: Files | None, status: Status | None) -> Iterator[Remark]:
    if "archived" in one.flags:
        yield Remark("archived", "")
    if files is not None and one.ref not in files.manifests:
        if files.is_unreadable(one):
            yield Remark("file unreadable", "bad", "its manifest has an error: nothing is changed until it is mended")
        elif one.state != "deleted" and files.manifests:
            yield Remark("unmanaged", "warn", "no manifest: it stays as it is")
    if status is not None:
        yield from _conditions(status)


def _conditions(status: Status) -> Iterable[Remark]:
    for one in status.conditions:
        if one.truth is Truth.TRUE and one.aspect in (Aspect.DRIFTED, Aspect.STALLED):
            yield Remark(one.aspect.value.lower(), "bad" if one.aspect is Aspect.STALLED else "warn", one.message)
