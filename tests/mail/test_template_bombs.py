"""Templates that would hold a processor for days or fill the memory: each ends soon, as a value, in little memory.

They run in a process of their own, each with 10 seconds of processor and 600 MB: one that goes off is killed there.
"""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.mail.fault import Unfit
from reconciler.mail.template import Template, read

ROOT = Path(__file__).parent.parent.parent
BIG = "big | default('x')"

LOOP = "{% for a in range(1000) %}"
END = "{% endfor %}"

BOMBS = {
    "a loop in a loop": LOOP * 3 + END * 3,
    "a loop in a loop that writes nothing": LOOP + "{% for b in range(1000) if b < 0 %}x" + END + END,
    "a range": "{% for a in range(10 * 10000000) %}{% endfor %}",
    "padding": "{{ 'x'.ljust(10000000000) }}",
    "centering": "{{ 'x' | center(10000000000) }}",
    "a text times a number": "{{ 'x' * 10000000000 }}",
    "a list times a number": "{{ ([1] * 10000000000) | length }}",
    "a width in a format": "{{ '%09999999999d' % 1 }}",
    "a width in a filter": "{{ '%09999999999d' | format(1) }}",
    "a width hidden in a test": "{{ '%09999999999d' is divisibleby(3) }}",
    "a width in a date": "{{ '2026-01-01' | date('%9999999999d') }}",
    "decimals": "{{ 1 | number(1000000000) }}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "squares": "{% set a = 999999999 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "small numbers": "{% set a = 1 %}" + "{% set a = a / 1000000000000 %}" * 3500 + "{{ a }}",
    "an exponent": "{{ '1e999999999' | decimal }}{{ 1e308 * 1e308 }}",
    "a text that doubles": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "a text that doubles by a filter": "{% set a = 'xx' %}" + "{% set a = a | replace('x', 'xx') %}" * 60 + "{{ a }}",
    "a text that doubles by joining": "{% set a = 'xx' %}" + "{% set a = [a, a] | join(a) %}" * 60 + "{{ a }}",
    "a list that doubles": "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a == a }}",
    "a mapping that doubles": "{% set a = {'a': 1} %}" + "{% set a = {'a': a, 'b': a} %}" * 60 + "{{ a == [a] }}",
    "lists that are compared": "{% set a = [1] %}{% set b = [1] %}"
    + "{% set a = [a, a] %}{% set b = [b, b] %}" * 60
    + "{{ a == b }}",
    "much text in a loop": "{% for a in range(1000) %}" + "x" * 100_000 + "{% endfor %}",
    "many values in a loop": "{% for a in range(1000) %}" + "{{ a }}" * 5_000 + "{% endfor %}",
    "long values compared": "{% for a in range(1000) %}"
    + f"{{% if {BIG} == {BIG} ~ '' %}}{{% endif %}}" * 500
    + "{% endfor %}",
    "long values searched": f"{{% for a in range(1000) %}}{{% if 'y' in {BIG} %}}{{% endif %}}{{% endfor %}}" * 20,
    "long lists compared in a loop": "{% set p = big ~ 1 %}{% set q = big ~ 1 %}"
    + "".join(f"{{% set {x} = [{', '.join([x] * 900)}] %}}" for x in "pq")
    + LOOP * 2
    + "{% if p == q and q == p %}{% endif %}"
    + END * 2,
    "a text searched in a loop": "{% set p = big[:30000] ~ 'y' %}"
    + LOOP * 2
    + "{% if p in big %}{% endif %}"
    + END * 2,
    "a text turned in a loop": LOOP * 2 + "{% if big[::-1] %}{% endif %}" + END * 2,
    "a search in a range": "{{ 1.5 in range(100000000000) }}",
    "a range that is joined": "{{ range(100000000000) | join | length }}",
    "a search in a range in a loop": LOOP * 2 + "{% if 1.5 in range(1000) %}{% endif %}" + END * 2,
    "long values kept": "".join(f"{{% set a{n} = {BIG} ~ {n} %}}" for n in range(2_000)),
    "long values encoded": f"{{{{ {BIG} | urlencode | urlencode | urlencode | urlencode }}}}",
    "a long value replaced": f"{{{{ {BIG} | replace('x', {BIG}) }}}}",
    "a macro that calls itself": "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}",
    "a loop that calls itself": "{% for a in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "a template that includes itself": "{% include 'text' %}",
    "latin": "{{ lipsum(1000000) }}",
    "deep brackets": "{{ " + "[" * 100_000,
    "deep negation": "{{ " + "not " * 50_000 + "1 }}",
    "a long sum": "{{ 1" + " + 1" * 50_000 + " }}",
    "a long chain": "{{ a" + ".a" * 100_000 + " }}",
    "many filters": "{{ 'a'" + " | upper" * 25_000 + " }}",
    "many branches": "{% if a %}" + "{% elif a %}" * 20_000 + "{% endif %}",
    "many tags": "{{" * 131_072,
    "many comments": "{#" * 131_072,
    "many raws": "{% raw %}" * 29_000,
    "a long number": "{{ " + "9" * 200_000 + " }}",
    "much space": " " * 200_000 + "{%- if a -%}" + " " * 60_000,
    "python": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "python by brackets": "{{ ''['__class__']['__mro__'] }}",
    "python by a filter": "{{ '' | attr('__class__') }}",
    "python by a context": "{{ self.__init__.__globals__ }}{{ self._TemplateReference__context }}",
    "python by a loop": "{% for a in [1] %}{{ loop.__init__.__globals__ }}{{ loop._iterator }}{% endfor %}",
    "python by range": "{{ range.__class__ }}",
}


def outcome(source: str, big: str) -> str:
    """What became of a bomb: a fault, a refusal, or how much text."""
    found = read(source, "text", markup=True)
    if not isinstance(found, Template):
        return "fault"
    made = found.text({"big": big})
    return made.why if isinstance(made, Unfit) else f"{len(made)} characters"


HARMLESS = {"small numbers": "1 characters", "much space": "variable"}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """What became of each bomb; one that went off ended the process, and it and all after it are missing."""
    command = [sys.executable, "-m", "tests.mail.test_template_bombs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize("which", BOMBS)
def test_a_bomb_ends_as_a_value(which: str, outcomes: dict[str, str]) -> None:
    assert outcomes.get(which, "went off") in (HARMLESS.get(which), "fault", "template", "too-much", "variable")


def test_a_template_that_does_what_a_letter_needs_is_not_refused() -> None:
    """An invoice of 300 lines, and a newsletter of 200 placeholders."""
    line = "{{ l.text | upper }} {{ l.amount | money('EUR') }}{% if loop.last %}.{% endif %}\n"
    found = read("{% for l in lines %}" + line + "{% endfor %}" + "{{ name | title }}\n" * 200, "text", markup=True)
    assert isinstance(found, Template)
    made = found.text({"lines": [{"text": f"Item {n}", "amount": "12.50"} for n in range(300)], "name": "jan"})
    assert isinstance(made, str)
    assert made.count("\n") == 499  # Jinja2 drops the last


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))
    for which, source in BOMBS.items():
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 10, resource.RLIM_INFINITY))
        sys.stdout.write(f"{which}: {outcome(source, 'x' * 60_000)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
