"""How the house is built: what imports what, what is loaded when, how long things are, and where each rule stands."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.lifecycle.check import requirement_lines
from reconciler.model.lifecycle import Lifecycle
from reconciler.source.definitions import load_kinds, requirements

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((ROOT / "reconciler").rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 400, 40
"""Lines: a file has fewer than, a function at most (STYLE.md, habit 1)."""

HELP_FREE_OF = (
    "yaml",
    "jsonschema_rs",
    "pydantic",
    "cel_expr_python",
    "rich",
    "msgspec",
    "sqlite3",
    "psycopg",
    "ruamel",
    "email_validator",
    "jinja2",
    "cryptography",
)
PLAN_FREE_OF = ("pydantic", "rich", "ruamel", "cel_expr_python", "psycopg", "jinja2", "cryptography")
_ID = re.compile(r"\b(?:AMB-[LERIC][1-9][0-9]?|[LERICX]-[0-9]{2})\b")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


# What imports what.


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_door_of_a_checkout_imports_commands_alone() -> None:
    assert imported(ROOT / "cli.py") == {"reconciler.commands"}


def test_imports_go_down() -> None:
    """The contracts of pyproject.toml, as CI runs them."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_others_servers_are_called_from_one_room() -> None:
    """HTTP connections are opened in `hooks/` alone (import-linter knows no parts of `http` and `urllib`)."""
    users = {name(path) for path in MODULES if imported(path) & {"http.client", "urllib.request"}}
    assert users == {"reconciler/hooks/caller.py"}


def test_only_the_wiring_opens_the_clock() -> None:
    """`datetime.now` stands in one place; everybody else is given the time."""
    users = [name(path) for path in MODULES for node in ast.walk(tree(path)) if _asks_the_time(node)]
    assert users == ["reconciler/app.py"]


def _asks_the_time(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and (isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date"))
    )


# What is loaded when.


def loaded(code: str, *arguments: str) -> set[str]:
    """The top-level packages in sys.modules once `code` has run in a process of its own."""
    script = f"import sys\n{code}\nprint('\\n@@', *sorted({{n.partition('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stdout.rpartition("@@")[2].split())


PROGRAM = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: Europe/Paris}\n"
RUN = "from reconciler.commands import run\nassert run(sys.argv[1:]) == 0"


def test_help_loads_nothing_heavy() -> None:
    assert not loaded(RUN, "--help").intersection(HELP_FREE_OF)


@pytest.mark.parametrize("how", ["first", "second"])
def test_a_plan_without_changes_loads_nothing_heavy(how: str, tmp_path: Path) -> None:
    (tmp_path / "campaigns.d").mkdir()
    (tmp_path / "campaigns.d" / "program.yaml").write_text(PROGRAM, encoding="utf-8")
    directory = str(tmp_path)
    loaded(RUN, "-C", directory, "apply", "--yes")
    if how == "second":
        loaded(RUN, "-C", directory, "plan")
    # 2 would say that there are changes.
    found = loaded(RUN, "-C", directory, "plan", "--detailed-exitcode")
    assert not found.intersection(PLAN_FREE_OF)


def test_what_is_forbidden_above_is_seen_where_it_is_loaded() -> None:
    heavy = "yaml, sqlite3, psycopg, pydantic, rich, ruamel.yaml, msgspec, jsonschema_rs, cel_expr_python"
    heavy += ", email_validator, jinja2, cryptography"
    assert loaded(f"import {heavy}") >= {
        *HELP_FREE_OF, *PLAN_FREE_OF,
    }  # fmt: skip


# How long things are.


def test_files_and_functions_are_short() -> None:
    assert [long for path in MODULES for long in _long(path)] == []


def _long(path: Path) -> Iterator[str]:
    """What of a file is too long: itself, and functions."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if len(lines) - 1 >= MAX_FILE:
        yield f"{name(path)}: {len(lines) - 1} lines"
    for node in functions(path):
        if node.end_lineno and node.end_lineno - node.lineno >= MAX_FUNCTION and not _excused(lines, node):
            yield f"{name(path)}, {node.name}: {node.end_lineno - node.lineno + 1} lines"


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _excused(lines: list[str], node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the definition's own lines say why it is long."""
    return any("noqa: PLR0915" in line for line in lines[node.lineno - 1 : node.body[0].lineno])


def test_modules_say_what_they_are_for() -> None:
    assert [name(path) for path in MODULES if not (ast.get_docstring(tree(path)) or "").strip()] == []


# Every rule has a line.

KINDS = load_kinds((), ROOT)[0].table


def carried() -> dict[str, list[str]]:
    """By requirement: the lines of definitions that carry it."""
    found: dict[str, list[str]] = {}
    for kind in KINDS.values():
        for pointer, ids in requirement_lines(kind.lifecycle):
            for one in ids:
                found.setdefault(one, []).append(f"{kind.name}{pointer}")
    return found


LEGAL = {one: entry for one, entry in requirements().items() if entry["about"] in (
    "state", "transition", "permission", "prohibition"
)}  # fmt: skip


@pytest.mark.parametrize("requirement", sorted(LEGAL))
def test_a_requirement_about_the_lifecycle_is_carried_by_a_line(requirement: str) -> None:
    assert carried().get(requirement), LEGAL[requirement]["says"]


def test_the_own_list_has_every_id_of_the_sources() -> None:
    """The ranges of REQUIREMENTS.md, by hand: L-01…L-45 and so on, without a hole."""
    counts = {"L": 45, "E": 66, "R": 25, "I": 28, "C": 31, "X": 12}
    readings = {"L": 9, "E": 18, "R": 10, "I": 9, "C": 13}
    wanted = {f"{letter}-{n:02}" for letter, count in counts.items() for n in range(1, count + 1)}
    wanted |= {f"AMB-{letter}{n}" for letter, count in readings.items() for n in range(1, count + 1)}
    assert set(requirements()) == wanted


SOURCES = [
    path for path in sorted((ROOT / "reconciler").rglob("*"))
    if path.suffix in (".py", ".yaml", ".sql", ".md") and path.name != "requirements.yaml"
]  # fmt: skip


def test_ids_named_in_code_and_definitions_exist() -> None:
    known = requirements().keys()
    assert {
        name(path): unknown for path in SOURCES if (unknown := set(_ID.findall(path.read_text("utf-8"))) - known)
    } == {}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_state_and_transition_of_a_built_in_kind_names_its_requirement(kind: str) -> None:
    law: Lifecycle = KINDS[kind].lifecycle
    bare = [state.name for state in law.states.values() if not state.requirement]
    bare += [edge.event for edge in law.transitions if not edge.requirement]
    bare += [guard.name for guard in law.guards.values() if not guard.requirement]
    frozen = [line for state in law.states.values() for line in (*state.frozen, *state.frozen_keys)]
    bare += [line.path for line in frozen if not line.requirement]
    bare += [pair.message for pair in law.refusals if not pair.requirement]
    assert bare == []


def test_ids_are_recognised() -> None:
    text = "L-25/L-26, AMB-E14 and X-11; not UTF-8, ISO-88, L-255 or AMB-Z1"
    assert _ID.findall(text) == ["L-25", "L-26", "AMB-E14", "X-11"]
