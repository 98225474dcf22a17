"""Whom a campaign is for, read from its spec and those of its lists, segments and suppression lists (E-43)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.feed.source import Source
from reconciler.kinds.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Listing:
    """Where addresses are read from: a RecipientList, or a SuppressionList that has a source."""

    ref: str
    source: Source
    email: str
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """Everyone on a list, or those who meet a segment's condition. `ref` names the one that the campaign names."""

    ref: str
    listing: Listing
    where: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Everyone included, but nobody excluded or suppressed. `suppressions` names the lists, with a source or without."""

    include: tuple[Target, ...]
    exclude: tuple[Target, ...] = ()
    suppressed: tuple[Listing, ...] = ()
    suppressions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A supporting manifest: its spec, and how to open the `source` that it writes."""

    spec: Mapping[str, Any]
    open: Callable[[Mapping[str, Any]], Source]


Find: TypeAlias = Callable[[str, str], Found]
"""The manifest of a kind and a name. References have been checked: it is there."""


def found_on(shelf: Shelf) -> Find:
    """How an audience finds its lists on a shelf."""

    def found(kind: str, name: str) -> Found:
        ref, document = shelf.document(kind, name)
        return Found(document.get("spec", {}), lambda written: shelf.source(ref, written))

    return found


def audience_of(spec: Mapping[str, Any], find: Find) -> Audience:
    """The audience of an EmailCampaign's spec."""
    targets = spec.get("targets", {})
    names = tuple(spec.get("suppressions", ()))
    lists = [(name, find("SuppressionList", name)) for name in names]
    return Audience(
        _targets(targets.get("include", ()), find),
        _targets(targets.get("exclude", ()), find),
        tuple(_listing("SuppressionList", name, found) for name, found in lists if "source" in found.spec),
        names,
    )


def _targets(written: Sequence[Mapping[str, str]], find: Find) -> tuple[Target, ...]:
    """Each once: naming one twice changes nothing."""
    made = (_target(one, find) for one in written)
    return tuple({target.ref: target for target in made}.values())


def _target(written: Mapping[str, str], find: Find) -> Target:
    if "list" in written:
        name = written["list"]
        return Target(f"RecipientList/{name}", _listing("RecipientList", name, find("RecipientList", name)))
    segment = find("Segment", written["segment"]).spec
    listing = _listing("RecipientList", segment["list"], find("RecipientList", segment["list"]))
    return Target(f"Segment/{written['segment']}", listing, segment["where"])


def _listing(kind: str, name: str, found: Found) -> Listing:
    spec = found.spec
    return Listing(f"{kind}/{name}", found.open(spec["source"]), spec.get("email", "email"), spec.get("types", {}))
