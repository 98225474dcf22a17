"""What a store's rows mean: the records of the model, from columns that every store has in the same order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.model import canonical
from reconciler.model.event import Event
from reconciler.model.hold import Holds, holds_from_json
from reconciler.model.instant import from_text, to_text
from reconciler.model.ports import Intent, Lease, Write
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource


def span_of(kind: str) -> tuple[str, str]:
    """Between which texts the refs of a kind lie, the second one excluded."""
    return f"{kind}/", f"{kind}{chr(ord('/') + 1)}"


def heads_of(rows: Iterable[Sequence[Any]]) -> Mapping[Ref, Head]:
    """Resources in short; equal sets of words are one object, for there are many rows and few sets."""
    found: dict[Ref, Head] = {}
    sets: dict[str, tuple[str, ...]] = {}
    for text, state, digest, satisfied, flags, revision, applied, asked, holds, operated in rows:
        ref = Ref.canonical(text)
        words = _words(satisfied, sets), _words(flags, sets)
        found[ref] = Head(ref, state, digest, *words, revision, applied, asked, _holds(holds), operated)
    return found


def versions_between(ref: Ref) -> tuple[str, str]:
    """Between which two names the versions of a resource lie: from the first, and before the other."""
    first = f"{ref.kind}/{ref.name}@"
    return first, f"{first[:-1]}{chr(ord('@') + 1)}"


def resource_of(row: Sequence[Any]) -> Resource:
    """A resource in full."""
    ref, state, digest, document, satisfied, flags, revision, entered, applied, file, revised, head, *more = row
    asked, holds, operated = more
    return Resource(
        ref=Ref.canonical(ref),
        state=state,
        digest=digest,
        document=canonical.decode(document),
        satisfied=_words(satisfied, {}),
        flags=_words(flags, {}),
        revision=revision,
        entered_at=from_text(entered),
        applied_at=from_text(applied),
        file=file,
        commit=revised,
        head=head,
        asked=asked,
        holds=_holds(holds),
        operated=operated,
    )


def event_of(row: Sequence[Any]) -> Event:
    """A line of the log."""
    serial, name, sequence, body, previous, hashed = row
    return Event(serial, Ref.canonical(name), sequence, canonical.decode(body), previous, hashed)


def intent_of(row: Sequence[Any]) -> Intent:
    """A step that was begun."""
    key, ref, revision, effects, write, begun, owner, expires = row
    return Intent(
        key=key,
        ref=Ref.canonical(ref),
        revision=revision,
        effects=tuple(canonical.decode(effects)),
        write=canonical.decode_as(write, Write),
        begun_at=from_text(begun),
        lease=Lease(owner, from_text(expires)) if owner else None,
    )


def intent_columns(intent: Intent) -> tuple[Any, ...]:
    """The row of a step that was begun."""
    effects, write = canonical.encode(intent.effects).decode(), canonical.encode(intent.write).decode()
    row = (intent.key, str(intent.ref), intent.revision, effects, write, to_text(intent.begun_at))
    return (*row, *lease_columns(intent.lease))


def lease_columns(lease: Lease | None) -> tuple[str | None, str | None]:
    """Owner and end; of nobody's, neither."""
    return (lease.owner, to_text(lease.expires_at)) if lease else (None, None)


def hands(intent: Intent) -> tuple[str, str | None]:
    """An intent, and in whose hands it must be."""
    return intent.key, intent.lease.owner if intent.lease else None


def _holds(text: str) -> Holds:
    return holds_from_json(canonical.decode(text)) if text != "[]" else ()


def _words(text: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if text not in known:
        known[text] = tuple(text.split(",")) if text else ()
    return known[text]
