"""What runtimes observe, as it is known of a later time: what holds for now alone is not among it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.model.ref import Ref
from reconciler.plan.question import Facts


@dataclass(frozen=True, slots=True)
class Lasting(Mapping[Ref, Mapping[str, Any]]):
    """The facts without those that are momentary, by kind; each resource is looked at when it is asked for.

    One of a kind of which nothing `lasts` is not looked at at all.
    """

    facts: Facts
    momentary: Mapping[str, frozenset[str]]
    lasts: frozenset[str]

    def __getitem__(self, ref: Ref) -> Mapping[str, Any]:
        """KeyError where nothing is observed of it."""
        gone = self.momentary.get(ref.kind)
        if not gone:
            return self.facts[ref]
        if ref.kind not in self.lasts:
            return {}
        return {name: value for name, value in self.facts[ref].items() if name not in gone}

    def __contains__(self, ref: object) -> bool:
        return ref in self.facts

    def __iter__(self) -> Iterator[Ref]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


def lasting(facts: Facts, kinds: Mapping[str, Kind]) -> Facts:
    """What of these facts is known of later times."""
    told = {
        name: frozenset(one.name for one in kind.lifecycle.facts.values() if one.momentary)
        for name, kind in kinds.items()
    }
    momentary = {name: names for name, names in told.items() if names}
    lasts = frozenset(name for name in momentary if momentary[name] != kinds[name].lifecycle.facts.keys())
    return Lasting(facts, momentary, lasts) if momentary else facts
