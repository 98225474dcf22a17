"""Edits of one document as text, and the even layout of files."""

import difflib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.errors import MusterError
from reconciler.source.edit import Drop, Edit, Put, cut, edited, overwrite, render, unix, write_new
from reconciler.source.layout import Untidy, lay_out
from reconciler.source.strict_yaml import YamlProblem, read_documents

REPOSITORY = Path(__file__).parents[2]
MANIFESTS = sorted((REPOSITORY / "campaigns.d").rglob("*.yaml")) + sorted((REPOSITORY / "examples").rglob("*.yaml"))


def changed_lines(before: str, after: str) -> list[str]:
    """What went, then what came, each in the order of the file."""
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    return sorted(lines, key=lambda line: "-+".index(line[0]))


def value(text: str) -> object:
    return read_documents(text.encode())[0].value


BLOCK = """\
# Who reads this: growth.
kind: EmailCampaign
metadata:
    name:   spring      # the name
    # labels say who owns it
    labels: {team:  growth}
    movedFrom: winter   # until 2026
state:    running       # since March
# the board decided the dates
schedule:
  entries:
  - {at: x, state: running}
# everything below was reviewed
spec:                   # by legal
  # people see this
  title: 'It''s spring'
  text: |
    one

    two

"""


def test_only_the_edited_lines_change_and_comments_stay() -> None:
    edits = [
        Put(("metadata", "name"), "spring-copy"),
        Put(("metadata", "version"), 2, after="name"),
        Put(("state",), "draft", after="metadata"),
        Drop(("schedule",)),
        Drop(("metadata", "movedFrom")),
        Put(("spec", "basedOn", "name"), "spring"),
        Put(("spec", "basedOn", "version"), 1, after="name"),
    ]
    assert changed_lines(BLOCK, edited(BLOCK, edits)) == [
        "-     name:   spring      # the name",
        "-     movedFrom: winter   # until 2026",
        "- state:    running       # since March",
        "- schedule:",
        "-   entries:",
        "-   - {at: x, state: running}",
        "+     name:   spring-copy      # the name",
        "+     version: 2",
        "+ state:    draft       # since March",
        "+   basedOn: {name: spring, version: 1}",
    ]


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        pytest.param(
            "m: {name: x, version: 2} # c\n",
            Put(("m", "version"), 3),
            "m: {name: x, version: 3} # c\n",
            id="flow value",
        ),
        pytest.param(
            "m: {name: x}\n",
            Put(("m", "version"), 3, "name"),
            "m: {name: x, version: 3}\n",
            id="flow, behind",
        ),
        pytest.param("m: {name: x}\n", Put(("m", "a"), 1), "m: {a: 1, name: x}\n", id="flow, first"),
        pytest.param("m: { name: x }\n", Put(("m", "a"), 1), "m: { a: 1, name: x }\n", id="flow with spaces"),
        pytest.param("m: {}\n", Put(("m", "a"), 1), "m: {a: 1}\n", id="empty flow"),
        pytest.param("m:\n", Put(("m", "a"), 1), "m: {a: 1}\n", id="null"),
        pytest.param("k: 1", Put(("m", "a"), "b"), "k: 1\nm: {a: b}\n", id="absent, no newline at the end"),
        pytest.param(
            "m:\n    # c\n    b: 1\n",
            Put(("m", "a"), 1),
            "m:\n    a: 1\n    # c\n    b: 1\n",
            id="above a comment",
        ),
        pytest.param(
            "t: |\n  x\n\n# c\nk: 1\n",
            Put(("z",), 1, "t"),
            "t: |\n  x\nz: 1\n\n# c\nk: 1\n",
            id="behind a block scalar",
        ),
        pytest.param(
            '{"m": {"name": "x"}}\n',
            Put(("m", "v"), "w", "name"),
            '{"m": {"name": "x", "v": "w"}}\n',
            id="JSON",
        ),
        pytest.param('{"name": "x"}\n', Put(("name",), "y"), '{"name": "y"}\n', id="JSON value"),
        pytest.param("m: {a: 1, b: 2, c: 3}\n", Drop(("m", "b")), "m: {a: 1, c: 3}\n", id="drop in the middle"),
        pytest.param("m: {a: 1, b: 2}\n", Drop(("m", "b")), "m: {a: 1}\n", id="drop the last"),
        pytest.param("m: {b: 2}\n", Drop(("m", "b")), "m: {}\n", id="drop the only one"),
        pytest.param(
            "m: {\n  a: 1, # c\n  b: 2,\n  d: 3\n}\n",
            Drop(("m", "b")),
            "m: {\n  a: 1, # c\n  d: 3\n}\n",
            id="drop a line",
        ),
        pytest.param("a: 1\nm:\n  - b\n# c\nd: 2\n", Drop(("m",)), "a: 1\n# c\nd: 2\n", id="drop above a comment"),
        pytest.param("a: 1\n", Drop(("m", "b")), "a: 1\n", id="drop what is not there"),
        pytest.param("a: &x 1\nb: *x\nc: 2\n", Put(("c",), 3), "a: &x 1\nb: *x\nc: 3\n", id="anchors elsewhere"),
        pytest.param("é: ü # 😀\nc: 2\n", Put(("c",), 3), "é: ü # 😀\nc: 3\n", id="beyond ASCII"),
    ],
)
def test_edit(before: str, edit: Edit, after: str) -> None:
    assert edited(before, [edit]) == after


@pytest.mark.parametrize(
    ("text", "edit", "says"),
    [
        pytest.param(
            "a: &x 1\nb: *x\n",
            Put(("a",), 2),
            "nothing is anchored as &x",
            id="the edited value is anchored",
        ),
        pytest.param("a: {k: &x 1}\nb: *x\n", Drop(("a",)), "nothing is anchored as &x", id="an anchor goes"),
        pytest.param(
            "a: &x {k: 1}\nb: *x\n",
            Put(("a", "k"), 2),
            "change other values too",
            id="an alias would follow",
        ),
        pytest.param("a: &x {k: 1}\nb: *x\n", Put(("b", "k"), 2), "is an alias", id="the mapping is an alias"),
    ],
)
def test_an_anchor_in_the_way_is_an_error(text: str, edit: Edit, says: str) -> None:
    with pytest.raises(MusterError, match=says):
        edited(text, [edit])


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (0, "# head\n# own\nkind: A # a\n"),
        (1, "# c\nkind: B\n"),
        (2, "{kind: C}\n"),
        (3, "# d\n"),
        (4, "kind: E\n# end\n"),
    ],
)
def test_a_document_is_cut_out_of_its_file(index: int, expected: str) -> None:
    text = "# head\n---\n# own\nkind: A # a\n--- # c\nkind: B\n...\n--- {kind: C}\n---\n# d\n---\nkind: E\n# end\n\n"
    assert cut(text, index) == expected


def test_a_file_from_elsewhere_becomes_plain_text_with_lf() -> None:
    assert unix("\ufeffa: 1\r\nb: 2\r\n".encode()) == "a: 1\nb: 2\n"


WORDS = ("solar", "123", "1e5", "null", "true", "0x1", "yes", "-", "a: b", "a #b", "12:30", "é", "", "~")


@pytest.mark.parametrize("word", WORDS)
def test_text_is_quoted_where_it_would_be_read_as_something_else(word: str) -> None:
    assert value(f"{{a: {render(word)}, b: [{render(word)}]}}") == {"a": word, "b": [word]}


def test_a_new_file_never_replaces_another(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.yaml"
    write_new(target, "a: 1\n")
    with pytest.raises(FileExistsError):
        write_new(target, "a: 2\n")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "dangling.yaml", "a: 2\n")
    assert target.read_bytes() == b"a: 1\n"
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["a.yaml", "dangling.yaml", "deep"]


def test_overwriting_keeps_permissions_and_links(tmp_path: Path) -> None:
    file, link = tmp_path / "a.yaml", tmp_path / "b.yaml"
    file.write_text("a: 1\n")
    file.chmod(0o640)
    link.symlink_to(file)
    overwrite(link, "a: 2\n")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode), link.is_symlink()) == ("a: 2\n", 0o640, True)
    assert len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a:\n    b:   1\n    c:\n    - d\n", "a:\n  b: 1\n  c:\n    - d\n", id="indentation"),
        pytest.param("a: 1  \n# c \t\n\n\n", "a: 1\n# c\n", id="blank space at ends"),
        pytest.param("\ufeffa: 1\r\nb: 2", "a: 1\nb: 2\n", id="BOM, CRLF, no newline"),
        pytest.param("a: |\n    x  \n    y\nb: 1\n", "a: |\n  x  \n  y\nb: 1\n", id="spaces in a text are text"),
        pytest.param("n: 010\nx: 0x1F\nt: 2026-01-01 08:00:00Z\nz: ~\ne:\n", None, id="scalars keep their spelling"),
        pytest.param("a: 'it''s'\nb: \"\\u00e9\"\n", None, id="quotes and escapes"),
        pytest.param("a: {b: 1, # why\n    c: 2}   # and\n", None, id="a flow over several lines"),
        pytest.param("a: [{b: 1}, {c: 2}]\n", None, id="single members keep their braces"),
        pytest.param("a: [[[[[1]]]], [2]]\nb:\n  - [[[3]]]\n", None, id="lists in lists"),
        pytest.param("a: one\n  two   # c\n", None, id="a text over several lines"),
        pytest.param("---\na: 1\n...\n---  # c\nb: 2\n", "---\na: 1\n---\n# c\nb: 2\n", id="markers"),
        pytest.param("spec: {a: 1}\nstate: on\nkind: X\n", "kind: X\nstate: on\nspec: {a: 1}\n", id="order"),
        pytest.param(
            "# head\nspec:\n  # in\n  a: 1\nkind: X\n",
            "# head\nkind: X\nspec:\n  # in\n  a: 1\n",
            id="order, comment inside",
        ),
        pytest.param("spec: {a: 1}\n# about kind\nkind: X\n", None, id="a comment between keys keeps their order"),
        pytest.param("spec: &a {b: 1}\nmetadata: *a\nkind: X\n", None, id="an alias keeps the order"),
        pytest.param("", None, id="empty"),
        pytest.param("# only\n", None, id="comments only"),
    ],
)
def test_layout(before: str, after: str | None) -> None:
    laid = lay_out(before.encode())
    assert laid == (before if after is None else after)
    assert lay_out(laid.encode()) == laid


@pytest.mark.parametrize("text", ["%YAML 1.2\n---\na: 1\n", "a: |+\n  x\n\n\n"])
def test_what_cannot_be_laid_out_without_a_loss_is_refused(text: str) -> None:
    with pytest.raises(Untidy):
        lay_out(text.encode())


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_the_layout_of_real_manifests_is_stable_and_says_the_same(file: Path) -> None:
    data = file.read_bytes()
    laid = lay_out(data).encode()
    assert lay_out(laid).encode() == laid
    assert [one.value for one in read_documents(laid)] == [one.value for one in read_documents(data)]
    assert laid.count(b"#") == data.count(b"#")


_PIECES = st.sampled_from(
    [
        *("a: 1", "b: {c: d,   e: [1, 2]}", "# note", "", "  ", "g:", "  - h: 1   # x", "  - [i, {j: k}]", "l: |"),
        *("  text", "   m: n", "---", "o: 'p'", "q: &r s", "t: *r", "  # deep", "u: >-", "...", "v: {w: 1,", "  x: 2}"),
        *("kind: K", "spec: {}"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=12))
def test_a_layout_is_refused_or_equal_and_stable(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    try:
        before = [one.value for one in read_documents(text.encode())]
    except YamlProblem:
        return  # such files are reported, and never laid out
    try:
        laid = lay_out(text.encode())
    except Untidy:
        return
    assert [one.value for one in read_documents(laid.encode())] == before
    assert lay_out(laid.encode()) == laid
    for piece in ("# note", "# x", "# deep"):
        assert laid.count(piece) == text.count(piece)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=8), st.sampled_from("abglvz"), st.sampled_from(["", "a", "b", "l"]))
def test_an_edit_is_refused_or_does_what_it_says(pieces: list[str], key: str, after: str) -> None:
    text = "kind: K\n" + "\n".join(piece for piece in pieces if piece not in ("---", "...", "kind: K"))
    try:
        before = value(text)
    except YamlProblem:
        return
    assert isinstance(before, dict)
    try:
        put, dropped = edited(text, [Put((key,), 7, after)]), edited(text, [Drop((key,))])
    except MusterError:
        return
    assert value(put) == {**before, key: 7}
    assert value(dropped) == {name: one for name, one in before.items() if name != key}
    assert put.count("# note") == dropped.count("# note") == text.count("# note")


def test_a_deep_document_is_edited() -> None:
    text = "state: on\nspec: " + "[" * 60 + "]" * 60 + "\n"
    assert edited(text, [Put(("state",), "off")]) == text.replace("on", "off")
    assert lay_out(text.encode()) == text


def test_overwriting_a_pipe_writes_into_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        overwrite(pipe, "a: 1\n")
        assert os.read(reader, 100) == b"a: 1\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo(), "a file in its place would take it from everybody; so with /dev/null"
