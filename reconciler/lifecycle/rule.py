"""The door of CEL: expressions compiled once, asked with three answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from reconciler.model.plan import Verdict

MAX_LENGTH: Final = 2000
"""Characters of one expression; longer ones are refused before they are parsed."""

GUARD_VARIABLES: Final = ("self", "oldSelf", "facts", "refs", "settings", "now", "today")
"""What a guard may name."""

_TIMES: Final = frozenset({"now", "today"})
_NAME = re.compile(r"\b(self|oldSelf)((?:\.[A-Za-z_][A-Za-z0-9_]*)*)(\s*\()?")
_FACT = re.compile(r"\bfacts\.([A-Za-z_][A-Za-z0-9_]*)")


class RuleError(ValueError):
    """An expression that CEL does not accept; the message is for its author."""


class Rule:
    """One compiled expression."""

    def __init__(self, text: str, variables: tuple[str, ...] = GUARD_VARIABLES) -> None:
        """Compile `text`. RuleError where it is too long or not CEL."""
        if len(text) > MAX_LENGTH:
            raise RuleError(f"the expression has {len(text)} characters; at most {MAX_LENGTH} are allowed")
        self.text = text
        self.facts = facts_of(text)
        self.variables = tuple(name for name in variables if re.search(rf"\b{name}\b", text))
        """Those that the text names: only these need values."""
        self.reads = {name: _members(name, text) for name in ("self", "oldSelf")}
        """What the text reads of `self` and `oldSelf`."""
        try:
            self._program = _environment(variables).compile(text)
        except RuntimeError as error:
            raise RuleError(_plain(str(error))) from None

    def ask(self, values: Mapping[str, Any]) -> Verdict:
        """True, false, or unknown: the latter only where the answer hangs on a fact that nobody observed.

        What cannot be evaluated, or is not a boolean, is false: a guard that fails to run never lets anything pass.
        """
        answer = self._program.eval(data=values)
        kind = answer.type()
        types = _cel().Type
        if kind == types.BOOL:
            return Verdict.TRUE if answer.value() is True else Verdict.FALSE
        if kind == types.ERROR and any(fact not in values.get("facts", {}) for fact in self.facts):
            return Verdict.UNKNOWN
        return Verdict.FALSE

    def value(self, values: Mapping[str, Any]) -> Any:
        """The plain value of the expression; None where it cannot be evaluated."""
        answer = self._program.eval(data=values)
        return None if answer.type() == _cel().Type.ERROR else answer.plain_value()


@dataclass(frozen=True, slots=True)
class Reads:
    """What a rule may look at in an object: its parts, and the members of its spec; None for all of them."""

    parts: frozenset[str] | None
    spec: frozenset[str] | None


EVERYTHING: Final = Reads(None, None)


def _members(variable: str, text: str) -> Reads:
    """What is named of `variable`: a superset of what is read."""
    parts: set[str] = set()
    spec: set[str] = set()
    whole = False
    for name, path, call in _NAME.findall(text):
        if name == variable:
            # The last name before a parenthesis is a method, not a member.
            members = path.split(".")[1:-1] if call else path.split(".")[1:]
            if not members:
                return EVERYTHING
            parts.add(members[0])
            whole = whole or members == ["spec"]
            spec.update(members[1:2] if members[0] == "spec" else ())
    return Reads(frozenset(parts), None if whole else frozenset(spec))


def facts_of(text: str) -> frozenset[str]:
    """The facts that an expression names."""
    return frozenset(_FACT.findall(text))


def _cel() -> Any:
    # Imported when the first rule is compiled: most commands never need it.
    from cel_expr_python import cel

    return cel


@cache
def _environment(variables: tuple[str, ...]) -> Any:
    cel = _cel()
    types = cel.Type
    date = cel.Overload("date_string", return_type=types.TIMESTAMP, parameters=[types.STRING])
    total = cel.Overload("sum_list", return_type=types.DYN, parameters=[types.LIST])
    return cel.NewEnv(
        variables={name: types.TIMESTAMP if name in _TIMES else types.DYN for name in variables},
        functions=[cel.FunctionDecl("date", [date]), cel.FunctionDecl("sum", [total])],
        function_impls={"date_string": _date, "sum_list": _sum},
    )


def _date(text: str) -> datetime:
    """`date("2027-06-30")`: midnight in UTC, comparable with `today`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _sum(numbers: Any) -> Any:
    """`sum(list)` of numbers; CEL itself has no fold."""
    return sum(numbers)


def _plain(message: str) -> str:
    """CEL's message without its caret drawing and codes."""
    first = message.split("\n", maxsplit=1)[0]
    return re.sub(r"^INVALID_ARGUMENT: ERROR: <input>:\d+:(\d+): ", r"column \1: ", first).split(" (in container")[0]
