"""Where Jinja's tags stand in a template, for those who read the html or text around them.

A tag may hold any sign, `<` and quotes too, so it is taken out of sight first. A template that Jinja has not accepted must
not come here: the search takes long on tags without ends.
"""

import re
from collections.abc import Iterator
from typing import Final

VEIL: Final = "\ue000"
"""Stands for each character of a tag. It is of private use: no text has it."""

_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
    r"|\{#.*?#\}"
    r"|\{\{(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\"'])*?\}\}"
    r"|\{%(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\"'])*?%\}",
    re.DOTALL,
)


def spans(source: str) -> Iterator[tuple[int, int]]:
    """The tags of a template, comments and raw blocks included: first character, and the one after the last."""
    for found in _TAG.finditer(source):
        yield found.span()


def veiled(source: str) -> str:
    """`source` with every character of a tag covered; every other keeps its place."""
    return _TAG.sub(lambda tag: VEIL * len(tag[0]), source)
