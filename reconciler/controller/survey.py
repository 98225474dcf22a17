"""What is known of catalog and store as a whole before a question is put together, kept up to date by whoever looks often.

`survey` looks at everything. `Standing` holds the last survey and looks again only at what has changed: the work of a pass
is that of its changes, not of the catalog's size. It gives what a full survey would give.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.lifecycle.kind import Kind
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.instant import to_text
from reconciler.model.lifecycle import DELETED, Role
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Head
from reconciler.plan.advance import head_of
from reconciler.plan.groups import Groups, groupable
from reconciler.plan.question import Triage, settled, triage
from reconciler.plan.question import head_of as stored_head
from reconciler.plan.references import Links, at, floating

MANY: Final = 1_000
"""Changes from which looking at everything is the shorter way."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The catalog and the store in outline. Lists of refs are in the order of the catalog, or sorted."""

    links: Links
    warnings: tuple[Diagnostic, ...]
    heads: Mapping[Ref, Head]
    forgotten: frozenset[Ref]
    serial: int
    groups: Groups
    triage: Triage
    ticking: tuple[Ref, ...]
    """The stored resources in whose states timers run."""
    held: tuple[Ref, ...]
    """The stored resources with holds."""
    settings: tuple[Ref, ...]
    """The manifests of settings."""
    scheduled: tuple[Ref, ...]
    """The manifests with schedule entries."""
    grouped: tuple[Ref, ...]
    """The manifests that may ever be in a group."""
    next_entry: str
    """When the first schedule entry to come is due, as UTC text; empty where there is none."""
    whole: bool = True
    """Whether everything was looked at for this."""


Edited = tuple[tuple[Ref, Head], ...]
"""Manifests, each with what is stored of it where that differs, under its former name perhaps."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a survey is made from. `checked` gives links and warnings, `groups` the groups of these manifests, with what is
    stored without one, and of those whose stored document differs."""

    kinds: Mapping[str, Kind]
    manifests: Mapping[Ref, Manifest]
    store: Store
    checked: Callable[[datetime], tuple[Links, tuple[Diagnostic, ...]]]
    groups: Callable[[tuple[Ref, ...], tuple[Head, ...], Edited], Groups]

    def is_groupable(self, ref: Ref, head: Head | None) -> bool:
        """Whether a manifest may ever be in a group."""
        return groupable(self.kinds[ref.kind], self.manifests[ref], head.state if head else "")

    def ticks(self, ref: Ref, head: Head) -> bool:
        """Whether timers run in the state that a resource is in."""
        kind = self.kinds.get(ref.kind)
        return kind is not None and head.state in kind.ticking

    def is_settings(self, ref: Ref) -> bool:
        """Whether a manifest is the settings of its kind."""
        kind = self.kinds.get(ref.kind)
        return kind is not None and kind.lifecycle.role is Role.SETTINGS

    def edited(self, grouped: Iterable[Ref], heads: Mapping[Ref, Head]) -> Iterator[tuple[Ref, Head]]:
        """Of these, those that are stored otherwise than their manifests say."""
        for ref in grouped:
            head = stored_head(ref, heads, self.manifests)
            if head is not None and head.digest != self.manifests[ref].digest:
                yield ref, head

    def bound(self, heads: Mapping[Ref, Head]) -> Iterator[Head]:
        """The unmanaged resources whose state a constraint counts: their work goes on, beside whoever comes next."""
        # What goes on under a new name is not beside itself.
        renamed = {former for one in self.manifests.values() if (former := one.former)}
        for ref in sorted(heads.keys() - self.manifests.keys() - renamed):
            kind = self.kinds.get(ref.kind)
            if kind and any(heads[ref].state in one.states for one in kind.lifecycle.constraints):
                yield heads[ref]


def survey(sources: Sources, now: datetime) -> Survey:
    """Everything, looked at once. Invalid where the manifests have errors."""
    links, warnings = sources.checked(now)
    manifests, serial, heads = sources.manifests, sources.store.serial(), sources.store.heads()
    grouped = tuple(ref for ref in manifests if sources.is_groupable(ref, stored_head(ref, heads, manifests)))
    groups = sources.groups(grouped, tuple(sources.bound(heads)), tuple(sources.edited(grouped, heads)))
    return Survey(
        links=links,
        warnings=warnings,
        heads=heads,
        forgotten=sources.store.forgotten(),
        serial=serial,
        groups=groups,
        triage=triage(manifests, heads, now, groups),
        ticking=tuple(sorted(ref for ref, head in heads.items() if sources.ticks(ref, head))),
        held=tuple(sorted(ref for ref, head in heads.items() if head.holds)),
        settings=tuple(ref for ref in manifests if sources.is_settings(ref)),
        scheduled=(scheduled := tuple(ref for ref, one in manifests.items() if one.entries)),
        next_entry=_next_entry(manifests, scheduled, now),
        grouped=grouped,
    )


TRUSTED: Final = timedelta(minutes=10)
"""How long a survey is kept up to date before everything is looked at again."""

Edits = Mapping[Ref, tuple[Manifest | None, Manifest | None]]
"""Manifests that have changed: as they were, and as they are."""


@dataclass(slots=True)
class Standing:
    """The survey of the last pass. None of it is trusted where more than a little has changed: then all is looked at."""

    last: Survey | None = None
    looked_at: datetime | None = None
    whole_at: datetime | None = None
    mark: str = ""
    _floating: list[Ref] = field(default_factory=list)

    def anew(self, sources: Sources, now: datetime) -> Survey:
        """Everything, looked at again. Invalid where the manifests have errors."""
        mark, self.whole_at = sources.store.mark(), now
        self._floating = floating(sources.manifests, sources.kinds)
        return self._remember(survey(sources, now), mark, now)

    def again(self, sources: Sources, edits: Edits, now: datetime) -> Survey | None:
        """The last survey, with what has changed since; `edits` is what did in the catalog. None: look at everything."""
        if self.last is None or self.looked_at is None or now < self.looked_at or len(edits) > MANY:
            return None
        mark = sources.store.mark()
        found = self._again(self.last, sources, edits, mark, now)
        return self._remember(found, mark, now) if found else None

    def is_old(self, now: datetime) -> bool:
        """Whether everything was looked at so long ago that it is time to do it again, whatever is believed."""
        return self.whole_at is None or now - self.whole_at >= TRUSTED

    def forget(self) -> None:
        """Look at everything next time."""
        self.last = None

    def _remember(self, found: Survey, mark: str, now: datetime) -> Survey:
        # The mark was read first: what came in since is looked at next time, perhaps twice.
        self.last, self.looked_at, self.mark = found, now, mark
        return found

    def _again(self, last: Survey, sources: Sources, edits: Edits, mark: str, now: datetime) -> Survey | None:
        if any(_is_structural(sources, *pair) for pair in edits.values()):
            return None
        moved = self._moved(sources.store, mark)
        if moved is None:
            return None
        heads = {**last.heads, **moved} if moved else last.heads
        touched = {**dict.fromkeys(edits), **dict.fromkeys(moved)}
        if any(self._regroups(sources, ref, ref in edits, heads.get(ref)) for ref in touched):
            return None
        scheduled = _kept(last.scheduled, edits, lambda ref: bool(sources.manifests[ref].entries))
        next_entry, is_due = last.next_entry, bool(last.next_entry) and last.next_entry <= to_text(now)
        if is_due or any(_is_scheduled(*pair) for pair in edits.values()):
            next_entry = _next_entry(sources.manifests, scheduled, now)
        links = last.links
        if self._floating:
            links = at(links, self._floating, sources.manifests, sources.kinds, now)
        return replace(
            last,
            links=links,
            heads=heads,
            serial=int(mark.partition(":")[0] or 0),
            triage=self._triage(sources, last, heads, touched, now),
            ticking=_kept(last.ticking, moved, lambda ref: sources.ticks(ref, heads[ref])),
            held=_kept(last.held, moved, lambda ref: bool(heads[ref].holds)),
            scheduled=scheduled,
            next_entry=next_entry,
            whole=False,
        )

    def _moved(self, store: Store, mark: str) -> dict[Ref, Head] | None:
        """The heads that were written since; None where rows came or went in another way than by being made."""
        if mark == self.mark:
            return {}
        refs: dict[Ref, None] = {}
        for event in store.since(int(self.mark.partition(":")[0] or 0)):
            if event.body.get("op") in ("move", "forget") or len(refs) > MANY:
                return None
            refs[event.ref] = None
        found = {ref: head_of(resource) for ref, resource in store.load(refs).items()}
        return found if len(found) == len(refs) else None

    def _regroups(self, sources: Sources, ref: Ref, is_edited: bool, head: Head | None) -> bool:
        """Whether a change makes other groups: of who is in them, or of a document by which they are formed."""
        if self.last is None or ref not in sources.manifests:
            return True
        was, is_in = ref in self.last.groups.documents, sources.is_groupable(ref, head)
        # What is stored in the place of the manifest sits in groups too.
        is_edited = is_edited or (head is not None and head.digest != sources.manifests[ref].digest)
        return was or is_in if is_edited else was != is_in

    def _triage(
        self, sources: Sources, last: Survey, heads: Mapping[Ref, Head], touched: Iterable[Ref], now: datetime
    ) -> Triage:
        manifests, groups = sources.manifests, last.groups
        again = dict.fromkeys([*last.triage.judged, *touched, *self._newly_due(last, manifests, now)])
        for ref in tuple(again):
            again |= dict.fromkeys(groups.mates(ref))
        judged = [ref for ref in again if ref in manifests and not settled(manifests[ref], heads.get(ref), now, groups)]
        gone = _kept(
            last.triage.unmanaged, touched, lambda ref: ref in heads and ref not in manifests and _lives(heads[ref])
        )
        return Triage(tuple(sorted(judged)), len(manifests) - len(judged), gone)

    def _newly_due(self, last: Survey, manifests: Mapping[Ref, Manifest], now: datetime) -> Iterator[Ref]:
        """The manifests of which an entry has come due since."""
        if not last.next_entry or last.next_entry > to_text(now) or self.looked_at is None:
            return iter(())
        since, until = to_text(self.looked_at.replace(microsecond=0)), to_text(now)
        return (ref for ref in last.scheduled if ref in manifests and manifests[ref].has_entry_between(since, until))


def _next_entry(manifests: Mapping[Ref, Manifest], scheduled: Iterable[Ref], now: datetime) -> str:
    since = to_text(now.replace(microsecond=0))  # entries name whole seconds
    ahead = (entry.at for ref in scheduled for entry in manifests[ref].entries if entry.at > since)
    return min(ahead, default="")


def _is_scheduled(before: Manifest | None, after: Manifest | None) -> bool:
    return any(one is not None and bool(one.entries) for one in (before, after))


def _is_structural(sources: Sources, before: Manifest | None, after: Manifest | None) -> bool:
    """Whether an edit changes who there is, or who refers to whom."""
    if before is None or after is None or sources.is_settings(after.ref):
        return True
    return before.mentions != after.mentions or before.moved_from != after.moved_from


def _lives(head: Head) -> bool:
    return head.state != DELETED


def _kept(refs: tuple[Ref, ...], changed: Iterable[Ref], belongs: Callable[[Ref], bool]) -> tuple[Ref, ...]:
    """The sorted list with those among the changed that belong in it, and no others of them."""
    names = set(changed)
    if not names:
        return refs
    belonging = {ref for ref in names if belongs(ref)}
    if belonging <= (present := names.intersection(refs)) and belonging == present:
        return refs
    return tuple(sorted({*(ref for ref in refs if ref not in names), *belonging}))
