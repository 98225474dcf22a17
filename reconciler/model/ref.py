"""The identity of a resource: kind, name and version."""

import re
from collections.abc import Sequence
from typing import NamedTuple

NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""An RFC 1123 label."""

_REF = re.compile(rf"(?P<kind>[A-Z][A-Za-z0-9]{{0,62}})/(?P<name>{NAME.pattern})(?:@(?P<version>[1-9][0-9]{{0,8}}))?")


class Ref(NamedTuple):
    """`LeadCampaign/solar@2`. Sorts by kind, name, then version (a number, so 10 comes after 9)."""

    kind: str
    name: str
    version: int = 1

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}@{self.version}"

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """The ref that `text` spells; version 1 where it has none. ValueError where it is not a ref."""
        found = _REF.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is not a ref; write it as Kind/name or Kind/name@version")
        return cls(found["kind"], found["name"], int(found["version"] or 1))

    @classmethod
    def canonical(cls, text: str) -> "Ref":
        """The ref from its own `str()`: no checks, for the store and caches, which only hold what `str()` wrote."""
        kind, _, rest = text.partition("/")
        name, _, version = rest.rpartition("@")
        return cls(kind, name, int(version))


def first_few(refs: Sequence[Ref]) -> str:
    """The first three of some resources, for a sentence, each once; a sign where there are more."""
    return ", ".join(map(str, dict.fromkeys(refs[:3]))) + (" …" if len(refs) > 3 else "")
