"""The strict reader: hostile bytes are refused with a place, in no time, and what is accepted has YAML 1.2's values."""

import json
import math
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.source.strict_yaml import MAX_BYTES, YamlProblem, read_documents
from reconciler.source.yaml_builder import MAX_DEPTH, MAX_NODES

Value: TypeAlias = Any
"""What YAML and JSON can say."""

REAL = sorted((Path(__file__).parent.parent / "manifests" / "binding").glob("*.yaml"))


def problem_of(data: bytes) -> YamlProblem:
    with pytest.raises(YamlProblem) as caught:
        read_documents(data)
    return caught.value


def value_of(text: str) -> Value:
    (document,) = read_documents(text.encode())
    return document.value


def laughs(width: int, height: int) -> bytes:
    lines = ["l0: &l0 [" + ", ".join(["ha"] * width) + "]"]
    lines += [f"l{n}: &l{n} [" + ", ".join([f"*l{n - 1}"] * width) + "]" for n in range(1, height)]
    return "\n".join(lines).encode()


def towers(height: int, count: int) -> bytes:
    """Each tower of brackets stands on top of the one before: deep through aliases alone."""
    lines = [f"t0: &t0 {'[' * height}{']' * height}"]
    lines += [f"t{n}: &t{n} {'[' * height}*t{n - 1}{']' * height}" for n in range(1, count)]
    return "\n".join(lines).encode()


HOSTILE: dict[str, tuple[bytes, str, int, int]] = {
    "latin-1": ("a: x\ncité: x".encode("latin-1"), "not-utf8", 2, 4),
    "a cut character": (b"a: x\nb: \xe2\x82", "not-utf8", 2, 4),
    "columns are characters": ("é: é".encode() + b"\xff", "not-utf8", 1, 5),
    "an encoded surrogate": (b"a: \xed\xa0\x80", "not-utf8", 1, 4),
    "UTF-16": ("a: x".encode("utf-16"), "not-utf8", 1, 1),
    "UTF-16 without a mark": ("a: x".encode("utf-16-le"), "yaml-syntax", 1, 2),
    "UTF-32": ("a: x".encode("utf-32"), "not-utf8", 1, 1),
    "NUL alone": (b"\0", "yaml-syntax", 1, 1),
    "NUL in a value": (b"a: 1\nb: x\0y", "yaml-syntax", 2, 5),
    "a bell in a comment": (b"a: 1 # \x07", "yaml-syntax", 1, 8),
    "an escape sequence": (b"a: \x1b[31m", "yaml-syntax", 1, 4),
    "a tab as indent": (b"a:\n\tb: 1", "yaml-syntax", 2, 1),
    "a lone surrogate, escaped": (b'a: "\\ud800"', "yaml-syntax", 1, 7),
    "a bad escape": (b'a: "\\q"', "yaml-syntax", 1, 5),
    "two values without a comma": (b"a: [1 2\nb: 3", "yaml-syntax", 2, 2),
    "an implicit key of 2,000 characters": (b"k" * 2000 + b": 1", "yaml-syntax", 1, 2001),
    "YAML 9": (b"%YAML 9.0\n---\na: 1", "yaml-syntax", 1, 1),
    "a handle that nobody declared": (b"a: !x!y z", "yaml-syntax", 1, 4),
    "an anchor alone as key": (b"&a : 1", "key-not-string", 1, 1),
    "nested lists": (b"[" * 100_000, "too-deep", 1, MAX_DEPTH + 1),
    "nested mappings": (b"{a: " * 100_000, "too-deep", 1, 4 * MAX_DEPTH + 1),
    "nested blocks": ("\n".join(" " * n + "a:" for n in range(2_000)).encode(), "too-deep", 65, 65),
    "nested dashes": (b"- " * 100_000, "too-deep", 1, 2 * MAX_DEPTH + 1),
    "nested keys": (b"? " * 100_000, "key-not-string", 1, 3),
    "billion laughs": (laughs(10, 10), "too-many-nodes", 6, 10),
    "billion laughs as keys": (b"a: &a x\n" + b"b: {" + b"*a : 1, *a : 2}", "duplicate-key", 2, 13),
    "quadratic blow-up": (b"a: &a [" + b"x," * 1999 + b"]\nb: [" + b"*a," * 2_000 + b"]", "too-many-nodes", 2, 305),
    "towers on towers": (towers(60, 75), "too-deep", 2, 69),
    "an alias inside its anchor": (b"a: &a [*a]", "cyclic-alias", 1, 8),
    "an alias inside its anchor, further down": (b"a: &a {b: {c: [1, *a]}}", "cyclic-alias", 1, 19),
    "an alias as key of its anchor": (b"&a {*a : 1}", "cyclic-alias", 1, 5),
    "an alias to nothing": (b"a: *b", "unknown-alias", 1, 4),
    "an alias before its anchor": (b"a: *b\nb: &b 1", "unknown-alias", 1, 4),
    "an alias to another document": (b"a: &a 1\n---\nb: *a", "unknown-alias", 3, 4),
    "duplicate keys": (b"a: 1\nb: 2\na: 3", "duplicate-key", 3, 1),
    "duplicate keys through quotes": (b"a: 1\n'a': 2", "duplicate-key", 2, 1),
    "duplicate keys through escapes": (b'{a: 1, "\\x61": 2}', "duplicate-key", 1, 8),
    "duplicate keys through an alias": (b"a: &k a\n*k : 2", "duplicate-key", 2, 1),
    "duplicate keys in a list": (b"- {a: 1, a: 2}", "duplicate-key", 1, 10),
    "a key that is a number": (b"1: x", "key-not-string", 1, 1),
    "a key that is null": (b"~: x", "key-not-string", 1, 1),
    "a key that is a list": (b"? [a]\n: x", "key-not-string", 1, 3),
    "a key that is a mapping": (b"{{a: b}: x}", "key-not-string", 1, 2),
    "a key that is an alias of a list": (b"a: &a [1]\n*a : 2", "key-not-string", 2, 1),
    "a merge key": (b"a: {x: 1}\nb:\n  <<: {x: 2}", "merge-key", 3, 3),
    "a Python object": (b"!!python/object/apply:os.system [id]", "tag", 1, 1),
    "a string, said twice": (b"a: !!str 1", "tag", 1, 4),
    "a set": (b"a: !!set {x}", "tag", 1, 4),
    "a tag on a list": (b"a: ! [1]", "tag", 1, 4),
    "a tag with a handle": (b"%TAG !e! tag:e.org,2027:\n---\na: !e!x y", "tag", 3, 4),
    "a tag written out": (b"a: !<tag:e.org,2027:x> y", "tag", 1, 4),
    "a tag on a key": (b"!!str a: 1", "tag", 1, 1),
    "not a number": (b"a: .nan", "not-finite", 1, 4),
    "not a number, in capitals": (b"a: [1, .NAN]", "not-finite", 1, 8),
    "infinity": (b"a: .inf", "not-finite", 1, 4),
    "negative infinity": (b"a: -.INF", "not-finite", 1, 4),
    "infinity through its exponent": (b"a: 1e309", "not-finite", 1, 4),
    "infinity through a long exponent": (b"a: 1e" + b"9" * 1_000, "not-finite", 1, 4),
    "infinity through a million digits": (b"a: 1" + b"0" * 1_000_000 + b".0", "not-finite", 1, 4),
    "64 bits and a little": (b"a: 9223372036854775808", "integer-range", 1, 4),
    "64 bits and a little, negative": (b"a: -9223372036854775809", "integer-range", 1, 4),
    "a million digits": (b"a: " + b"9" * 1_000_000, "integer-range", 1, 4),
    "hexadecimal": (b"a: 0x8000000000000000", "integer-range", 1, 4),
    "octal": (b"a: 0o1000000000000000000000", "integer-range", 1, 4),
    "a number out of range as key": (b"99999999999999999999: 1", "integer-range", 1, 1),
    "10 MB": (b"# row\n" * (10 << 18), "file-too-large", 0, 0),
}


@pytest.mark.parametrize(("data", "code", "line", "column"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_refused_with_its_place(data: bytes, code: str, line: int, column: int) -> None:
    problem = problem_of(data)
    assert (problem.code, problem.line, problem.column) == (code, line, column), problem
    assert problem.message
    assert len(problem.message) < 300, "a message is for people, whatever the input"


def test_python_words_do_not_reach_the_reader() -> None:
    assert "null" in problem_of(b"~: x").message
    assert "true" in problem_of(b"true: x").message


ODD: dict[str, tuple[bytes, list[Any]]] = {
    "nothing": (b"", []),
    "a mark alone": (b"\xef\xbb\xbf", []),
    "spaces": (b"  \n\n ", []),
    "a comment": (b"# x", []),
    "an empty document": (b"---\n", [None]),
    "empty documents": (b"---\n---\n...\n---\n", [None, None, None]),
    "one scalar": (b"x", ["x"]),
    "a mark and a value": (b"\xef\xbb\xbfa: 1", [{"a": 1}]),
    "CRLF": (b"a: 1\r\nb: |\r\n  x\r\n  y\r\n", [{"a": 1, "b": "x\ny\n"}]),
    "CR": (b"a: 1\rb: 2\r", [{"a": 1, "b": 2}]),
    "U+0085 and U+2028 between lines": ("a: 1\x85b: 2\u2028c: 3".encode(), [{"a": 1, "b": 2, "c": 3}]),
    "U+2028 in quotes": (b'a: "x\\Ly\\Nz"', [{"a": "x\u2028y\x85z"}]),
    "a tab after a value": (b"a: 1\t# x\nb:\t2", [{"a": 1, "b": 2}]),
    "tabs in flow": (b'{\n\t"a":\t1\n}', [{"a": 1}]),
    "an anchor defined twice": (b"a: &x 1\nb: *x\nc: &x 2\nd: *x", [{"a": 1, "b": 1, "c": 2, "d": 2}]),
    "an anchor on nothing": (b"a: &x\nb: *x", [{"a": None, "b": None}]),
    "an anchor on an empty list": (b"a: &x []\nb: [*x, *x]", [{"a": [], "b": [[], []]}]),
    "an anchor used inside the same name": (b"a: &x [&x 1, *x]\nb: *x", [{"a": [1, 1], "b": [1, 1]}]),
    "an alias as key": (b"a: &k b\n*k : 1", [{"a": "b", "b": 1}]),
    "an alias of a quoted << as key": (b'a: &k "<<"\nb: {*k : 1}', [{"a": "<<", "b": {"<<": 1}}]),
    "a quoted <<": (b'"<<": 1', [{"<<": 1}]),
    "<< as a value": (b"a: <<", [{"a": "<<"}]),
    "the non-specific tag": (b"a: ! 7\nb: ! \"7\"\nc: ! ''\nd: ! true", [{"a": "7", "b": "7", "c": "", "d": "true"}]),
    "a long key, said to be one": (b"? " + b"k" * 2000 + b"\n: 1", [{"k" * 2000: 1}]),
    "directives": (b"%YAML 1.2\n%TAG !e! tag:e.org,2027:\n---\na: no", [{"a": "no"}]),
    "exactly 64 deep": (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, [json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)]),
    "a byte order mark inside": ("a: 1\nb: \ufeff2".encode(), [{"a": 1, "b": "\ufeff2"}]),
    "aliases side by side": (b"a: &a [[[]]]\nb: [*a, *a]", [{"a": [[[]]], "b": [[[[]]], [[[]]]]}]),
    "keys that look like others": (b"'1': a\n'null': b\n'': c\nNo: d", [{"1": "a", "null": "b", "": "c", "No": "d"}]),
    "a value of 4 MB": (b"a: '" + b"x" * (MAX_BYTES - 5) + b"'", [{"a": "x" * (MAX_BYTES - 5)}]),
}


@pytest.mark.parametrize(("data", "values"), ODD.values(), ids=ODD)
def test_odd_input_is_read(data: bytes, values: list[Any]) -> None:
    assert encoded([document.value for document in read_documents(data)]) == encoded(values)


SCALARS: dict[str, Any] = {
    **{word: word for word in ("no", "No", "yes", "on", "off", "y", "n", "tRUE", "nULL", "NaN", "inf", "Infinity")},
    **{word: word for word in ("2027-01-01", "2027-01-01T09:00:00Z", "12:30:45", "1:2", "1_000", "0b11")},
    **{word: word for word in ("0o8", "0O7", "0xG", "0X1", "-0x1", "+0o7", "1e", ".", "-", "+", "-.", "1.2.3", "=")},
    **{word: word for word in ("٣", "\uff11", "+.inf2", ".infinity", "1 000", "0x", "0o", "१.५")},
    "~": None, "null": None, "Null": None, "NULL": None, "''": "", '""': "", '"null"': "null",
    "true": True, "True": True, "TRUE": True, "false": False, "FALSE": False, "'true'": "true",
    "0": 0, "-0": 0, "+0": 0, "007": 7, "-12": -12, "+12": 12, "0o17": 15, "0x1f": 31, "0xFF": 255, "'12'": "12",
    "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63), "0x7fffffffffffffff": 2**63 - 1,
    "1.5": 1.5, ".5": 0.5, "-.5": -0.5, "1.": 1, "1e3": 1000, "1E-3": 0.001, "90.0": 90, "-0.0": 0, "1e300": 1e300,
    "9007199254740993.0": 9007199254740992.0, "1e-400": 0, "5e-324": 5e-324,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS.items(), ids=SCALARS)
def test_scalars_of_yaml_1_2(text: str, value: Value) -> None:
    (found,) = value_of(f"[{text}]")
    assert (type(found), found) == (type(value), value)


def test_large_but_honest_files_are_read() -> None:
    """200,000 keys, 100,000 list items, 10,000 documents: big is not hostile."""
    keys = value_of("\n".join(f"k{n}: {n}" for n in range(200_000)))
    assert (len(keys), keys["k199999"]) == (200_000, 199_999)
    assert len(value_of("\n".join("- x" for _ in range(100_000)))) == 100_000
    assert len(read_documents(b"---\na: 1\n" * 10_000)) == 10_000


def test_the_alias_budget_is_for_the_file_and_exact() -> None:
    """Each use of `*a` stands for a list of 100 values; the budget counts all documents together."""
    document = b"a: &a [" + b"x, " * 99 + b"]\nb: [" + b"*a, " * (MAX_NODES // 200) + b"]\n"
    assert len(read_documents(document + b"---\n" + document)) == 2
    assert problem_of(document + b"---\n" + document + b"---\na: &a x\nb: *a\n").code == "too-many-nodes"


def timed(work: Callable[[], object]) -> float:
    """Processor seconds, the better of two runs."""
    found = []
    for _ in range(2):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


GROWING: dict[str, Callable[[int], bytes]] = {
    "open brackets": lambda n: b"[" * n,
    "block dashes": lambda n: b"- " * n,
    "anchors": lambda n: b"".join(b"a%d: &a%d x\n" % (i, i) for i in range(n // 10)),
    "aliases": lambda n: b"a: &a x\nb:\n" + b"- *a\n" * (n // 5),
    "keys": lambda n: b"".join(b"key%d: 1\n" % i for i in range(n // 10)),
    "one long plain scalar": lambda n: b"a: " + b"x " * (n // 2),
    "one long quoted scalar": lambda n: b'a: "' + b"\\n" * (n // 2) + b'"',
    "one long folded scalar": lambda n: b"a: >\n" + b"  x\n" * (n // 4),
    "comments": lambda n: b"# x\n" * (n // 4),
    "flow mappings": lambda n: b"a: [" + b"{}," * (n // 3) + b"]",
    "question marks": lambda n: b"? " * (n // 2),
    "documents": lambda n: b"--- x\n" * (n // 6),
    "directives": lambda n: b"%FOO x\n" * (n // 7) + b"--- x",
    "digits": lambda n: b"a: " + b"1" * n,
    "digits and points": lambda n: b"a: " + b"1." * (n // 2),
    "signs": lambda n: b"a: " + b"+-" * (n // 2),
    "commas": lambda n: b"a: [" + b"x," * (n // 2) + b"]",
    "colons": lambda n: b"a: x" + b":" * n,
}


@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_time_grows_no_faster_than_the_file(make: Callable[[int], bytes]) -> None:
    """Not a measurement, an explosion detector: sixteen times the bytes may take at most a hundred times as long."""

    def read(data: bytes) -> None:
        try:
            read_documents(data)
        except YamlProblem:
            return

    small, large = make(60_000), make(960_000)
    assert timed(lambda: read(large)) < 100 * max(timed(lambda: read(small)), 0.002)


# Oracles: what other programs write must be read as what they meant.


def encoded(value: Value) -> str:
    """Comparable, with True and 1 apart; a float that is a whole number is that integer."""

    def plain(one: Value) -> Value:
        if isinstance(one, dict):
            return {key: plain(inner) for key, inner in one.items()}
        if isinstance(one, list):
            return [plain(inner) for inner in one]
        if isinstance(one, float) and one.is_integer() and abs(one) < 2**53:
            return int(one)
        return one

    return json.dumps(plain(value), sort_keys=True)


def printable(text: str) -> bool:
    """Characters that YAML allows without an escape, as JSON writes them."""
    return not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]", text)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
TRAPS = ("a: b", "# x", "- x", "{", "]", "|", ">", "%", "@", "`", "<<", "!x", "&x", "*x", "? x", "\t")
WORDS = st.sampled_from([*SCALARS, *TRAPS])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | WORDS
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT | WORDS, inner, max_size=5),
    max_leaves=25,
)


@given(DOCUMENTS, st.sampled_from([None, 1, 2, 4]))
@settings(max_examples=300, deadline=None)
def test_json_is_read_as_json(value: Value, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if printable(text):
        assert encoded(value_of(text)) == encoded(value)


@given(DOCUMENTS, st.sampled_from([None, True, False]), st.sampled_from([None, '"', "'", "|", ">"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_pyyaml_writes_is_read_as_meant(value: Value, flow: bool | None, style: str | None, raw: bool) -> None:
    """PyYAML writes 1.1: what 1.1 takes for text and 1.2 for a number (08, 1e3) is left out where it is not quoted."""
    text = json.dumps(value, ensure_ascii=False)
    raw = raw and not re.search("[\x85\u2028\u2029\ufeff]", text)  # PyYAML itself writes these as line breaks
    assume(style or not re.search(r'"[-+.0-9][-+.0-9oxXeE]*"', text))
    if style in ("|", ">", "'", '"'):
        value = only_strings(value)  # with a style, PyYAML marks what is no string by a tag
    text = yaml.safe_dump(value, default_flow_style=flow, default_style=style, allow_unicode=raw, width=70)
    assert encoded(value_of(text)) == encoded(value)


def only_strings(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: only_strings(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [only_strings(inner) for inner in value]
    return value if isinstance(value, str) else str(value)


@given(st.integers() | st.floats())
def test_numbers_are_exact_or_refused(number: float) -> None:
    text = repr(number)
    if isinstance(number, int) and not -(2**63) <= number < 2**63:
        assert problem_of(text.encode()).code == "integer-range"
    elif math.isfinite(number):
        assert value_of(text) == number
    else:
        assert value_of(text) == text, "Python's nan and inf are words in YAML"


# Whatever the bytes: an answer or a YamlProblem.


def never_raises_anything_else(data: bytes) -> None:
    try:
        documents = read_documents(data)
    except YamlProblem as problem:
        assert problem.code
        assert (problem.line > 0) == (problem.column > 0)
        breaks = re.findall("[\n\r\x85\u2028\u2029]", data.decode("utf-8", "replace"))
        assert problem.line <= len(breaks) + 1
    else:
        json.dumps([document.value for document in documents], allow_nan=False)


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_random_bytes(data: bytes) -> None:
    never_raises_anything_else(data)


@given(st.text("abc&*!|>'\"%@`{}[],:?-#<=~0123456789.+_exo \n\t\r\\\x85\u2028\ufeff\0", max_size=120))
@settings(max_examples=1500, deadline=None)
def test_random_punctuation(text: str) -> None:
    never_raises_anything_else(text.encode())


PIECES = st.sampled_from(
    [b"&a ", b"*a ", b"*a : ", b"<<: ", b"- ", b"? ", b": ", b"\n", b"\n  ", b"{", b"}", b"[", b"]", b", ", b"a",
     b"'<<'", b'"',
     b"! ", b"!!str ", b"--- ", b"...\n", b"%TAG ! x\n", b"|\n", b">\n", b"~", b"1", b"0x", b".nan", b"\t",
     b"# ", b"&b ", b"*b", b"\xff", b"\0"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map(b"".join))
@settings(max_examples=1500, deadline=None)
def test_random_pieces_of_yaml(data: bytes) -> None:
    never_raises_anything_else(data)


@given(st.sampled_from(REAL), st.integers(), st.integers(1, 12))
@settings(max_examples=300, deadline=None)
def test_mutations_of_real_manifests(file: Path, seed: int, changes: int) -> None:
    chance, data = random.Random(seed), bytearray(file.read_bytes())
    for _ in range(changes):
        at, length = chance.randrange(len(data)), chance.randrange(1, 20)
        noise, copied = bytes([chance.randrange(256)]), bytes(data[at : at + 200])
        pieces = (noise, noise, copied, b"&a ", b"*a", b"\t", b"<<: ", b"[" * 70, b"\xff", b"")
        data[at : at + chance.choice((0, 0, 1, length))] = chance.choice(pieces)
    never_raises_anything_else(bytes(data))


@pytest.mark.parametrize("text", [r'a: "x\0y"', r'a: "\x00"', r'"k\0": 1', r'- "\u0000"'])
def test_a_nul_in_a_text_is_refused(text: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        read_documents(text.encode())
    assert (caught.value.code, caught.value.line) == ("bad-value", 1)
    assert caught.value.help
