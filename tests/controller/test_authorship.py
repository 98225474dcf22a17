"""The commit that an event names: the one that last changed what its manifest says (docs/adr/0019)."""

import os
import shutil
from pathlib import Path

import pytest

from reconciler.app import App
from reconciler.model.authorship import Authorship
from reconciler.model.ref import Ref
from tests.repository import Git, begun
from tests.world import World

SOLAR, WIND = Ref("SuppressionList", "solar"), Ref("SuppressionList", "wind")


def suppression(name: str, description: str = "", tail: str = "") -> str:
    said = f'spec: {{description: "{description}"}}\n' if description else ""
    return f"apiVersion: muster/v1\nkind: SuppressionList\nmetadata: {{name: {name}}}\n{said}{tail}"


def who(root: Path, *refs: Ref) -> dict[Ref, Authorship]:
    """What is known of these manifests of the tree at `root`; of all where none is named."""
    app = App.open(root)
    try:
        gatherer = app.reconciler().gatherer
        return dict(gatherer.authorship(refs or gatherer.library.catalog.manifests))
    finally:
        app.close()


def commit_of(root: Path, ref: Ref = SOLAR) -> str:
    found = who(root, ref)[ref]
    assert not found.or_earlier
    assert bool(found.commit) is not found.uncommitted
    return found.commit


@pytest.fixture
def git(world: World) -> Git:
    world.write("../.gitignore", ".muster/\n")
    return begun(world.root)


def test_outside_git_nobody_is_named(world: World) -> None:
    world.write("a.yaml", suppression("solar"))
    assert who(world.root) == {}
    world.apply()
    assert not {"commit", "author", "uncommitted"} & world.events("SuppressionList/solar")[0].body.keys()


def test_author_and_date_are_those_of_the_commit(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    first = git.commit("Add", author="Ann Dée")
    git.commit("Nothing", author="Bob")
    assert who(world.root)[SOLAR] == Authorship(first, "Ann Dée <ann dée@example.com>", "2026-01-01T00:01:00Z")


@pytest.mark.parametrize(
    "text",
    [
        suppression("solar", "x") + "# a comment\n",
        "# above\n" + suppression("solar", "x"),
        'spec:\n  "description": x\nkind: SuppressionList\nmetadata:\n    name: solar\napiVersion: "muster/v1"\n',
        suppression("solar", "x") + "---\n" + suppression("wind"),
        suppression("wind") + "---\n" + suppression("solar", "x"),
        suppression("solar", "x", "state: present\n"),
    ],
    ids=["comment", "comment-above", "order-of-keys", "another-behind", "another-before", "default-spelled-out"],
)
def test_what_does_not_change_its_meaning_does_not_count(world: World, git: Git, text: str) -> None:
    world.write("a.yaml", suppression("solar", "x"))
    first = git.commit("Add")
    world.write("a.yaml", text)
    git.commit("Look different")
    assert commit_of(world.root) == first


@pytest.mark.parametrize(
    "text",
    [
        suppression("solar", "y"),
        suppression("solar"),
        suppression("solar", "x", "state: deleted\n"),
        suppression("solar", "x").replace("solar}", "solar, labels: {team: a}}"),
    ],
    ids=["spec", "less", "state", "labels"],
)
def test_what_changes_its_meaning_counts(world: World, git: Git, text: str) -> None:
    world.write("a.yaml", suppression("solar", "x"))
    git.commit("Add")
    world.write("a.yaml", text)
    second = git.commit("Change")
    world.write("b.yaml", suppression("wind"))
    git.commit("Something else")
    assert commit_of(world.root) == second


def test_each_document_of_a_file_has_its_own(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar") + "---\n" + suppression("wind"))
    first = git.commit("Add")
    world.write("a.yaml", suppression("solar") + "---\n" + suppression("wind", "y"))
    second = git.commit("Change wind")
    assert {ref: one.commit for ref, one in who(world.root).items()} == {SOLAR: first, WIND: second}


def test_changed_and_changed_back_is_a_change(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar", "x"))
    git.commit("Add")
    world.write("a.yaml", suppression("solar", "y"))
    git.commit("Change")
    world.write("a.yaml", suppression("solar", "x"))
    assert commit_of(world.root) == ""
    third = git.commit("Change back")
    assert commit_of(world.root) == third


def test_a_moved_file_is_followed(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    first = git.commit("Add")
    (world.manifests / "deep").mkdir()
    (world.manifests / "a.yaml").rename(world.manifests / "deep/b.yaml")
    git.commit("Move")
    world.write("all.yaml", suppression("wind") + "---\n" + suppression("solar") + "# moved\n")
    (world.manifests / "deep/b.yaml").unlink()
    git.commit("Move into another file, and add another")
    assert commit_of(world.root) == first
    assert commit_of(world.root, WIND) == git.head


def test_a_name_given_up_and_taken_by_another_is_new(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("wind"))
    git.commit("Add")
    world.write("a.yaml", suppression("solar"))
    assert commit_of(world.root) == ""
    assert git.commit("Rename") == commit_of(world.root)


def test_a_merge_leads_to_the_commit_that_it_brought(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    world.write("b.yaml", suppression("wind"))
    git.commit("Add")
    git("checkout", "-q", "-b", "branch")
    world.write("a.yaml", suppression("solar", "of the branch"))
    second = git.commit("Change solar", author="Bob")
    git("checkout", "-q", "main")
    world.write("b.yaml", suppression("wind", "of main"))
    third = git.commit("Change wind", author="Cleo")
    merge = git.merge("branch")
    assert {ref: one.commit for ref, one in who(world.root).items()} == {SOLAR: second, WIND: third}
    assert merge not in (second, third)


def test_a_merge_that_says_something_of_its_own_is_to_blame_itself(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    git.commit("Add")
    git("checkout", "-q", "-b", "branch")
    world.write("a.yaml", suppression("solar", "of the branch"))
    git.commit("Change")
    git("checkout", "-q", "main")
    world.write("a.yaml", suppression("solar", "of main"))
    git.commit("Change too")
    git.merge("branch", ours=True)
    world.write("a.yaml", suppression("solar", "of neither"))
    git("commit", "-q", "-a", "--amend", "--no-edit")
    assert commit_of(world.root) == git.head


def test_a_merge_that_keeps_ours_leads_to_ours(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    git.commit("Add")
    git("checkout", "-q", "-b", "branch")
    world.write("a.yaml", suppression("solar", "of the branch"))
    git.commit("Change")
    git("checkout", "-q", "main")
    world.write("a.yaml", suppression("solar", "of main"))
    ours = git.commit("Change too")
    git.merge("branch", ours=True)
    assert commit_of(world.root) == ours


def test_what_is_not_committed_is_said_to_be_so(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    git.commit("Add")
    world.write("a.yaml", suppression("solar", "y"))
    world.write("b.yaml", suppression("wind"))
    assert set(who(world.root).values()) == {Authorship(uncommitted=True)}
    world.apply()
    body = world.events("SuppressionList/solar")[0].body
    assert body["uncommitted"] is True
    assert "commit" not in body
    found = world.resource("SuppressionList/solar")
    assert found is not None
    assert found.commit == ""


def test_what_only_looks_different_is_committed(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    first = git.commit("Add")
    world.write("a.yaml", "# not committed\n" + suppression("solar"))
    assert commit_of(world.root) == first


TEMPLATE = """
    apiVersion: muster/v1
    kind: Template
    metadata: {name: hello}
    spec: {subject: Hello, text: {file: hello.txt}}
    """
HELLO = Ref("Template", "hello")


def test_a_file_whose_content_counts(world: World, git: Git) -> None:
    world.write("hello.yaml", TEMPLATE)
    world.write("hello.txt", "Hello!")
    git.commit("Add")
    world.write("hello.txt", "Good day!")
    assert commit_of(world.root, HELLO) == ""
    second = git.commit("Say it otherwise")
    world.write("other.txt", "Nobody names it")
    git.commit("Something else")
    assert commit_of(world.root, HELLO) == second
    world.write("deep/hello.yaml", TEMPLATE)
    (world.manifests / "hello.yaml").unlink()
    (world.manifests / "hello.txt").rename(world.manifests / "deep/hello.txt")
    git.commit("Move both")
    assert commit_of(world.root, HELLO) == second


def test_a_moved_manifest_that_finds_another_text_beside_it(world: World, git: Git) -> None:
    world.write("hello.yaml", TEMPLATE)
    world.write("hello.txt", "Hello!")
    world.write("deep/hello.txt", "Good day!")
    git.commit("Add")
    (world.manifests / "hello.yaml").rename(world.manifests / "deep/hello.yaml")
    assert commit_of(world.root, HELLO) == ""
    assert git.commit("Move") == commit_of(world.root, HELLO)


def test_a_history_that_today_would_not_be_read(world: World, git: Git) -> None:
    world.write("a.yaml", "{{{ not yaml")
    git.commit("Broken")
    world.write("a.yaml", b"\xff\xfe\x00".decode("latin-1"))
    git.commit("Broken otherwise")
    world.write("a.yaml", suppression("solar", "x", "nonsense: true\n"))
    git.commit("A key that does not exist")
    world.write("a.yaml", suppression("solar", "x"))
    mended = git.commit("Mend")
    world.write("a.yaml", "kind: [\n")
    world.write("b.yaml", suppression("solar", "x"))
    git.commit("Break it again, elsewhere")
    (world.manifests / "a.yaml").unlink()
    git.commit("Remove")
    assert commit_of(world.root) == mended


def test_a_project_below_the_top_with_odd_names(tmp_path: Path, git: Git, world: World) -> None:
    project = world.root / "a sub folder"
    names = [
        "-rf.yaml",
        'qu"ote.yaml',
        "spa ce.yaml",
        "tab\there.yaml",
        "new\nline.yaml",
        "ünïcode.yaml",
        ":(top)x.yaml",
    ]
    (project / "campaigns.d").mkdir(parents=True)
    commits = {}
    for number, name in enumerate(names):
        (project / "campaigns.d" / name).write_text(suppression(f"list-{number}"), encoding="utf-8")
        commits[Ref("SuppressionList", f"list-{number}")] = git.commit(f"Add {number}")
    Path(os.fsdecode(os.fsencode(world.root) + b"/\xff.yaml")).write_text("nobody reads it", encoding="utf-8")
    git.commit("A name that is not UTF-8")
    assert {ref: one.commit for ref, one in who(project).items()} == commits


def test_a_file_that_is_reached_by_a_link(world: World, git: Git) -> None:
    world.write("deep/a.txt", suppression("solar"))
    (world.manifests / "a.yaml").symlink_to("deep/a.txt")
    first = git.commit("Add")
    world.write("deep/a.txt", suppression("solar") + "# more\n")
    git.commit("A comment")
    assert commit_of(world.root) == first


def test_a_text_that_is_reached_by_a_link(world: World, git: Git) -> None:
    world.write("hello.yaml", TEMPLATE)
    world.write("deep/text", "Hello!")
    (world.manifests / "hello.txt").symlink_to("deep/text")
    git.commit("Add")
    world.write("deep/text", "Good day!")
    assert commit_of(world.root, HELLO) == ""
    assert git.commit("Say it otherwise") == commit_of(world.root, HELLO)


def test_a_file_that_has_become_a_link_since_its_commit(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    world.write("deep/a.txt", suppression("solar", "x"))
    git.commit("Add")
    (world.manifests / "a.yaml").unlink()
    (world.manifests / "a.yaml").symlink_to("deep/a.txt")
    assert commit_of(world.root) == git.head, "git has what the link leads to"
    world.write("deep/a.txt", suppression("solar", "y"))
    assert commit_of(world.root) == ""


def test_links_among_many_files(world: World, git: Git) -> None:
    for number in range(300):
        world.write(f"list-{number}.yaml", suppression(f"list-{number}"))
    world.write("deep/a.txt", suppression("solar"))
    (world.manifests / "a.yaml").symlink_to("deep/a.txt")
    first = git.commit("Add")
    world.write("deep/a.txt", suppression("solar", "x"))
    second = git.commit("Change one")
    found = who(world.root)
    assert found.pop(SOLAR).commit == second
    assert {one.commit for one in found.values()} == {first}


def test_a_shallow_clone_says_that_it_may_have_been_earlier(tmp_path: Path, world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    world.write("b.yaml", suppression("wind"))
    git.commit("Add")
    world.write("c.yaml", suppression("other"))
    git.commit("Something else")
    world.write("b.yaml", suppression("wind", "y"))
    third = git.commit("Change wind")
    clone = tmp_path / "clone"
    git("clone", "-q", "--depth", "2", f"file://{world.root}", str(clone))
    found = who(clone)
    assert found[WIND] == Authorship(third, "Ann <ann@example.com>", "2026-01-01T00:03:00Z")
    assert found[SOLAR].or_earlier
    assert found[SOLAR].commit == git("rev-parse", "HEAD~1")


def test_the_event_names_it_and_a_timer_leaves_it(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar", "x"))
    git.commit("Add")
    world.write("a.yaml", suppression("solar", "y"))
    second = git.commit("Change", author="Bob")
    world.write("b.yaml", suppression("wind"))
    git.commit("Something else")
    world.apply()
    body = world.events("SuppressionList/solar")[0].body
    assert (body["commit"], body["author"]) == (second, "Bob <bob@example.com>")
    assert body["authored"] == "2026-01-01T00:02:00Z"
    found = world.resource("SuppressionList/solar")
    assert found is not None
    assert found.commit == second


def test_a_repository_that_has_lost_its_objects_stops_no_apply(world: World, git: Git) -> None:
    world.write("a.yaml", suppression("solar"))
    git.commit("Add")
    head = git.head
    shutil.rmtree(world.root / ".git/objects")
    (world.root / ".git/objects").mkdir()
    (world.root / ".git/refs/heads/main").write_text(head + "\n")
    outcome = world.apply()
    assert outcome.steps == 1
    assert "commit" not in world.events("SuppressionList/solar")[0].body
