"""What `get` shows: stored resources, filtered, beside what their manifests ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.commands.asides import Column, columns
from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.controller.progress import progress_of_all
from reconciler.model import canonical
from reconciler.model.condition import Aspect, Status
from reconciler.model.errors import Usage
from reconciler.model.hold import holds_to_json
from reconciler.model.instant import to_text
from reconciler.model.progress import Progress
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.conditions import apparent
from reconciler.views.resource_json import status_to_json
from reconciler.views.resource_text import table
from reconciler.views.style import Style, safe
from reconciler.views.work_json import brief_to_json
from reconciler.views.work_text import cells

_MESSAGE: Final = 100
"""Characters of a message that a row shows."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list."""

    kinds: tuple[str, ...]
    state: str | None
    labels: tuple[str, ...]
    archived: bool
    held: bool

    def accepts(self, resource: Resource) -> bool:
        """Whether this resource is to be listed."""
        have = resource.document.get("metadata", {}).get("labels", {})
        return bool(
            (not self.kinds or self._named(resource))
            and (not self.state or resource.state == self.state)
            and all(have.get(key) == value for key, value in map(_label, self.labels))
            and (self.archived or "archived" not in resource.flags)
            and (resource.holds or not self.held)
        )

    def _named(self, resource: Resource) -> bool:
        ref = resource.ref
        return any(name in (ref.kind, str(ref), f"{ref.kind}/{ref.name}") for name in self.kinds)


def _label(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise Usage(f"{text!r} is not a label; write KEY=VALUE")
    return key, value


def listed(common: Common, wanted: Filter, form: str) -> Callable[[], str]:
    """What gives the list as text or JSON, as it is then.

    Manifests are read once. Those that are invalid do not hinder it: their desired state is just not shown.
    """
    app = common.app()
    kinds = app.kinds()
    _check_kinds(wanted, set(kinds.table))
    manifests, clock, store = app.library(kinds).catalog.manifests, app.clock, app.store()
    for name in (name for name in wanted.kinds if "/" in name):
        find(name, store.heads())

    def text() -> str:
        now = clock.now()
        found = [one for _, one in sorted(store.load(store.heads()).items()) if wanted.accepts(one)]
        desired = {ref: manifests[ref].state_at(now) for ref in (one.ref for one in found) if ref in manifests}
        work = progress_of_all(store, (one.ref for one in found), clock)
        added = () if form == "wide" else tuple(columns(app, store, found, Style(common.color)))
        if form == "text":
            remarks = "".join(f"{line}\n" for one in added for line in one.remarks)
            return table(_brief(found, desired, work, now, added), Style(common.color)) + remarks
        stored = store.bulletin.statuses()
        statuses = [_status(one, stored.get(one.ref), desired.get(one.ref)) for one in found]
        if form == "wide":
            return table(_wide(found, statuses, desired), Style(common.color))
        return canonical.encode_pretty(
            [
                _as_json(one, desired.get(one.ref), status, work.get(one.ref))
                | {column.name: column.data[one.ref] for column in added if one.ref in column.data}
                for one, status in zip(found, statuses, strict=True)
            ]
        )

    return text


def _wide(found: list[Resource], statuses: list[Status], desired: Mapping[Ref, str]) -> list[list[str]]:
    """A row each, with whether it is ready."""
    rows = [["REF", "STATE", "DESIRED", "READY", "STATUS", "MESSAGE"]]
    for one, status in zip(found, statuses, strict=True):
        main = status.headline
        message = safe(main.message[:_MESSAGE])
        rows.append([*_row(one, desired.get(one.ref)), status.truth(Aspect.READY).value, main.reason, message])
    return rows


def _brief(
    found: list[Resource],
    desired: Mapping[Ref, str],
    work: Mapping[Ref, Progress],
    now: datetime,
    added: Sequence[Column],
) -> list[list[str]]:
    """A row each; columns for progress, for holds, and for what kinds add, where there is any."""
    holds = {one.ref: _held(one, now) for one in found}
    held, works = any(holds.values()), bool(work)
    shown = [column for column in added if column.cells]
    head = [*(["PROGRESS", "RATE"] if works else []), *(["HELD"] if held else []), *(column.head for column in shown)]
    rows = [["REF", "STATE", "DESIRED", "FLAGS", *head, "FILE"]]
    for one in found:
        progress = work.get(one.ref)
        more = [*((cells(progress) if progress else ("", "")) if works else ()), *([holds[one.ref]] if held else [])]
        more += [column.cells.get(one.ref, "") for column in shown]
        rows.append([*_row(one, desired.get(one.ref)), ",".join(one.flags), *more, one.file])
    return rows


def _held(one: Resource, now: datetime) -> str:
    """Who holds it, and until when; of an acknowledgement also what."""
    from reconciler.plan.holding import short

    some = [each for each in one.holds if each.in_force(now)]
    return safe("; ".join(" ".join([each.owner, "until", short(each.until), *each.paths]) for each in some))


def _row(one: Resource, desired: str | None) -> list[str]:
    return [str(one.ref), one.state, "(unmanaged)" if desired is None else desired]


def _status(one: Resource, stored: Status | None, desired: str | None) -> Status:
    """What a daemon has found of the resource as it is now; else what can be seen from here."""
    if stored is not None and stored.revision == one.revision:
        return stored
    return apparent(one.ref, (one.state, *one.satisfied), desired, one.revision)


def _check_kinds(wanted: Filter, known: set[str]) -> None:
    from reconciler.source.schema import did_you_mean

    for name in wanted.kinds:
        kind = name.split("/")[0]
        if kind not in known:
            raise Usage(" ".join([f"there is no kind {kind!r}.", did_you_mean(kind, sorted(known))]).strip())


def _as_json(one: Resource, desired: str | None, status: Status, work: Progress | None) -> dict[str, Any]:
    return {
        "ref": str(one.ref),
        "state": one.state,
        "desired": desired,
        "satisfied": list(one.satisfied),
        "flags": list(one.flags),
        "revision": one.revision,
        "enteredAt": to_text(one.entered_at),
        "appliedAt": to_text(one.applied_at),
        "file": one.file,
        "digest": one.digest,
        "holds": holds_to_json(one.holds),
        "work": brief_to_json(work) if work else None,
        **status_to_json(status),
    }
