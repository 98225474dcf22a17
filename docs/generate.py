"""Write the generated pages: commands, diagnostics, requirements, the kinds and their pictures.

    python -m docs.generate           write them
    python -m docs.generate --check   write nothing; say which differ, exit 1

`make docs` calls it, and the tests check it.
"""

import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from docs.proofs import cell, proofs
from reconciler import commands
from reconciler.model.codes import SUMMARIES, diagnose
from reconciler.model.diagnostic import Severity
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.plan import Code
from reconciler.source.definitions import load_kinds
from reconciler.source.strict_yaml import read_documents
from reconciler.views.explain_requirement import carriers
from reconciler.views.lead_reasons import reasons_page
from reconciler.views.words import DIAGNOSTICS, REFUSALS

DOCS: Final = Path(__file__).parent
ROOT: Final = DOCS.parent
KINDS: Final = ("LeadCampaign", "EmailCampaign", "ReferralCampaign", "ReceivablesCampaign", "CollectionCampaign")
_MARK: Final = "<!-- Written by `python -m docs.generate`; changes are lost. -->\n\n"
_GROUPS: Final = {
    "L": "Leads", "E": "E-mail", "R": "Referral", "I": "Receivables", "C": "Collections", "X": "All kinds",
}  # fmt: skip


def pages() -> dict[str, str]:
    """Every generated file, by its path under docs/."""
    return {
        "reference/commands.md": _MARK + _commands(),
        "reference/diagnostics.md": _MARK + _diagnostics(),
        "reference/queue-reasons.md": _MARK + reasons_page(),
        "reference/requirements.md": _MARK + _requirements(),
        **{f"reference/kinds/{kind}.md": _MARK + _kind(kind) for kind in KINDS},
        **{f"pictures/lifecycles/{kind}.svg": _printed("graph", kind, "--format", "svg") for kind in KINDS},
    }


# Commands.


def _commands() -> str:
    title = "# Commands\n\nWhat `--help` says, command by command.\n"
    parts = [title, f"## muster\n\n{_help(commands.muster, 'muster')}"]
    for verb in commands.VERBS:
        module = import_module(commands.module_name(verb))
        parts += _helps(module.command, f"muster {verb}", "##")
    return "\n".join(parts)


def _helps(command: click.Command, name: str, level: str) -> Iterator[str]:
    """A command, and those within it."""
    yield f"{level} {name}\n\n{_help(command, name)}"
    for inner, one in (command.commands if isinstance(command, click.Group) else {}).items():
        yield from _helps(one, f"{name} {inner}", f"{level}#")


def _help(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name, terminal_width=100, max_content_width=100)
    context.help_option_names = ["-h", "--help"]
    return f"```text\n{command.get_help(context)}\n```\n"


# Diagnostics and refusals.


def _diagnostics() -> str:
    errors = [code for code in SUMMARIES if diagnose(code, "").severity is Severity.ERROR]
    warnings = [code for code in SUMMARIES if code not in errors]
    illegal = [code for code in Code if not code.denied]
    denied = [code for code in Code if code.denied]
    return f"""# Diagnostics and refusals

A **diagnostic** is about files: something in them cannot be read, or does not hold together. A **refusal** is about a
resource: its files are sound, but what they ask for may not be done. Both carry a code, which scripts may rely on; the
words around it may change.

## Errors

An error stops the whole run before anything is planned or applied: exit 3. All errors of all files are shown in one
run. Every code has a folder of bad examples, which the tests run.

{_table(errors)}
## Warnings

A warning stops nothing.

{_table(warnings)}
## Refusals: illegal

What is asked may not be done as it stands: exit 4. Only the resource concerned is left alone.

{_refusals(illegal)}
## Refusals: denied

What is asked may not be done now, or not without a further word: exit 5.

{_refusals(denied)}"""


def _table(codes: list[str]) -> str:
    rows = (
        f"| `{code}` | {SUMMARIES[code]} | {DIAGNOSTICS[code]} | [examples](../../tests/manifests/invalid/{code}) |\n"
        for code in codes
    )
    return "| code | summary | when, and what to do | |\n|---|---|---|---|\n" + "".join(rows)


def _refusals(codes: list[Code]) -> str:
    rows = (f"| `{code}` | {REFUSALS[code]} |\n" for code in codes)
    return "| code | when, and what to do |\n|---|---|\n" + "".join(rows)


# Requirements.


def _requirements() -> str:
    laws, table = _laws(), _requirement_table()
    parts = [
        "# Requirements\n\nEvery requirement that Muster answers to, in its own words, and every line of a kind"
        " definition that carries it. `muster explain --requirement ID` tells one with the words of those lines."
        " What no line carries is no matter of a lifecycle; `about` says what it speaks of."
        " The last column names tests that prove it."
        " Ids that begin with `AMB-` say how we read what the others leave open.\n"
    ]
    carried, proved = {one: list(_carried(one, laws)) for one in table}, proofs(ROOT / "tests")
    for group, ids in groupby(table, _group):
        parts.append(f"## {group}\n\n| id | says | about | carried by | proved by |\n|---|---|---|---|---|")
        parts += [_row(one, table[one], carried[one], cell(proved.get(one, ()))) for one in ids]
        parts.append("")
    return "\n".join(parts)


def _row(one: str, entry: Mapping[str, str], lines: list[str], proved: str) -> str:
    return f"| {one} | {_cell(entry['says'])} | {entry['about']} | {'<br>'.join(lines)} | {proved} |"


def _carried(wanted: str, laws: Mapping[str, Lifecycle]) -> Iterator[str]:
    for kind, law in laws.items():
        for table, line, _, ids in carriers(law):
            if wanted in ids:
                yield f"{kind}: {table} {_cell(line)}"


def _group(one: str) -> str:
    return _GROUPS[one.removeprefix("AMB-")[0]]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def _laws() -> dict[str, Lifecycle]:
    kinds, found = load_kinds((), ROOT)
    assert not found, found
    return {name: kinds.table[name].lifecycle for name in sorted(kinds.table, key=_campaigns_first)}


def _campaigns_first(name: str) -> tuple[int, str]:
    return (KINDS.index(name) if name in KINDS else len(KINDS), name)


def _requirement_table() -> dict[str, Any]:
    table: dict[str, Any] = read_documents((ROOT / "reconciler/kinds/requirements.yaml").read_bytes())[0].value
    return table


# Kinds, as the program itself prints them.


def _kind(kind: str) -> str:
    picture = f"![The lifecycle of a {kind}](../../pictures/lifecycles/{kind}.svg)\n"
    title, _, rest = _printed("explain", kind, "--format", "markdown").partition("\n\n")
    return f"{title}\n\n{picture}\n{rest}"


def _printed(*arguments: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        code = commands.run(["-C", str(ROOT), *arguments])
    assert code == 0, f"muster {' '.join(arguments)} ended with {code}"
    return out.getvalue()


def differences() -> list[str]:
    """The generated files that are not what they should be."""
    return [path for path, text in pages().items() if not _is(DOCS / path, text)]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main() -> int:
    """Write, or check."""
    if sys.argv[1:] == ["--check"]:
        differing = differences()
        sys.stdout.writelines(f"differs: docs/{path}\n" for path in differing)
        return 1 if differing else 0
    for path, text in pages().items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
