"""A segment's condition over one contact: compiled once, with the columns that it reads as their types say."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from reconciler.feed.row import Scalar
from reconciler.feed.typed import TIMES, typed
from reconciler.lifecycle.rule import Rule, RuleError

VARIABLES: Final = ("contact", "now")

_TEXT = r"""[bB]?[rR]?(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_CONTACT = re.compile(
    r"(?P<has>\bhas\s*\(\s*)?(?<![.\w])contact\b\s*"
    r"""(?:\.\s*(?P<name>[A-Za-z_]\w*)(?!\w|\s*\()|\[\s*(?P<quote>["'])(?P<key>[^"'\\\n]*)(?P=quote)\s*\])?"""
    rf"|{_TEXT}|//[^\n]*"
)
_MISSING: Final = re.compile(r'Key not found in map : "(.*)"')
_UNLIKE: Final = re.compile(r"No matching overloads found : _?([^_(]+)_?(?:_|)\((\w+), (\w+)\)")
_WORDS: Final = {
    "string": "text", "timestamp": "a time", "int64": "a number", "double": "a number", "bool": "true or false",
    "duration": "a duration", "null_type": "nothing", "int": "a number",
}  # fmt: skip


class Condition:
    """One condition. A contact for whom it cannot be evaluated meets it no more than not: the answer is why."""

    def __init__(self, text: str, types: Mapping[str, str], now: datetime) -> None:
        """`types` are those of the list; `now` is the launch's instant. RuleError where the text is not CEL."""
        self._columns, self._whole = _reads(text)
        self._types = {name: types[name] for name in types if self._whole or name in self._columns}
        self._undeclared = sorted(self._columns - types.keys())
        times = {name for name, kind in types.items() if kind in TIMES}
        # CEL's binding takes times as variables, but not within a map: there they are text, and read as times where named.
        self._rule = Rule(_CONTACT.sub(partial(_as_time, times), text), VARIABLES)
        self._now = now

    def holds(self, values: Mapping[str, Scalar]) -> bool | str:
        """Whether this contact meets it; where nobody can say, why, as a sentence with a way out."""
        contact = dict(values) if self._whole else {name: values[name] for name in self._columns if name in values}
        for name, kind in self._types.items():
            if name in contact:
                try:
                    value = typed(contact[name], kind)
                except ValueError as error:
                    return f"column {name!r}: {error}"
                if value is None:
                    del contact[name]
                else:
                    contact[name] = value
        answer = self._rule.judge({"contact": contact, "now": self._now})
        return answer if isinstance(answer, bool) else self._told(answer)

    def _told(self, words: str) -> str:
        if missing := _MISSING.search(words):
            return f"column {missing[1]!r} has no value; ask for it first: has(contact.{missing[1]}) && …"
        if unlike := _UNLIKE.search(words):
            left, right = (_WORDS.get(one, one) for one in unlike.group(2, 3))
            advice = (
                f"; say what {', '.join(self._undeclared)} holds in `types` of the list" if self._undeclared else ""
            )
            return f"{left} cannot be compared with {right} ({unlike[1].strip()}){advice}"
        return words


def _reads(text: str) -> tuple[frozenset[str], bool]:
    """The columns that a condition names, and whether it looks at the contact as a whole too."""
    names, whole = set(), False
    for found in _CONTACT.finditer(text):
        name = found["name"] or found["key"]
        if name is not None:
            names.add(name)
        elif found[0].startswith(("contact", "has")):
            whole = True
    return frozenset(names), whole


def _as_time(times: set[str], found: re.Match[str]) -> str:
    name = found["name"] or found["key"]
    return f"timestamp({found[0]})" if name in times and not found["has"] else found[0]


__all__ = ["VARIABLES", "Condition", "RuleError"]
