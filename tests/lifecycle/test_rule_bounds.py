"""What a rule may cost: loops are counted wherever they hide, and large values are not looked at by costly rules."""

from typing import Any

import pytest

from reconciler.lifecycle.rule import MAX_ITEMS, MAX_TEXT, Rule, RuleError
from reconciler.model.plan import Verdict


def ask(rule: str, **spec: Any) -> Verdict:
    return Rule(rule).ask({"self": {"spec": spec}})


LOOPS = "[1].map(a, a).map(b, b).map(c, c)"
TOO_MUCH = [
    LOOPS + ".map(d, d) == []",
    LOOPS + ". map (d, d) == []",
    LOOPS + ".//\nmap(d, d) == []",
    LOOPS + ".map(d, d) == [] // '''",
    "r'\\' == '' || " + LOOPS + ".map(d, d) == [] || '' == r'\\'",
    "[1].map(a, a + a) == []",
    "[1].all(a, 'x'.matches('x'))",
    "['x'].exists(a, a.contains('x'))",
]


@pytest.mark.parametrize("text", TOO_MUCH)
def test_what_could_grow_is_refused(text: str) -> None:
    with pytest.raises(RuleError, match="loop"):
        Rule(text)


@pytest.mark.parametrize("text", [LOOPS + " == [1]", "'.map(.map(.map(.map(+' != ''", "1 + 1 == 2 // .map(.map("])
def test_what_only_looks_so_is_not(text: str) -> None:
    assert ask(text) is Verdict.TRUE


def test_a_costly_rule_does_not_look_at_large_values() -> None:
    assert ask("self.spec.items.all(one, one == 1)", items=[1] * MAX_ITEMS) is Verdict.TRUE
    assert ask("self.spec.items.all(one, one == 1)", items=[1] * (MAX_ITEMS + 1)) is Verdict.FALSE
    assert ask("self.spec.text.contains('x')", text="x" * MAX_TEXT) is Verdict.TRUE
    assert ask("self.spec.text.contains('x')", text="x" * (MAX_TEXT + 1)) is Verdict.FALSE


def test_a_plain_rule_does() -> None:
    assert (
        ask("has(self.spec.text) && size(self.spec.items) > 1", text="x" * 100_000, items=[1] * 5_000) is Verdict.TRUE
    )
