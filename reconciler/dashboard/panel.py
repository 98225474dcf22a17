"""What a kind shows of one of its campaigns: figures, a bar, and sections. Data alone; the templates draw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its name. `value` is shown as it stands; `tone` is "", "good", "warn" or "bad"."""

    label: str
    value: str
    note: str = ""
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """How far something has come: `done` of `total`."""

    label: str
    done: int
    total: int
    note: str = ""

    @property
    def percent(self) -> float:
        """In tenths, never rounded up: 100 means all (E-49). Whole where there is nothing to do."""
        return 100.0 if not self.total else self.done * 1000 // self.total / 10


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with a heading of its own: `template` draws `data`."""

    slug: str
    title: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Panel:
    """All that a kind adds to a campaign's page. `header` are names and values for the head of the page."""

    header: tuple[tuple[str, str], ...] = ()
    bar: Bar | None = None
    cards: tuple[Card, ...] = ()
    sections: tuple[Section, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Further pages of this campaign: title and address."""
