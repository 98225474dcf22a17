"""Stories: Markdown whose ```console blocks are run, and whose output is held against what stands there.

    $ muster plan --only LeadCampaign/solar      a command, run by bash; lines that begin with "> " continue it
    ! LeadCampaign/solar@2  published  blocked   what it prints, stdout and stderr together
        frozen-field [L-25] …                    … in a line stands for any text in it
    …                                            … as a whole line stands for any lines, also none
    [exit 4]                                     how it ends, where that is not 0

All blocks of a story are one session: directory, variables and files stay. It begins in an empty directory with copies
of `campaigns.d`, its `muster.yaml` and `examples`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_DOOR = Path(__file__).parent / "door.py"
_END = "\x1e"
"""Stands around each exit code in the session's output."""

_EXIT = re.compile(r"\[exit (\d+)\]")


@dataclass(slots=True)
class Command:
    """One command of a story, with the line it stands on."""

    line: int
    text: str
    expected: list[str] = field(default_factory=list)
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Surprise:
    """A command that did not print what the story says."""

    command: Command
    printed: str
    exit_code: int

    def __str__(self) -> str:
        told = "\n".join(self.command.expected)
        return (
            f"line {self.command.line}: $ {self.command.text}\n"
            f"--- the story says (exit {self.command.exit_code})\n{told}\n"
            f"--- it printed (exit {self.exit_code})\n{self.printed}"
        )


def commands(text: str) -> list[Command]:
    """The commands of a story, with what they are expected to print."""
    found: list[Command] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside:
            _take(found, number, line)
    return found


def _take(found: list[Command], number: int, line: str) -> None:
    if line.startswith("$ "):
        found.append(Command(number, line[2:]))
        return
    assert found, f"line {number}: output before the first command"
    last = found[-1]
    ended = _EXIT.fullmatch(line)
    if line.startswith("> ") or line == ">":
        last.text += "\n" + line[2:]
    elif ended:
        last.exit_code = int(ended[1])
    else:
        last.expected.append(line)


def surprises(text: str, directory: Path) -> Iterator[Surprise]:
    """Tell the story in `directory`, and yield every command that prints something else or ends otherwise."""
    told = commands(text)
    for command, (printed, code) in zip(told, _session(told, directory), strict=True):
        if code != command.exit_code or not fits(command.expected, printed):
            yield Surprise(command, printed, code)


def fits(expected: list[str], printed: str) -> bool:
    """Whether the output is what the lines say; spaces at the ends of lines and empty lines at the end do not count."""
    lines = [line.rstrip() for line in printed.rstrip().splitlines()]
    while expected and not expected[-1].strip():
        expected = expected[:-1]
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else _line(line) for line in expected)
    return re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None


def _line(line: str) -> str:
    return "[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + "\n"


def _session(told: list[Command], directory: Path) -> list[tuple[str, int]]:
    """What each command prints and its exit code: one bash session in `directory`."""
    for name in ("campaigns.d", "examples"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns(".muster"))
    shutil.copy(ROOT / "muster.yaml", directory)
    script = "exec 2>&1\n" + "".join(f"{one.text}\nprintf '{_END}%s{_END}' $?\n" for one in told)
    done = subprocess.run(
        ["bash", "-c", script], cwd=directory, env=_environment(directory), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    parts = done.stdout.decode().split(_END)
    return [(parts[at], int(parts[at + 1])) for at in range(0, len(parts) - 1, 2)]


def _environment(directory: Path) -> dict[str, str]:
    programs = directory.parent / f"{directory.name}-bin"
    programs.mkdir()
    muster = programs / "muster"
    muster.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_DOOR}" "$@"\n', encoding="utf-8")
    muster.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "GIT_"))}
    path = f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, "MUSTER_ACTOR": "dana", "NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
