"""Who refers to whom: every mention resolved to a resource, or a finding that says why it cannot be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.shape import values_at
from reconciler.model.canonical import Document
from reconciler.model.lifecycle import DELETED, Reference, Role
from reconciler.model.manifest import Manifest, Mention
from reconciler.model.record import Record
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a manifest among the others; the reader of files turns it into a diagnostic with a place."""

    code: str
    ref: Ref
    detail: str
    help: str = ""
    mention: Mention | None = None
    pointer: str = ""


class Link(Record, frozen=True):
    """A resolved mention: which of the user's references, and what it means."""

    reference: int
    target: Ref


@dataclass(slots=True)
class Links:
    """All links of a catalog, forwards; backwards on demand."""

    of: Mapping[Ref, tuple[Link, ...]]
    findings: tuple[Finding, ...] = ()
    _users: dict[Ref, list[tuple[Ref, Link]]] | None = field(default=None)

    def users(self, target: Ref) -> list[tuple[Ref, Link]]:
        """Who refers to `target`, sorted."""
        if self._users is None:
            self._users = {}
            for user in sorted(self.of):
                for link in self.of[user]:
                    self._users.setdefault(link.target, []).append((user, link))
        return self._users.get(target, [])


def mentions(kind: Kind, document: Document) -> tuple[Mention, ...]:
    """The references that a document makes, without repetitions."""
    return tuple(dict.fromkeys(_mentions(kind, document)))


def _mentions(kind: Kind, document: Document) -> Iterator[Mention]:
    for number, (path, version_path) in enumerate(kind.references):
        names = values_at(document, path)
        if names:
            versions = values_at(document, version_path) if version_path else ()
            for name in names:
                if name.__class__ is str:
                    yield Mention(number, name, versions[0] if versions else 0)


def stored_links(kind: Kind, document: Document) -> Iterator[Link]:
    """What a resource without a manifest refers to, by its stored document."""
    for mention in mentions(kind, document):
        target = kind.lifecycle.references[mention.reference].kind
        yield Link(mention.reference, Ref(target, mention.name, mention.version or 1))


def resolve(manifests: Mapping[Ref, Manifest], kinds: Mapping[str, Kind], now: datetime) -> Links:
    """Every link of the catalog at `now`, with dangling, ambiguous and circular references and doubled settings."""
    resolver = _Resolver(manifests, kinds, now)
    links: dict[Ref, tuple[Link, ...]] = {}
    for ref, manifest in manifests.items():
        if manifest.mentions:
            links[ref] = resolver.links(ref, manifest.mentions)
    findings = (*resolver.findings, *_cycles(links, kinds), *_settings(manifests, kinds, now))
    return Links(links, tuple(findings))


def floating(manifests: Mapping[Ref, Manifest], kinds: Mapping[str, Kind]) -> list[Ref]:
    """The resources that mean a lowest version without naming it: which one that is may change with time."""
    loose = {
        name: {number for number, one in enumerate(kind.lifecycle.references) if one.lowest_in}
        for name, kind in kinds.items()
    }
    return [
        ref
        for ref, manifest in manifests.items()
        if loose[ref.kind] and any(not one.version and one.reference in loose[ref.kind] for one in manifest.mentions)
    ]


def at(
    links: Links, refs: Iterable[Ref], manifests: Mapping[Ref, Manifest], kinds: Mapping[str, Kind], now: datetime
) -> Links:
    """The links as they are at another time, of which only those of `refs` can differ."""
    resolver = _Resolver(manifests, kinds, now)
    found = {ref: resolver.links(ref, manifests[ref].mentions) for ref in refs}
    return links if all(links.of.get(ref) == new for ref, new in found.items()) else Links({**links.of, **found})


class _Resolver:
    """Looks names up."""

    def __init__(self, manifests: Mapping[Ref, Manifest], kinds: Mapping[str, Kind], now: datetime) -> None:
        self._manifests = manifests
        self._kinds = kinds
        self._now = now
        self._names: dict[tuple[str, str], list[int]] = {}
        for kind, name, version in manifests:
            self._names.setdefault((kind, name), []).append(version)
        self.findings: list[Finding] = []

    def links(self, ref: Ref, mentioned: tuple[Mention, ...]) -> tuple[Link, ...]:
        references = self._kinds[ref.kind].lifecycle.references
        found = []
        for mention in mentioned:
            target = self._target(ref, references[mention.reference], mention)
            if target is not None:
                found.append(Link(mention.reference, target))
        return tuple(found)

    def _target(self, ref: Ref, reference: Reference, mention: Mention) -> Ref | None:
        versions = self._names.get((reference.kind, mention.name))
        if versions is not None:
            if mention.version in versions:
                return Ref(reference.kind, mention.name, mention.version)
            if not mention.version and len(versions) == 1:
                return Ref(reference.kind, mention.name, versions[0])
            if not mention.version and reference.lowest_in:
                return self._lowest(reference, mention.name, versions)
        self.findings.append(self._missing(ref, reference, mention, versions or []))
        return None

    def _lowest(self, reference: Reference, name: str, versions: list[int]) -> Ref:
        refs = [Ref(reference.kind, name, version) for version in sorted(versions)]
        fitting = [ref for ref in refs if self._manifests[ref].state_at(self._now) in reference.lowest_in]
        return (fitting or refs)[0]

    def _missing(self, ref: Ref, reference: Reference, mention: Mention, versions: list[int]) -> Finding:
        what = f"{reference.kind}/{mention.name}"
        if versions and not mention.version:
            known = ", ".join(str(version) for version in sorted(versions))
            detail = f"{what} exists in the versions {known}; the reference does not say which"
            return Finding("ambiguous-reference", ref, detail, "name the version", mention)
        if versions:
            known = ", ".join(str(version) for version in sorted(versions))
            detail = f"{what} has no version {mention.version}; there are {known}"
            return Finding(
                "dangling-reference", ref, detail, "name one of these versions, or add the manifest", mention
            )
        names = sorted({name for kind, name in self._names if kind == reference.kind})
        close = get_close_matches(mention.name, names, n=1)
        advice = f"did you mean {close[0]!r}?" if close else f"add a {reference.kind} named {mention.name!r}"
        return Finding("dangling-reference", ref, f"there is no {what}", advice, mention)


def _settings(manifests: Mapping[Ref, Manifest], kinds: Mapping[str, Kind], now: datetime) -> Iterator[Finding]:
    single = {name for name, kind in kinds.items() if kind.lifecycle.role is Role.SETTINGS}
    first: dict[str, Ref] = {}
    for ref in sorted(ref for ref in manifests if ref.kind in single):
        if manifests[ref].state_at(now) == DELETED:
            continue
        if ref.kind in first:
            detail = f"{first[ref.kind]} already holds the {ref.kind} of this project"
            yield Finding("second-settings", ref, detail, "merge the two; settings exist once")
        first.setdefault(ref.kind, ref)


def _cycles(links: Mapping[Ref, tuple[Link, ...]], kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    looping = _looping_kinds(kinds)
    start = sorted(ref for ref in links if ref.kind in looping) if looping else []
    done: set[Ref] = set()
    for root in start:
        trail: list[Ref] = []
        stack: list[tuple[Ref, bool]] = [(root, False)]
        while stack:
            ref, leaving = stack.pop()
            if leaving:
                trail.pop()
                done.add(ref)
            elif ref in trail:
                circle = [*trail[trail.index(ref) :], ref]
                detail = " → ".join(str(one) for one in circle)
                step = next(link for link in links[ref] if link.target == circle[1])
                mention = Mention(step.reference, step.target.name)
                yield Finding("reference-cycle", ref, detail, "remove one of these references", mention)
            elif ref not in done:
                trail.append(ref)
                stack.append((ref, True))
                stack += [(link.target, False) for link in links.get(ref, ())]


def _looping_kinds(kinds: Mapping[str, Kind]) -> set[str]:
    """The kinds that can reach themselves through references: only among these can manifests form a circle."""
    edges = {name: {one.kind for one in kind.lifecycle.references} for name, kind in kinds.items()}
    return {name for name in edges if name in _reach(name, edges)}


def _reach(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    queue = [start]
    while queue:
        for following in edges.get(queue.pop(), ()):
            if following not in found:
                found.add(following)
                queue.append(following)
    return found
