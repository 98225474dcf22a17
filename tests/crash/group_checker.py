"""What must hold among several resources, told from a log alone: of those who exclude each other, two are never in at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.lifecycle.kind import Kind
from reconciler.model.instant import from_text
from reconciler.model.ref import Ref
from reconciler.plan.groups import Groups, Key

AT_NO_TIME = "2027-01-04T09:00:00Z"
"""For lines that were made by hand."""


@dataclass(frozen=True, slots=True)
class _Now:
    """Resources as the log has them at one of its lines. Implements `groups.Standing`."""

    states: Mapping[Ref, str]

    def state_of(self, ref: Ref) -> str:
        return self.states.get(ref, "")

    def is_renewed(self, _ref: Ref) -> bool:
        return True


@dataclass(slots=True)
class Rooms:
    """Who is in a state in which a constraint counts it, by the values that it shares with others."""

    kinds: Mapping[str, Kind]
    _inside: dict[Key, dict[Ref, dict[str, Any]]] = field(default_factory=dict)
    _keys: dict[Ref, list[Key]] = field(default_factory=dict)
    """The rooms that a resource may be in, by its document."""
    _states: dict[Ref, str] = field(default_factory=dict)

    def go(self, ref: Ref, state: str, document: dict[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
        """`ref` is in `state` now, with this document. What is broken by whoever comes in, or is edited inside."""
        law = self.kinds[ref.kind].lifecycle
        if not law.constraints:
            return
        before = {key for key in self._keys.get(ref, ()) if ref in self._inside.get(key, {})}
        for key in before:
            del self._inside[key][ref]
        if "document" in body:
            self._keys[ref] = Groups(self.kinds, {ref: document}).keys(ref)
        self._states[ref] = state
        lines = (*law.preempts, *law.constraints)
        counting = [key for key in self._keys.get(ref, ()) if state in getattr(lines[int(key[1])], "states", ())]
        for key in counting:
            room = self._inside.setdefault(key, {})
            room[ref] = document
            if len(room) > 1 and (key not in before or "document" in body):
                yield from self._broken(ref, room, from_text(body.get("at", AT_NO_TIME)))

    def _broken(self, ref: Ref, room: dict[Ref, dict[str, Any]], now: datetime) -> Iterator[str]:
        for constraint, members in Groups(self.kinds, room).broken([ref], _Now(self._states), now):
            others = ", ".join(str(one) for one in members if one != ref)
            yield f"{constraint.name} does not hold any more, with {others}"
