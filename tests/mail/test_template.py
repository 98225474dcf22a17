"""What templates say: placeholders, filters, conditions, loops; and how their faults are told."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.mail.fault import Unfit
from reconciler.mail.filters import OFFERED
from reconciler.mail.language import TESTS
from reconciler.mail.template import Template, read

ROOT = Path(__file__).parent.parent.parent


def said(source: str, *, markup: bool = False, **given: Any) -> str | Unfit:
    found = read(source, "text", markup=markup)
    assert isinstance(found, Template), found
    return found.text(given)


SAYINGS = [
    ("Hi {{ name }}", "Hi Jan"),
    ("{{ nobody | default('you') }}", "you"),
    ("{{ nobody | d('you') }}", "you"),
    ("{{ empty | default('you', true) }}|{{ empty | default('you') }}", "you|"),
    ("{{ 'jan-willem de WIT' | title }}", "Jan-Willem De Wit"),
    ("{{ name | upper }} {{ name | lower }} {{ 'jAN' | capitalize }}", "JAN jan Jan"),
    ("[{{ '  x ' | trim }}]", "[x]"),
    ("{{ 'a b&c/é' | urlencode }}", "a%20b%26c%2F%C3%A9"),
    ("{{ 'one two' | truncate(5) }}", "one…"),
    ("{{ name | replace('J', 'D') }}", "Dan"),
    ("{{ name | length }} {{ name | count }} {{ name | first }} {{ name | last }} {{ empty | first }}", "3 3 J n "),
    ("{{ ['a', name] | join(', ') }}", "a, Jan"),
    ("{{ amount | number }} {{ amount | number(1) }}", "1235 1234.5"),
    ("{{ amount | number(2, '.', ',') }}", "1.234,50"),
    ("{{ amount | money('EUR', thousands='.', point=',') }}", "EUR 1.234,50"),
    ("{{ '-0.005' | number(2) }} {{ '0.125' | number(2) }}", "-0.01 0.13"),
    ("{{ '-0.001' | number(2) }}", "0.00"),
    ("{{ amount | decimal * 2 }} {{ '7' | int + 1 }} {{ 7 // 2 }} {{ 7 % 2 }} {{ 1 / 4 }} {{ 3 - 1 }}", "2469.00 8 3 1 0.25 2"),
    ("{{ due | date }} {{ due | date('%-d-%-m-%y') }} {{ due | date('%d/%m/%Y %%') }}", "2026-05-01 1-5-26 01/05/2026 %"),
    ("{{ '2026-05-01T09:30:00Z' | date('%H:%M:%S') }}", "09:30:00"),
    ("{{ invoice.number }} {{ invoice['number'] }} {{ invoice.lines[1].text }}", "F-1 F-1 two"),
    ("{% for l in invoice.lines %}{{ loop.index }}/{{ loop.length }} {{ l.text }}{% if not loop.last %}, {% endif %}{% endfor %}",
     "1/2 one, 2/2 two"),
    ("{% for n in range(1, 4) if n != 2 %}{{ n }}{% else %}none{% endfor %}", "13"),
    ("{% for n in [] %}{{ n }}{% else %}none{% endfor %}", "none"),
    ("{% if nobody is defined %}a{% elif name == 'Jan' and not empty %}b{% endif %}", "b"),
    ("{% set greeting = 'Hi ' ~ name %}{{ greeting }}!", "Hi Jan!"),
    ("{{ {'nl': 'Beste', 'de': 'Liebe'}[language] }}", "Beste"),
    ("{{ 'a' if name in ('Jan', 'Piet') else 'b' }} {{ name[:1] }}.", "a J."),
    ("{% raw %}{{ name }}{% endraw %}{# not seen #}", "{{ name }}"),
    ("{{ nothing }}{{ yes }}{{ whole }} {{ price }} {{ day }}", "true3 2.50 2026-05-01"),
    ("{%- if yes -%}  x  {%- endif -%}", "x"),
    ("{% for n in [1] %}{{ loop.cycle is defined }} {{ loop._iterator is defined }} "
     "{{ loop['__init__'] is defined }}{% endfor %}", "false false false"),
    ("{{ items_ | join('+') }} {{ -price }} {{ keys }}", "1+2 -2.50 k"),
]  # fmt: skip
GIVEN: dict[str, Any] = {
    "name": "Jan", "empty": "", "amount": "1234.50", "due": "2026-05-01", "language": "nl", "nothing": None, "yes": True,
    "whole": 3, "price": Decimal("2.50"), "day": date(2026, 5, 1), "items_": [1, 2], "keys": "k",
    "invoice": {"number": "F-1", "lines": [{"text": "one"}, {"text": "two"}]},
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SAYINGS)
def test_what_a_template_says(source: str, expected: str) -> None:
    assert said(source, **GIVEN) == expected


def test_every_filter_is_shown_above() -> None:
    shown = " ".join(source for source, _ in SAYINGS)
    assert [name for name in OFFERED if f"| {name}" not in shown] == []


def test_every_filter_and_test_is_in_the_page_about_mails() -> None:
    page = (ROOT / "docs/how-to/write-a-mail.md").read_text(encoding="utf-8")
    assert [name for name in (*OFFERED, *TESTS) if f"`{name}`" not in page and f"is {name}`" not in page] == []


def test_html_escapes_values_and_text_does_not() -> None:
    assert said("{{ v }}<b>", v="<i>&'\"", markup=True) == "&lt;i&gt;&amp;&#39;&#34;<b>"
    assert said("{{ v }}{{ '<u>' ~ v }}", v="<i>", markup=True) == "&lt;i&gt;&lt;u&gt;&lt;i&gt;"
    assert said("{{ v | upper }}{{ [v] | join('<') }}", v="<i>", markup=True) == "&lt;I&gt;&lt;i&gt;"
    assert said("{{ v }}", v="<i>") == "<i>"


@pytest.mark.parametrize(
    ("source", "why", "line", "name", "said_"),
    [
        ("a\n\n{{ nobody }}", "variable", 3, "nobody", "there is no value for nobody"),
        ("{% if yes %}\n{{ invoice.due }}{% endif %}", "variable", 2, "due", "or write | default('…') after it"),
        ("{{ nobody.due }}", "variable", 1, "nobody", "no value for nobody"),
        ("{% if nobody %}{% endif %}", "variable", 1, "nobody", "default('…')"),
        ("{{ nobody ~ 'x' }}", "variable", 1, "nobody", "default('…')"),
        ("{{ nobody | upper }}", "variable", 1, "nobody", "default('…')"),
        ("{{ name[5] }}", "variable", 1, "5", "no value for 5"),
        ("\n{{ name | number }}", "template", 2, None, "'Jan' is not a number; write it as 1234.50"),
        ("{{ '1.234,50' | money }}", "template", 1, None, "is not a number"),
        ("{{ '01-05-2026' | date }}", "template", 1, None, "is not a date; write it as 2026-05-01"),
        ("{{ price | number(13) }}", "template", 1, None, "decimals are 0 to 12"),
        ("{{ due | date('%B') }}", "template", 1, None, "the pattern '%B'"),
        ("{{ amount + 1 }}", "template", 1, None, "'1234.50' +: only numbers are calculated"),
        ("{{ 1 / 0 }}", "template", 1, None, "divided by zero"),
        ("{{ invoice }}", "template", 1, None, "a mapping cannot be written"),
        ("{{ invoice.lines }}", "template", 1, None, "a list cannot be written"),
        ("{{ name < 3 }}", "template", 1, None, "not supported"),
        ("{% for x in 3 %}{% endfor %}", "template", 1, None, "not iterable"),
        ("{{ name | truncate('x') }}", "template", 1, None, ""),
        ("{{ name | upper('x') }}", "template", 1, None, ""),
    ],
)  # fmt: skip
def test_what_one_recipient_lacks_is_that_recipients_failure(
    source: str, why: str, line: int, name: str | None, said_: str
) -> None:
    """A value with the template's name, the line and the variable; never an exception."""
    found = said(source, **GIVEN)
    assert isinstance(found, Unfit)
    assert (found.why, found.part, found.line, found.name) == (why, "text", line, name)
    assert said_ in found.message


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("a\n{{ name", 2, "unexpected end of template"),
        ("a\n{% if x %}b", 2, "end of template"),
        ("{{ name | uper }}", 1, "there is no filter uper; there are capitalize"),
        ("\n{{ name is even }}", 2, "there is no test even"),
        ("\n\n{{ name.upper() }}", 3, "nothing is called in templates: for .upper() see the filters"),
        ("{{ dict(a=1) }}", 1, "nothing is called in templates but range"),
        ("{{ range(*x) }}", 1, "range takes"),
        ("{{ x | replace(*y) }}", 1, "arguments with *"),
        ("{% include 'a' %}", 1, "include is not offered"),
        ("{% extends 'a' %}", 1, "extends is not offered"),
        ("{% import 'a' as a %}", 1, "import is not offered"),
        ("{% from 'a' import b %}", 1, "import is not offered"),
        ("{% macro a() %}{% endmacro %}", 1, "macro is not offered"),
        ("{% block a %}{% endblock %}", 1, "block is not offered"),
        ("{% call a() %}{% endcall %}", 1, "call is not offered"),
        ("{% filter upper %}{% endfilter %}", 1, "filter is not offered"),
        ("{% set a %}{% endset %}", 1, "set … endset is not offered"),
        ("{% set a.b = 1 %}", 1, "namespace is not offered"),
        ("{% set range = 1 %}", 1, "range has a meaning of its own"),
        ("{% autoescape false %}{% endautoescape %}", None, "autoescape is not offered"),
        ("{% for x in y recursive %}{% endfor %}", 1, "a recursive loop is not offered"),
        ("{{ 2 ** 3 }}", 1, "** is not offered"),
        ("{{ _fuel }}", 1, "does not begin with an underscore"),
        ("{{ x | _each(1) }}", 1, "there is no filter _each"),
        ("{{ 1 " + "+ 1" * 60 + " }}", 1, "more than 50 levels deep"),
        ("{{ a }}" * 20_000, 1, "more than 20,000 parts"),
        ("{{ " + "(" * 4_000 + "}}", None, "nested too deeply"),
        ("{% for a in b %}" * 21 + "{% endfor %}" * 21, None, "cannot be read"),
        ("{{ " + "9" * 5_000 + " }}", None, "cannot be read"),
        ("x" * 262_145, None, "longer than 262,144"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_template_is_told_before_anybody_is_written_to(
    source: str, line: int | None, message: str
) -> None:
    """AMB-E7, E-42: the line and a way out, when it is checked."""
    found = read(source, "html", markup=True)
    assert isinstance(found, list)
    assert (found[0].part, found[0].line) == ("html", line)
    assert message.lower() in found[0].message.lower()


def test_all_faults_of_a_template_are_told_at_once() -> None:
    found = read("{{ a | no }}\n{% include 'x' %}\n{{ b() }}", "html", markup=True)
    assert isinstance(found, list)
    assert [fault.line for fault in found] == [1, 2, 3]
    assert str(found[1]) == "html, line 2: include is not offered in templates"


def test_what_a_template_takes_from_outside() -> None:
    found = read(
        "{{ a }}\n{{ b | default('') }}{{ b }}{% if c is defined %}{{ c.d }}{% endif %}"
        "{% for e in f %}{{ e }}{{ loop.index }}{% endfor %}{% set g = a %}{{ g }}{{ range(2) | join }}",
        "text",
        markup=False,
    )
    assert isinstance(found, Template)
    assert [(v.name, v.line, v.required) for v in found.variables] == [
        ("a", 1, True),
        ("b", 2, False),
        ("c", 2, False),
        ("f", 2, True),
    ]


TEMPLATES = sorted(
    p for p in (ROOT / "campaigns.d").rglob("*") if p.suffix in (".html", ".txt") and "creatives" not in p.parts
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_our_own_templates_are_without_fault(path: Path) -> None:
    assert isinstance(read(path.read_text(encoding="utf-8"), path.name, markup=path.suffix == ".html"), Template)
