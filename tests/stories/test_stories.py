"""Every story is told, and so is every page of the documentation that shows commands: README, tutorial, how-to."""

from pathlib import Path

import pytest

from tests.stories.story import ROOT, commands, fits, surprises

PAGES = sorted(
    page for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests" / "stories").glob("*.md"))
    if commands(page.read_text(encoding="utf-8"))
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_story_is_true(page: Path, tmp_path: Path) -> None:
    directory = tmp_path / "repository"
    directory.mkdir()
    found = list(surprises(page.read_text(encoding="utf-8"), directory))
    assert not found, f"\n{page.relative_to(ROOT)}\n" + "\n\n".join(map(str, found))


def test_the_readme_tells_a_story() -> None:
    assert ROOT / "README.md" in PAGES


# The runner itself: a story that is untrue must be noticed.


@pytest.mark.parametrize(
    ("expected", "printed", "true"),
    [
        (["one", "two"], "one\ntwo\n", True),
        (["one", "two"], "one\n", False),
        (["one"], "one\ntwo\n", False),
        (["…", "two"], "two\n", True),
        (["…", "two"], "zero\none\ntwo\n", True),
        (["one", "…"], "one\n", True),
        (["one", "…", "three"], "one\n", False),
        (["sha256:… ok"], "sha256:abc ok\n", True),
        (["sha256:… ok"], "sha256:abc\n ok\n", False),
        (["a.c"], "abc\n", False),
        ([], "", True),
        ([], "something\n", False),
    ],
)
def test_output_is_held_against_the_lines(expected: list[str], printed: str, true: bool) -> None:
    assert fits(expected, printed) is true


def test_a_wrong_line_and_a_wrong_exit_code_are_surprises(tmp_path: Path) -> None:
    kept = "$ x=3\n$ cat <<'EOF'\n> $x\n> EOF\n$x\n$ echo $x\n3\n"
    story = f"```console\n$ echo one\ntwo\n$ false\n$ false\n[exit 1]\n{kept}```\n"
    (tmp_path / "here").mkdir()
    found = list(surprises(story, tmp_path / "here"))
    assert [(one.command.line, one.printed, one.exit_code) for one in found] == [(2, "one\n", 0), (4, "", 1)]
