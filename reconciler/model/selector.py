"""Label selectors, as Kubernetes spells them: `team=growth,tier!=test`, `team in (growth, brand)`, `owner`, `!owner`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_KEY: Final = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_VALUE: Final = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
_EQUAL: Final = re.compile(rf"({_KEY})\s*(==?|!=)\s*({_VALUE})?")
_AMONG: Final = re.compile(rf"({_KEY})\s+(in|notin)\s+\(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)\s*\)")
_THERE: Final = re.compile(rf"(!?)\s*({_KEY})")
_PART: Final = re.compile(r"(?:[^,()]|\([^()]*\))+")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: the label has one of these values, or (not `among`) none of them. Without values: it is there."""

    key: str
    values: tuple[str, ...]
    among: bool

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Whether the condition holds; a label that is not there has no value, so it is not among any."""
        has = self.key in labels and (not self.values or labels[self.key] in self.values)
        return has is self.among


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that must all hold."""

    terms: tuple[Term, ...]

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Whether a resource with these labels is meant."""
        return all(term.accepts(labels) for term in self.terms)


def parse_selector(text: str) -> Selector:
    """What `text` selects. ValueError, in words for the person who wrote it, where it is no selector."""
    parts = [part.strip() for part in _PART.findall(text)]
    # What the pattern passes over, a lone bracket for instance, must not be dropped in silence.
    if not parts or not all(parts) or ",".join(part.replace(" ", "") for part in parts) != text.replace(" ", ""):
        raise ValueError(_advice(text))
    return Selector(tuple(_term(part, text) for part in parts))


def _term(part: str, text: str) -> Term:
    if found := _EQUAL.fullmatch(part):
        return Term(found[1], (found[3] or "",), found[2] != "!=")
    if found := _AMONG.fullmatch(part):
        return Term(found[1], tuple(value.strip() for value in found[3].split(",")), found[2] == "in")
    if found := _THERE.fullmatch(part):
        return Term(found[2], (), not found[1])
    raise ValueError(_advice(text))


def _advice(text: str) -> str:
    return f"{text!r} is not a label selector; write team=growth, tier!=test, team in (growth, brand), owner or !owner"
