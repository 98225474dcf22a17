"""Rules: true, false or unknown, and never a way to hang or to fall over."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.lifecycle.rule import MAX_LENGTH, Rule, RuleError, facts_of
from reconciler.model.plan import Verdict

CHECKOUT = Path(__file__).parent.parent.parent
NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 4, tzinfo=UTC)


def values(facts: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    me = {"metadata": {"name": "w", "version": 1, "labels": {}}, "state": "draft", "spec": spec}
    return {
        "self": me, "oldSelf": me, "facts": facts or {}, "refs": {}, "settings": {}, "now": NOW, "today": MIDNIGHT,
    }  # fmt: skip


def ask(text: str, facts: Mapping[str, Any] | None = None, **spec: Any) -> Verdict:
    return Rule(text).ask(values(facts, **spec))


TRUE, FALSE, UNKNOWN = Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN

ANSWERS: dict[str, tuple[str, dict[str, Any], dict[str, Any], Verdict]] = {
    "true": ("self.spec.n == 1", {"n": 1}, {}, TRUE),
    "false": ("self.spec.n == 1", {"n": 2}, {}, FALSE),
    "a member that is not there": ("self.spec.n == 1", {}, {}, FALSE),
    "the absence of a member that is not there": ("!(self.spec.n == 1)", {}, {}, FALSE),
    "has": ("has(self.spec.n)", {}, {}, FALSE),
    "has not": ("!has(self.spec.n)", {}, {}, TRUE),
    "has null": ("has(self.spec.n) && self.spec.n == null", {"n": None}, {}, TRUE),
    "a number is no boolean": ("self.spec.n", {"n": 1}, {}, FALSE),
    "a text is no boolean": ("'true'", {}, {}, FALSE),
    "null is no boolean": ("null", {}, {}, FALSE),
    "a list is no boolean": ("[true]", {}, {}, FALSE),
    "an error is no boolean": ("1 / 0 == 1", {}, {}, FALSE),
    "an error beside true": ("1 / 0 == 1 || true", {}, {}, TRUE),
    "an error beside false": ("1 / 0 == 1 && false", {}, {}, FALSE),
    "too large a sum": ("9223372036854775807 + self.spec.n > 0", {"n": 1}, {}, FALSE),
    "texts and numbers": ("self.spec.n == '1'", {"n": 1}, {}, FALSE),
    "integers and floats": ("self.spec.n < 1.5", {"n": 1}, {}, TRUE),
    "true is not 1": ("self.spec.n == 1", {"n": True}, {}, FALSE),
    "a fact": ("facts.n > 1", {}, {"n": 2}, TRUE),
    "a fact, false": ("facts.n > 1", {}, {"n": 1}, FALSE),
    "a fact that nobody observed": ("facts.n > 1", {}, {}, UNKNOWN),
    "a fact that nobody observed, by index": ("facts['n'] > 1", {}, {}, UNKNOWN),
    "a fact that was observed as null": ("facts.n > 1", {}, {"n": None}, FALSE),
    "a fact that does not matter": ("facts.n > 1 || self.spec.n == 1", {"n": 1}, {}, TRUE),
    "a fact that does not matter, first": ("self.spec.n == 1 || facts.n > 1", {"n": 1}, {}, TRUE),
    "a fact that cannot help": ("facts.n > 1 && self.spec.n == 1", {"n": 2}, {}, FALSE),
    "a fact that decides": ("facts.n > 1 && self.spec.n == 1", {"n": 1}, {}, UNKNOWN),
    "a fact behind a condition": ("self.spec.n == 1 ? facts.n > 1 : true", {"n": 2}, {}, TRUE),
    "one of two facts": ("facts.n > 1 && facts.m > 1", {}, {"n": 2}, UNKNOWN),
    "one of two facts, false": ("facts.n > 1 && facts.m > 1", {}, {"n": 1}, FALSE),
    "an error with its fact known": ("facts.n > 1 && 1 / 0 == 1", {}, {"n": 2}, FALSE),
    "an error with its fact unknown": ("self.spec.nothing > 1 && facts.n > 1", {}, {}, FALSE),
    "has of a fact": ("has(facts.n)", {}, {}, FALSE),
    "a fact of a name that begins alike": ("facts.n > 1", {}, {"nn": 2}, UNKNOWN),
    "the word in a text": ("self.spec.n == 'facts.m' || 1 / 0 == 1", {"n": "x"}, {}, FALSE),
    "dates": ("today >= date('2027-01-04')", {}, {}, TRUE),
    "dates, later": ("today > date(self.spec.n)", {"n": "2027-01-04"}, {}, FALSE),
    "a date that is none": ("today > date(self.spec.n)", {"n": "tomorrow"}, {}, FALSE),
    "a date that is a number": ("today > date(self.spec.n)", {"n": 7}, {}, FALSE),
    "times": ("now - today == duration('9h')", {}, {}, TRUE),
    "sums": ("sum(self.spec.n) == 6", {"n": [1, 2, 3]}, {}, TRUE),
    "sums of members": ("sum(self.spec.n.map(one, one.p)) == 100", {"n": [{"p": 60}, {"p": 40}]}, {}, TRUE),
    "sums of nothing": ("sum(self.spec.n) == 0", {"n": []}, {}, TRUE),
    "sums of texts": ("sum(self.spec.n) == 0", {"n": ["a"]}, {}, FALSE),
    "sums of no list": ("sum(self.spec.n) == 0", {"n": 7}, {}, FALSE),
    "sums of fractions": ("sum(self.spec.n) == 100.0", {"n": [33.5, 66.5]}, {}, TRUE),
    "a comprehension over no list": ("self.spec.n.all(one, one > 1)", {"n": 7}, {}, FALSE),
    "a bad pattern": ("self.spec.n.matches('(')", {"n": "x"}, {}, FALSE),
    "a pattern from the manifest": ("'x'.matches(self.spec.n)", {"n": "("}, {}, FALSE),
    "a text with a NUL": ("self.spec.n == 'a'", {"n": "a\0b"}, {}, FALSE),
    "a key with a NUL": ("'a' in self.spec.n", {"n": {"a\0b": 1}}, {}, FALSE),
    "a large integer": ("self.spec.n == 9223372036854775807", {"n": 2**63 - 1}, {}, TRUE),
}  # fmt: skip


@pytest.mark.parametrize(("text", "spec", "facts", "verdict"), ANSWERS.values(), ids=ANSWERS)
def test_the_three_answers(text: str, spec: dict[str, Any], facts: dict[str, Any], verdict: Verdict) -> None:
    assert ask(text, facts, **spec) is verdict


REFUSED = [
    "", " ", "// true", "self.", "(", "self.spec.n = 1", "unknown == 1", "self == ", "now == 1", "today > 5",
    "date(5) > now",
    "self.spec.n.nothing()", "f(self)", "'\\0'", "true;", "true\ntrue", "sum()", "size(1, 2)",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_cel_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(RuleError) as caught:
        Rule(text)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    assert "INVALID_ARGUMENT" not in message
    assert "<input>" not in message


def test_the_length_is_capped_before_anything_is_parsed() -> None:
    longest = "true" + " " * (MAX_LENGTH - 4)
    assert ask(longest) is TRUE
    with pytest.raises(RuleError, match=r"2001 characters; at most 2000"):
        Rule(longest + " ")


@pytest.mark.parametrize(
    "text",
    ["(" * 999 + "true" + ")" * 999, "[" * 999 + "]" * 999, "1" + "+1" * 990, "self" + ".a" * 980, "self" + "[0]" * 600,
     "{1:" * 400 + "1" + "}" * 400, "'a'" + ".contains('a')" * 100, "true?" * 200 + "true" + ":true" * 190],
    ids=["parentheses", "lists", "sums", "members", "indexes", "maps", "calls", "conditions"],
)  # fmt: skip
def test_deep_expressions_are_refused_in_plain_words(text: str) -> None:
    with pytest.raises(RuleError) as caught:
        Rule(text)
    assert "INVALID_ARGUMENT" not in str(caught.value)
    assert "CANCELLED" not in str(caught.value)


@pytest.mark.parametrize("text", ["!" * 1990 + "true", "-" * 1990 + "1 == 1", "true" + "&&true" * 330])
def test_long_but_flat_expressions_are_answered(text: str) -> None:
    assert ask(text) in (TRUE, FALSE)


HUNDRED = "[" + ",".join(["1"] * 100) + "]"
EXPENSIVE: dict[str, str] = {
    "nested over itself": f"{HUNDRED}.all(a, {HUNDRED}.all(b, {HUNDRED}.all(c, {HUNDRED}.all(d, true))))",
    "nested over the manifest": "self.spec.n.all(a, self.spec.n.all(b, self.spec.n.all(c, true)))",
    "existing nowhere": "self.spec.n.exists(a, self.spec.n.exists(b, self.spec.n.exists(c, false)))",
    "lists of lists": f"{HUNDRED}.map(a, {HUNDRED}.map(b, {HUNDRED}.map(c, {HUNDRED}))) == []",
    "doubling twenty-six times": f"['{'x' * 100}']" + ".map(s, s + s)" * 26 + ".size() == 1",
    "doubling behind comments": f"['{'x' * 100}']" + ".//\nmap(s, s + s)" * 26 + ".size() == 1",
    "eight times nine times": "[1]" + ".map(s, [s, s, s, s, s, s, s, s])" * 9 + " == []",
    "long texts, joined": "self.spec.n.map(a, self.spec.text + self.spec.text).size() == 1",
    "long texts, searched": "self.spec.n.all(a, !self.spec.text.contains(self.spec.half + 'y'))",
    "a slow pattern": "self.spec.n.all(a, !self.spec.text.matches('(x{1,50}){1,20}y'))",
    "a large pattern": "self.spec.text.matches('" + "(" * 50 + "a" + "{1,100})" * 50 + "')",
    "a long list, mapped": "self.spec.n.map(a, [a]).size() == 9000",
    "a long list, searched for each": "self.spec.n.all(a, a in self.spec.n)",
    "a long list, added up for each": "self.spec.n.all(a, sum(self.spec.n) > 0)",
}

ASK_ONE = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})
from datetime import UTC, datetime
from reconciler.lifecycle.rule import Rule, RuleError
spec = {{"n": list(range(9000)), "text": "x" * 200_000, "half": "x" * 100_000}}
me = {{"metadata": {{}}, "state": "draft", "spec": spec}}
now = datetime(2027, 1, 4, tzinfo=UTC)
try:
    rule = Rule(sys.stdin.read())
except RuleError as error:
    print("refused", error)
else:
    print(rule.ask(dict(self=me, oldSelf=me, facts={{}}, refs={{}}, settings={{}}, now=now, today=now)))
"""


@pytest.mark.parametrize("text", EXPENSIVE.values(), ids=EXPENSIVE)
def test_expensive_expressions_are_refused_or_answered_soon(text: str) -> None:
    """One CPU minute and a gigabyte would do for a plan of everything; one rule gets ten seconds of it."""
    limited = ["bash", "-c", 'ulimit -v 1500000 -t 10; exec "$@"', "limited", sys.executable, "-c", ASK_ONE]
    done = subprocess.run(limited, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.split()[0] in ("refused", "true", "false")


def test_the_budget_of_one_rule_is_not_spent_by_another() -> None:
    rule = Rule(f"{HUNDRED}.all(a, self.spec.n.all(b, b == 1))")
    for _ in range(300):
        assert rule.ask(values(n=[1] * 50)) is TRUE


def test_value_of_an_expression() -> None:
    assert Rule("self.spec.n + 1").value(values(n=1)) == 2
    assert Rule("self.spec.n + 1").value(values()) is None
    assert Rule(f"{HUNDRED}.all(a, {HUNDRED}.all(b, {HUNDRED}.all(c, true)))").value(values()) in (None, True)


def test_facts_are_named_in_any_form() -> None:
    assert facts_of("facts.a && facts.b_2 > 1 && self.facts_x") == {"a", "b_2"}
    assert facts_of("facts['a'] || facts[\"b\"]") == {"a", "b"}
    assert facts_of("self.spec.note == 'facts.c'") == frozenset()
    assert facts_of("myfacts.a") == frozenset()


# What a rule says that it reads must cover what it does read: answers are kept per distinct input.


READS = {
    "self.spec.n == 1": {"n"},
    "self.spec['n'] == 1": None,
    "self['spec'].n == 1": None,
    "self . spec . n == 1": None,
    "self.spec.n.all(one, one == self.spec.m)": {"n", "m"},
    "has(self.spec.n) && self.spec.n.size() > 0": {"n"},
    "self.spec == oldSelf.spec": None,
    "[self].all(one, one.spec.n == 1)": None,
    "self.spec.size() > 0": None,
    "self.\nspec.n == 1": None,
}


@pytest.mark.parametrize(("text", "members"), READS.items(), ids=list(READS))
def test_what_a_rule_reads_is_never_left_out(text: str, members: set[str] | None) -> None:
    reads = Rule(text).reads["self"]
    assert reads.spec is None if members is None else reads.spec is None or members <= reads.spec


@given(st.text("self.oldSpc'n[]\"()=1&| \nfats", max_size=60))
@settings(max_examples=1000, deadline=None)
def test_random_expressions_are_refused_or_answered(text: str) -> None:
    try:
        rule = Rule(text)
    except RuleError:
        return
    assert rule.ask(values(n=1)) in (TRUE, FALSE, UNKNOWN)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
SPECS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(SPECS)
@settings(max_examples=60, deadline=None)
def test_any_document_may_be_asked_about(spec: Any) -> None:
    given_values = values() | {"self": {"spec": spec, "state": "draft"}}
    for text in (
        "self.spec == self.spec",
        "has(self.spec.n) && self.spec.n > 1",
        "sum(self.spec) > 0",
        "date(self.spec) < now",
    ):
        assert Rule(text).ask(given_values) in (TRUE, FALSE)
    assert Rule("self.spec == self.spec").ask(given_values) is TRUE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.a == 1", True),
        ("self.a == 2", False),
        ("self.b == 1", 'Key not found in map : "b"'),
        ("self.a", "it is neither true nor false"),
        ('self.a < "x"', "No matching overloads found : _<_(int64, string)"),
    ],
)
def test_a_judgement_says_why_there_is_none(text: str, expected: bool | str) -> None:
    assert Rule(text).judge({"self": {"a": 1}}) == expected


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('index(self.spec.steps, "b") == 1', TRUE),
        ('index(self.spec.steps, "c") == -1', TRUE),
        ("self.spec.steps.exists(one, index(self.spec.steps, one) > index(self.spec.steps, self.spec.steps[0]))", TRUE),
        ("index(self.spec.steps, self.spec.n) == 0", FALSE),
        ("index(self.spec.absent, 'b') == 0", FALSE),
    ],
)
def test_index_is_the_place_of_a_text_in_a_list(text: str, answer: Verdict) -> None:
    """R-24: steps of a journey are compared by it; what is no text, or no list, cannot be evaluated."""
    assert ask(text, steps=["a", "b"], n=1) is answer
