"""The door of CEL: expressions compiled once, asked with three answers.

CEL ends by itself, but that may take long and much memory, so what one rule can cost is bounded here: by its length, by
the loops in it (CEL stops them after 10,000 turns altogether) and what they may do, and, where a rule loops or searches
texts, by the size of the values that it sees. The worst found within these bounds takes 16 seconds and 300 MB.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.plan import Verdict

MAX_LENGTH: Final = 2000
"""Characters of one expression; longer ones are refused before they are parsed."""

MAX_LOOPS: Final = 3
"""Uses of map, filter, all, exists and exists_one in one expression."""

MAX_TEXT: Final = 10_000
"""Characters of a text that a rule with loops or searches may see; with a longer one it cannot be evaluated."""

MAX_ITEMS: Final = 1_000
"""Members of a list or map that such a rule may see."""

GUARD_VARIABLES: Final = ("self", "oldSelf", "facts", "refs", "settings", "now", "today")
"""What a guard may name."""

CONSTRAINT_VARIABLES: Final = ("members", "now", "today")
"""What the rule of a constraint may name."""

POLICY_VARIABLES: Final = ("self", "oldSelf", "plan", "facts", "settings", "now", "today")
"""What a policy may name."""

_TIMES: Final = frozenset({"now", "today"})
_RAW = r"""(?:[bB]?[rR]|[rR][bB])(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"[^"\n]*"|'[^'\n]*')"""
_PLAIN = r"""[bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_COMMENT = r"//[^\n]*"
_NOT_CODE = re.compile(f"{_COMMENT}|{_RAW}|{_PLAIN}", re.DOTALL)
_NAME = re.compile(r"\b(self|oldSelf)((?:\.[A-Za-z_][A-Za-z0-9_]*)*)(\s*\()?")
_FACT = re.compile(
    r"""(?<![.\w])facts\s*(?:\.\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[\s*(?P<quote>["'])(?P<key>\w*)(?P=quote)\s*\])"""
    f"|{_NOT_CODE.pattern}",
    re.DOTALL,
)
_SPEC_MEMBER = re.compile(r"\.\s*spec\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)")
_WHOLE_SPEC = re.compile(r"\.\s*spec\b(?!\s*\.\s*[A-Za-z_])")
_LOOP = re.compile(r"\.\s*(?:map|filter|all|exists|exists_one)\s*\(")
_SEARCH = re.compile(r"\b(?:matches|contains)\s*\(")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_MISSING_KEY = re.compile(r'Key not found in map : "(.*)"')


class RuleError(ValueError):
    """An expression that CEL does not accept; the message is for its author."""


class Rule:
    """One compiled expression."""

    def __init__(self, text: str, variables: tuple[str, ...] = GUARD_VARIABLES) -> None:
        """Compile `text`. RuleError where it is too long, loops too much, or is not CEL."""
        self._is_costly = _check_cost(text)
        self.text = text
        self.facts = facts_of(text)
        self.variables = tuple(name for name in variables if re.search(rf"\b{name}\b", text))
        """Those that the text names: only these need values."""
        self.reads = {name: _members(name, text) for name in ("self", "oldSelf")} | {"members": _of_members(text)}
        """What the text reads of `self`, of `oldSelf`, and of each of `members`."""
        try:
            self._program = _environment(variables).compile(text)
        except RuntimeError as error:
            raise RuleError(_plain(str(error))) from None

    def ask(self, values: Mapping[str, Any]) -> Verdict:
        """True, false, or unknown: the latter only where the answer hangs on a fact that nobody observed.

        What cannot be evaluated, or is not a boolean, is false: a guard that fails to run never lets anything pass.
        """
        answer = self._answer(values)
        if answer is None:
            return Verdict.FALSE
        if answer.type() == _cel().Type.BOOL:
            return Verdict.TRUE if answer.value() is True else Verdict.FALSE
        if answer.type() == _cel().Type.ERROR and self._lacks_fact(str(answer.value()), values.get("facts", {})):
            return Verdict.UNKNOWN
        return Verdict.FALSE

    def value(self, values: Mapping[str, Any]) -> Any:
        """The plain value of the expression; None where it cannot be evaluated."""
        answer = self._answer(values)
        return None if answer is None or answer.type() == _cel().Type.ERROR else answer.plain_value()

    def judge(self, values: Mapping[str, Any]) -> bool | str:
        """True or false; where the expression cannot be evaluated, or is neither, CEL's words for why."""
        answer = self._answer(values)
        if answer is None:
            return "it costs too much, or its values are too large"
        if answer.type() == _cel().Type.BOOL:
            return answer.value() is True
        if answer.type() == _cel().Type.ERROR:
            return _plain(str(answer.value()))
        return "it is neither true nor false"

    def _answer(self, values: Mapping[str, Any]) -> Any:
        """What CEL answers; None where that would cost too much, or where it would not see the values whole."""
        if _holds_nul(values) or (self._is_costly and not _is_modest(values)):
            return None
        try:
            return self._program.eval(data=values)
        except (RuntimeError, MemoryError):  # the turns of its loops are used up
            return None

    def _lacks_fact(self, error: str, observed: Mapping[str, Any]) -> bool:
        missing = _MISSING_KEY.search(error)
        return missing is not None and missing[1] in self.facts and missing[1] not in observed


@lru_cache(maxsize=1024)  # a daemon and a rehearsal plan again and again by the same rules
def compiled(text: str, variables: tuple[str, ...] = GUARD_VARIABLES) -> Rule:
    """`Rule`, compiled once for equal texts."""
    return Rule(text, variables)


def _check_cost(text: str) -> bool:
    """Whether what an expression costs depends on the size of its values. RuleError where it may cost too much."""
    if len(text) > MAX_LENGTH:
        raise RuleError(f"the expression has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    code = _NOT_CODE.sub(lambda found: " " if found[0].startswith("//") else "''", text)
    loops = len(_LOOP.findall(code))
    if loops > MAX_LOOPS:
        raise RuleError(f"the expression has {loops} loops (map, filter, all, exists); at most {MAX_LOOPS} are allowed")
    search = _SEARCH.search(code)
    if loops and (search or "+" in code):
        raise RuleError(
            "a loop cannot stand beside matches, contains or + (`sum` adds up a list; `pattern` is for schemas)"
        )
    return loops > 0 or search is not None


def _holds_nul(values: Mapping[str, Any]) -> bool:
    """Whether a text in `values` holds the character NUL: CEL's binding would cut it off there."""
    encoded = canonical.encode(values)
    return rb"\u0000" in encoded and _NUL.search(encoded) is not None


def _is_modest(values: Mapping[str, Any]) -> bool:
    """Whether no text, list or map in `values` is larger than a costly rule may see."""
    queue: list[Any] = [*values.values()]
    while queue:
        value = queue.pop()
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                return False
        elif isinstance(value, dict | list):
            if len(value) > MAX_ITEMS:
                return False
            queue += value.values() if isinstance(value, dict) else value
    return True


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


def _of_members(text: str) -> Reads:
    """What is named of the spec of any member, whatever a loop calls it: a superset of what is read."""
    whole = _WHOLE_SPEC.search(text) is not None
    return Reads(frozenset({"metadata", "spec"}), None if whole else frozenset(_SPEC_MEMBER.findall(text)))


def facts_of(text: str) -> frozenset[str]:
    """The facts that an expression names, as `facts.name` or `facts["name"]`."""
    found = (match["name"] or match["key"] for match in _FACT.finditer(text))
    return frozenset(name for name in found if name)


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
    place = cel.Overload("index_list", return_type=types.INT, parameters=[types.LIST, types.STRING])
    return cel.NewEnv(
        variables={name: types.TIMESTAMP if name in _TIMES else types.DYN for name in variables},
        functions=[
            cel.FunctionDecl("date", [date]),
            cel.FunctionDecl("sum", [total]),
            cel.FunctionDecl("index", [place]),
        ],
        function_impls={"date_string": _date, "sum_list": _sum, "index_list": _index},
    )


def _date(text: str) -> datetime:
    """`date("2027-06-30")`: midnight in UTC, comparable with `today`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _sum(numbers: Any) -> Any:
    """`sum(list)` of numbers; CEL itself has no fold."""
    return sum(numbers)


def _index(items: Any, item: str) -> int:
    """`index(list, "text")`: its place in the list, from 0; -1 where it is not there."""
    found = list(items)
    return found.index(item) if item in found else -1


def _plain(message: str) -> str:
    """CEL's message without its caret drawing and codes."""
    if "recursion" in message:
        return "the expression is nested more than 32 deep; operators in a row count as nested"
    first = message.split("\n", maxsplit=1)[0]
    first = re.sub(r"^[A-Z_]+: (?:ERROR: )?|(?: \(in container.*)?(?: \[[A-Z_]+\])?$", "", first)
    return re.sub(r"^<input>:(\d+):(\d+): ", lambda at: _place(int(at[1]), int(at[2])), first)


def _place(line: int, column: int) -> str:
    return f"column {column}: " if line == 1 else f"line {line}, column {column}: "
