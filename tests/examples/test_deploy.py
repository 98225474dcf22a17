"""The examples for machines: a systemd unit and a Dockerfile, as far as they can be tried without either at work."""

import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from zipfile import ZipFile

import pytest

from reconciler.commands import VERBS, module_name
from tests.examples.runner import ROOT

UNIT = ROOT / "examples/deploy/muster-watch.service"
DOCKERFILE = ROOT / "examples/deploy/Dockerfile"


def unit(text: str = "") -> dict[str, dict[str, str]]:
    """A unit, by section and key, that of the daemon unless told otherwise; a key that stands twice has its last value."""
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text or UNIT.read_text(encoding="utf-8"))
    return {name: dict(parser[name]) for name in parser.sections()}


def unit_of_the_manual() -> str:
    """That of the dashboard."""
    (found,) = re.findall(r"(?sm)^```ini\n(.*?)^```", (ROOT / "docs/how-to/open-the-dashboard.md").read_text("utf-8"))
    return str(found)


def test_the_unit_runs_the_daemon_without_rights() -> None:
    service = unit()["Service"]
    words = service["ExecStart"].split()
    assert words[0] == "/opt/muster/bin/muster"
    assert words[3:] == ["watch", "--git", "${MUSTER_GIT}", "--branch", "main", "--listen", "127.0.0.1:9464"]
    assert service["CapabilityBoundingSet"] == "" and service["NoNewPrivileges"] == "yes"
    assert service["DynamicUser"] == "yes" and service["ProtectSystem"] == "strict"
    assert service["KillSignal"] == "SIGTERM" and int(service["TimeoutStopSec"]) >= 60
    assert "MUSTER_STORE" not in service.get("Environment", ""), "what may hold a password stands in a file of root's"


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        (UNIT.name, UNIT.read_text("utf-8"), "/opt/muster/bin/muster"),
        ("muster-serve.service", unit_of_the_manual(), "/usr/local/bin/muster"),
    ],
    ids=["watch", "serve"],
)
def test_systemd_takes_the_unit(tmp_path: Path, name: str, text: str, program: str) -> None:
    """By systemd's own judgement where there is one; what it would complain of first is held by hand everywhere."""
    known = {"Unit", "Service", "Install"}
    assert unit(text).keys() == known
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", key) for section in unit(text).values() for key in section)
    if shutil.which("systemd-analyze") is None:
        return
    copy = tmp_path / name
    assert f"ExecStart={program} " in text
    copy.write_text(text.replace(program, sys.executable), encoding="utf-8")
    assert complaints(copy) == []
    copy.write_text(copy.read_text("utf-8").replace("ProtectSystem=", "ProtectSystm="), encoding="utf-8")
    assert "ProtectSystm" in "".join(complaints(copy)), "it would have said so"


def complaints(file: Path) -> list[str]:
    """What systemd says of this unit, and not of the machine's own."""
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if file.name in line]


def test_the_dashboard_may_write_where_it_writes() -> None:
    """Under `strict` nothing else is writable: not /tmp either, where a branch is put together."""
    service = unit(unit_of_the_manual())["Service"]
    assert (service["ProtectSystem"], service["PrivateTmp"]) == ("strict", "yes")
    assert service["ReadWritePaths"] == service["WorkingDirectory"], (
        "the store lies in the project unless told otherwise"
    )
    assert service["ExecStart"].split()[1:] == ["serve"]


def test_hadolint_has_nothing_to_say(tmp_path: Path) -> None:
    assert linted(DOCKERFILE) == ""
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nRUN cd /tmp && sudo apt-get install git\n", encoding="utf-8")
    assert "DL3006" in linted(bad)


def linted(file: Path) -> str:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([str(program), "--no-color", str(file)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_image_is_two_stages_and_nobody_s_root() -> None:
    lines = DOCKERFILE.read_text("utf-8").splitlines()
    assert sum(line.startswith("FROM ${PYTHON}") for line in lines) == 2
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"] and "--uid 10001" in "\n".join(lines)
    assert lines.index(users[0]) > max(n for n, line in enumerate(lines) if line.startswith("RUN "))
    assert re.search(r"^ARG PYTHON=python:\d+\.\d+\.\d+-slim-[a-z]+$", "\n".join(lines), re.MULTILINE), "pinned"


def test_what_is_copied_is_enough_to_install(tmp_path: Path) -> None:
    """The step of the build stage, for real: the package is built from the files that the image gets, and those alone."""
    source, wheels = tmp_path / "src", tmp_path / "wheels"
    source.mkdir()
    for names in re.findall(r"^COPY (?!--from)(.+) \./.*$", DOCKERFILE.read_text("utf-8"), re.MULTILINE):
        for name in names.split():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.glob("*.whl")
    inside = set(ZipFile(wheel).namelist())
    assert "reconciler/views/plan.schema.json" in inside
    assert {f"{module_name(verb).replace('.', '/')}.py" for verb in VERBS} <= inside
    assert sum(name.endswith("/kind.yaml") for name in inside) == len(
        list((ROOT / "reconciler/kinds").rglob("kind.yaml"))
    )


@pytest.mark.parametrize("file", [UNIT, DOCKERFILE], ids=lambda file: file.name)
def test_examples_name_no_real_host(file: Path) -> None:
    hosts = re.findall(r"(?:https?|ssh|postgresql)://(?:[\w.-]+@)?([\w.-]+)", file.read_text("utf-8"))
    assert all(host.endswith("example.com") for host in hosts)
