"""Writing manifests from the command line: init, new, new-version, duplicate, fmt, completion."""

import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.commands import run
from reconciler.commands.completion import SHELLS, script
from reconciler.model.diagnostic import has_errors
from reconciler.source.definitions import load_kinds
from reconciler.source.example import SETTINGS
from reconciler.source.project import read_project
from reconciler.source.project_file import PROJECT_SCHEMA
from reconciler.source.reader import ManifestReader
from reconciler.source.starter import start
from reconciler.source.strict_yaml import read_documents

REPOSITORY = Path(__file__).parents[2]
KINDS, _ = load_kinds([REPOSITORY / "examples" / "own-kind" / "kinds"], REPOSITORY)
Cli = Callable[..., int]

SOLAR = """\
# Version 1 asks about the roof.
apiVersion: muster/v1
kind: LeadCampaign
metadata: {name: solar, labels: {team: growth}}   # ours
state: published   # since March
# the board decided this
schedule:
  timezone: Europe/Amsterdam
  entries:
    - {at: 2027-02-01T08:00, state: sundowned}
spec:
  # people see this
  title:   'Solar quotes'
"""
SPRING = """\
apiVersion: muster/v1
kind: EmailCampaign
metadata:
  name: spring   # its name
  movedFrom: winter
state: cancelled
archived: true
spec:
  content: {template: spring}
  tracking: {opens: true}   # agreed with legal
---
# A text beside this file.
apiVersion: muster/v1
kind: Template
metadata: {name: spring}
spec: {text: {file: spring.txt}}
"""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line in a repository with two campaigns."""
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    folder = tmp_path / "campaigns.d" / "team"
    folder.mkdir(parents=True)
    (folder / "solar.yaml").write_text(SOLAR)
    (folder / "spring.yaml").write_text(SPRING)
    (folder / "spring.txt").write_text("Hello")
    return lambda *words: run(["-C", str(tmp_path), *words])


def files(root: Path) -> dict[str, bytes]:
    seen = (one for one in root.rglob("*") if one.is_file() and ".muster" not in one.parts)
    return {one.relative_to(root).as_posix(): one.read_bytes() for one in seen}


def changed_lines(before: str, after: str) -> list[str]:
    """What went, then what came, each in the order of the file."""
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    return sorted(lines, key=lambda line: "-+".index(line[0]))


def test_new_version_changes_only_what_it_must(cli: Cli, tmp_path: Path) -> None:
    assert cli("new-version", "LeadCampaign/solar") == 0
    written = (tmp_path / "campaigns.d/team/solar-v2.yaml").read_text()
    assert changed_lines(SOLAR, written) == [
        "- metadata: {name: solar, labels: {team: growth}}   # ours",
        "- state: published   # since March",
        "- schedule:",
        "-   timezone: Europe/Amsterdam",
        "-   entries:",
        "-     - {at: 2027-02-01T08:00, state: sundowned}",
        "+ metadata: {name: solar, version: 2, labels: {team: growth}}   # ours",
        "+ state: draft   # since March",
        "+   basedOn: {version: 1}",
    ]
    assert cli("validate") == 0


def test_the_next_version_follows_the_highest_and_is_based_on_the_one_named(cli: Cli, tmp_path: Path) -> None:
    assert cli("new-version", "LeadCampaign/solar") == cli("new-version", "LeadCampaign/solar") == 0
    assert "version: 3" in (tmp_path / "campaigns.d/team/solar-v3.yaml").read_text()
    assert "basedOn: {version: 2}" in (tmp_path / "campaigns.d/team/solar-v3.yaml").read_text()
    assert cli("new-version", "LeadCampaign/solar@1") == 0
    assert "basedOn: {version: 1}" in (tmp_path / "campaigns.d/team/solar-v4.yaml").read_text()


def test_a_version_that_the_store_remembers_is_not_free(cli: Cli, tmp_path: Path) -> None:
    second = tmp_path / "campaigns.d/team/solar-v2.yaml"
    (tmp_path / "campaigns.d/team/solar.yaml").write_text(SOLAR.replace("published", "draft").replace("2027", "2099"))
    assert cli("new-version", "LeadCampaign/solar") == 0
    assert cli("apply", "--yes", "--only", "LeadCampaign/solar@2") in (0, 4)
    second.unlink()
    assert cli("new-version", "LeadCampaign/solar") == 0
    assert not second.exists()
    assert (tmp_path / "campaigns.d/team/solar-v3.yaml").exists()


def test_a_file_in_the_place_is_not_overwritten(cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "campaigns.d/team/solar-v2.yaml").write_text(SOLAR.replace("name: solar", "name: other"))
    before = files(tmp_path)
    assert cli("new-version", "LeadCampaign/solar") == 64
    assert "campaigns.d/team/solar-v2.yaml exists" in capsys.readouterr().err
    assert files(tmp_path) == before


def test_stdout_writes_no_file(cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(tmp_path)
    assert cli("new-version", "LeadCampaign/solar", "--stdout") == 0
    assert capsys.readouterr().out.startswith("# Version 1 asks about the roof.\napiVersion: muster/v1\n")
    assert files(tmp_path) == before


def test_duplicate_takes_one_document_of_many_and_drops_what_was_its_life(cli: Cli, tmp_path: Path) -> None:
    assert cli("duplicate", "EmailCampaign/spring") == 0
    written = (tmp_path / "campaigns.d/team/spring-copy.yaml").read_text()
    assert changed_lines(SPRING.partition("---\n")[0], written) == [
        "-   name: spring   # its name",
        "-   movedFrom: winter",
        "- state: cancelled",
        "- archived: true",
        "+   name: spring-copy   # its name",
        "+ state: draft",
        "+   basedOn: {name: spring, version: 1}",
    ]
    assert cli("duplicate", "EmailCampaign/spring") == cli("duplicate", "EmailCampaign/spring", "--name", "summer") == 0
    assert {"spring-copy-2.yaml", "summer.yaml"} <= {one.name for one in (tmp_path / "campaigns.d/team").iterdir()}
    assert (tmp_path / "campaigns.d/team/spring.yaml").read_text() == SPRING
    assert cli("validate") == 0


def test_a_copy_of_a_version_starts_at_the_first(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "campaigns.d/team/solar.yaml").write_text(SOLAR.replace("name: solar,", "name: solar, version: 2,"))
    assert cli("duplicate", "LeadCampaign/solar@2") == 0
    written = (tmp_path / "campaigns.d/team/solar-copy.yaml").read_text()
    assert "metadata: {name: solar-copy, labels: {team: growth}}" in written
    assert "basedOn: {name: solar, version: 2}" in written


def test_crlf_becomes_lf_and_everything_else_stays(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "campaigns.d/team/solar.yaml").write_bytes(b"\xef\xbb\xbf" + SOLAR.replace("\n", "\r\n").encode())
    assert cli("new-version", "LeadCampaign/solar") == 0
    written = (tmp_path / "campaigns.d/team/solar-v2.yaml").read_bytes()
    assert b"\r" not in written
    assert written.startswith(b"# Version 1 asks about the roof.\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["new-version", "LeadCampaign/sola"], "did you mean 'LeadCampaign/solar'?", id="unknown ref"),
        pytest.param(["duplicate", "EmailCampain/spring"], "did you mean 'EmailCampaign/spring'?", id="unknown kind"),
        pytest.param(["new-version", "LeadCampaign/solar@7"], "there are LeadCampaign/solar@1", id="unknown version"),
        pytest.param(["new-version", "solar"], "'solar' is not a ref", id="no ref"),
        pytest.param(
            ["new-version", "EmailCampaign/spring"],
            "`muster duplicate EmailCampaign/spring@1`",
            id="not versioned",
        ),
        pytest.param(["duplicate", "Template/spring"], "`muster new Template NAME`", id="not a campaign"),
        pytest.param(
            ["duplicate", "EmailCampaign/spring", "--name", "spring"],
            "exists, or existed once",
            id="name taken",
        ),
        pytest.param(["duplicate", "EmailCampaign/spring", "--name", "No Good"], "is not a name", id="not a name"),
        pytest.param(
            ["duplicate", "EmailCampaign/spring", "--out", "x.txt"],
            ".yaml or .yml",
            id="not a manifest file",
        ),
        pytest.param(["new", "Template", "x", "--out", "../x.yaml"], "no plan would read it", id="outside"),
        pytest.param(["new", "EmailCampain", "x"], "did you mean 'EmailCampaign'?", id="new, unknown kind"),
        pytest.param(["new", "EmailCampaign", "X"], "'X' is not a name", id="new, not a name"),
        pytest.param(["new", "Template", "spring"], "Template/spring@1 exists", id="new, ref taken"),
        pytest.param(
            ["new", "Template", "x", "--out", "campaigns.d/team/spring.yaml"],
            "left as it is",
            id="new, file taken",
        ),
    ],
)
def test_what_cannot_be_is_a_usage_error_with_a_way_out(
    cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    before = files(tmp_path)
    assert cli(*words) == 64
    assert says in capsys.readouterr().err
    assert files(tmp_path) == before


def test_an_anchor_in_the_way_writes_nothing(cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SOLAR.replace("name: solar", "name: &name solar").replace("'Solar quotes'", "*name")
    (tmp_path / "campaigns.d/team/solar.yaml").write_text(text)
    before = files(tmp_path)
    assert cli("duplicate", "LeadCampaign/solar") == 1
    assert "an anchor or alias may be in the way" in capsys.readouterr().err
    assert files(tmp_path) == before
    assert cli("new-version", "LeadCampaign/solar") == 0  # the name stays here, and the anchor with it
    assert "name: &name solar, version: 2" in (tmp_path / "campaigns.d/team/solar-v2.yaml").read_text()


def test_a_broken_file_may_hide_a_version_so_nothing_is_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "campaigns.d/team/solar-2027.yaml").write_text("kind: [\n")
    before = files(tmp_path)
    assert cli("new-version", "LeadCampaign/solar") == 3
    assert files(tmp_path) == before


def test_a_copy_elsewhere_must_find_the_files_it_names(
    cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = "apiVersion: muster/v1\nkind: Talk\nmetadata: {name: t}\nstate: draft\nspec: {slides: a.txt}\n"
    kind = tmp_path / "kinds" / "talk"
    kind.mkdir(parents=True)
    (kind / "kind.yaml").write_text(
        "kind: Talk\nrole: campaign\nsummary: a talk\nstates: {draft: {initial: true}, held: {final: true}}\n"
        "transitions: [{event: hold, from: draft, to: held}]\n"
    )
    (kind / "schema.json").write_text(
        '{"type": "object", "additionalProperties": false,'
        ' "properties": {"slides": {"type": "string", "x-file": "content"}}}'
    )
    (tmp_path / "muster.yaml").write_text("kinds: [kinds]\n")
    (tmp_path / "campaigns.d/team/t.yaml").write_text(talk)
    (tmp_path / "campaigns.d/team/a.txt").write_text("slides")
    assert cli("duplicate", "Talk/t", "--out", "campaigns.d/copy.yaml") == 64
    assert "'a.txt' does not exist" in capsys.readouterr().err
    assert cli("duplicate", "Talk/t") == 0
    assert "basedOn" not in (tmp_path / "campaigns.d/team/t-copy.yaml").read_text()  # its schema has no place for it


@pytest.mark.parametrize("name", KINDS.table)
def test_new_gives_a_valid_manifest_of_every_kind(name: str, cli: Cli, tmp_path: Path) -> None:
    text = start(KINDS.table[name], "first-one")
    reading = ManifestReader(KINDS, None).read(text.encode(), "x.yaml")
    assert not reading.diagnostics
    assert [(one.ref.kind, one.ref.name) for one in reading.manifests] == [(name, "first-one")]
    if name not in KINDS.own:
        assert cli("new", name, "first-one") == 0
        assert (tmp_path / "campaigns.d/first-one.yaml").read_text() == text


@pytest.mark.parametrize("name", KINDS.table)
def test_every_option_of_a_new_manifest_can_be_taken(name: str) -> None:
    text = start(KINDS.table[name], "first-one")
    lines = text.splitlines()
    options = [number for number, line in enumerate(lines) if re.match(r" *#\S", line)]
    assert options
    for number in options:
        taken = [line.replace("#", "", 1) if at == number else line for at, line in enumerate(lines)]
        reading = ManifestReader(KINDS, None).read("\n".join(taken).encode(), "x.yaml")
        assert not has_errors(reading.diagnostics), (taken[number], reading.diagnostics)
        assert len(read_documents("\n".join(taken).encode())[0].value) >= 4


def test_new_says_where_a_placeholder_names_another_resource() -> None:
    assert "`muster new RecipientList my-recipient-list`" in start(KINDS.table["Segment"], "first-one")


def test_new_makes_one_settings_manifest_only(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("new", "CollectionSettings", "ours") == 0
    assert cli("new", "CollectionSettings", "theirs") == 64
    assert "one manifest of this kind" in capsys.readouterr().err


def test_init_gives_a_repository_that_validates_and_is_laid_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = str(tmp_path / "new")
    assert run(["init", there]) == 0
    assert "muster -C" in capsys.readouterr().out
    assert run(["-C", there, "validate"]) == run(["-C", there, "fmt", "--check"]) == 0
    assert (tmp_path / "new/.gitignore").read_text() == ".muster/\n"


def test_init_leaves_what_is_there(cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "muster.yaml").write_text("timezone: UTC\n")
    (tmp_path / ".gitignore").write_text("build/")
    before = files(tmp_path)
    assert cli("init") == 0
    assert files(tmp_path) == {**before, ".gitignore": b"build/\n.muster/\n"}
    assert cli("init") == 0
    assert files(tmp_path)[".gitignore"] == b"build/\n.muster/\n"
    assert "kept   muster.yaml" in capsys.readouterr().out


def test_the_settings_of_init_show_every_key_there_is(tmp_path: Path) -> None:
    options = SETTINGS.replace("\n#", "\n").replace("\n ", "\n# ")
    (tmp_path / "muster.yaml").write_text(options)
    (tmp_path / "kinds").mkdir()
    _, found = read_project(tmp_path)
    assert not found
    value = read_documents(options.encode())[0].value
    assert value.keys() == PROJECT_SCHEMA["properties"].keys()


def test_fmt_rewrites_once_and_check_only_tells(cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(tmp_path)
    assert cli("fmt", "--check") == 1
    assert capsys.readouterr().out == "campaigns.d/team/solar.yaml would be laid out\n"
    assert cli("fmt", "--diff") == 0
    assert "-  title:   'Solar quotes'\n+  title: 'Solar quotes'\n" in capsys.readouterr().out
    assert files(tmp_path) == before
    assert cli("fmt") == 0
    assert capsys.readouterr().out == "campaigns.d/team/solar.yaml laid out\n"
    assert cli("fmt", "--check") == cli("fmt") == 0


def test_fmt_reports_what_it_cannot_read_and_lays_out_the_rest(
    cli: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "campaigns.d/bad.yaml").write_text("a: 1\na: 2\n")
    (tmp_path / "campaigns.d/odd.yaml").write_text("%YAML 1.2\n---\na:   1\n")
    assert cli("fmt") == 3
    shown = capsys.readouterr()
    assert "campaigns.d/bad.yaml:2:1" in shown.err
    assert "campaigns.d/odd.yaml is left as it is" in shown.err
    assert shown.out == "campaigns.d/team/solar.yaml laid out\n"
    assert (tmp_path / "campaigns.d/bad.yaml").read_text() == "a: 1\na: 2\n"


def test_the_real_campaigns_are_laid_out_and_fmt_keeps_their_plan(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "campaigns.d", tmp_path / "campaigns.d")
    before = files(tmp_path)
    assert run(["-C", str(tmp_path), "fmt", "--check"]) == 0
    for file in (tmp_path / "campaigns.d").rglob("*.yaml"):
        file.write_text(file.read_text().replace("\n", "  \r\n") if "|" not in file.read_text() else file.read_text())
    assert run(["-C", str(tmp_path), "fmt"]) == 0
    assert files(tmp_path) == before


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_the_script_of_the_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_muster_completion" in capsys.readouterr().out
    assert "_MUSTER_COMPLETE" in script(shell)


def test_completion_takes_the_shell_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert run(["completion"]) == 0
    assert capsys.readouterr().out.startswith("function _muster_completion")


def test_the_shell_is_given_the_verbs() -> None:
    asked = {"COMP_WORDS": "muster new", "COMP_CWORD": "1", "_MUSTER_COMPLETE": "bash_complete"}
    environment = {**os.environ, **asked}
    answer = subprocess.run(
        [sys.executable, "cli.py"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert {"plain,new", "plain,new-version"} <= {*answer.stdout.split()}
