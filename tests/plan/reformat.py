"""The same manifests, written differently: what an editor, formatter or colleague does to a file without meaning it.

Key order, comments, flow and block style, anchors, quotes, spelled-out defaults, the order of keyed lists, sets and
documents, line ends. Knows nothing of the engine: it writes YAML by hand and reads schemas by itself.
"""

import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import jsonschema_rs
import yaml

KINDS = Path(__file__).parent.parent.parent / "reconciler" / "kinds"
Schema = dict[str, Any]
Json: TypeAlias = Any


class Yaml12Loader(yaml.SafeLoader):
    """Scalars of YAML 1.2's core schema: dates, `no` and `on` stay strings."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+0123456789.")),
):
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


def read(text: str) -> list[Any]:
    """Every document of a file."""
    return [document for document in yaml.load_all(text, Loader=Yaml12Loader) if document is not None]


def _schemas() -> dict[str, tuple[Schema, bool]]:
    """Of each kind: the schema of its spec, and whether it is a campaign."""
    found = {}
    for file in KINDS.glob("*/*/kind.yaml"):
        law = yaml.safe_load(file.read_text(encoding="utf-8"))
        schema = json.loads((file.parent / "schema.json").read_text(encoding="utf-8"))
        found[law["kind"]] = (schema, law["role"] == "campaign")
    return found


SCHEMAS = _schemas()


def reformatted(text: str, rng: Random) -> str:
    """A file with the same manifests as `text`. What it says is checked against another YAML reader."""
    documents = [varied(document, rng) for document in read(text)]
    rng.shuffle(documents)
    written = "".join(_Writer(rng).document(document) for document in documents)
    assert read(written) == documents, written
    return written.replace("\n", "\r\n") if rng.random() < 0.15 else written


# What may vary in the values themselves.


def varied(manifest: dict[str, Any], rng: Random) -> dict[str, Any]:
    """`manifest` with defaults written out here and there, and with keyed lists and sets in another order."""
    schema, campaign = SCHEMAS[manifest["kind"]]
    result: dict[str, Any] = json.loads(json.dumps(manifest))
    result["metadata"].setdefault("version", 1)
    if not campaign and rng.random() < 0.5:
        result.setdefault("state", "present")
    if manifest["kind"] == "EmailCampaign" and rng.random() < 0.5:
        result.setdefault("archived", False)
    if "spec" in result:
        result["spec"] = _Varier(schema, rng).spec(result["spec"])
    return result


class _Varier:
    """Walks a spec along its schema."""

    def __init__(self, schema: Schema, rng: Random) -> None:
        self.schema = schema
        self.valid = jsonschema_rs.Draft202012Validator(schema).is_valid
        self.rng = rng
        self.root: Json = None

    def spec(self, value: Json) -> Json:
        self.root = value
        self._vary(value, self.schema)
        return value

    def _vary(self, value: Json, schema: Schema) -> None:
        schema = self._resolved(schema, value)
        if isinstance(value, dict):
            for name, inner in schema.get("properties", {}).items():
                if name in value:
                    self._vary(value[name], inner)
                elif isinstance(inner, dict) and "default" in inner and self.rng.random() < 0.5:
                    value[name] = json.loads(json.dumps(inner["default"]))
                    # Some defaults may be written only beside certain others.
                    if not self.valid(self.root):
                        del value[name]
        elif isinstance(value, list):
            for inner in value:
                self._vary(inner, schema.get("items", {}))
            if "x-key" in schema or schema.get("x-set"):
                self.rng.shuffle(value)

    def _resolved(self, schema: Schema, value: Json) -> Schema:
        while "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            schema = {**self.schema["$defs"][name], **{k: v for k, v in schema.items() if k != "$ref"}}
        wanted = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else ""
        for branch in schema.get("anyOf", ()):
            inner = self._resolved(branch, value)
            if wanted and inner.get("type") == wanted and _fits(inner, value):
                return {**inner, **{k: v for k, v in schema.items() if k.startswith("x-")}}
        return schema


def _fits(schema: Schema, value: Json) -> bool:
    return not isinstance(value, dict) or not schema.get("properties") or value.keys() <= schema["properties"].keys()


# What may vary in the writing.

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*|\d{4}-\d\d-\d\d(T\d\d:\d\d)?|\d\d:\d\d|\d+[smhd]")
_RESERVED = ("true", "false", "null")


class _Writer:
    """Writes one document at a time."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.anchors: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    def chance(self, part: float) -> bool:
        return self.rng.random() < part

    def document(self, value: Json) -> str:
        self.anchors, self.counts = {}, Counter()
        self._count(value)
        lines = ["---"] + [f"# {self._words()}" for _ in range(self.rng.randrange(3))]
        lines += self._block(value, 0) if self.chance(0.9) else [self._flow(value)]
        return "\n".join([*lines, ""]) + ("...\n" if self.chance(0.1) else "")

    def _count(self, value: Json) -> None:
        if isinstance(value, (dict, list)) and value:
            self.counts[_same(value)] += 1
            for inner in value.values() if isinstance(value, dict) else value:
                self._count(inner)
        elif isinstance(value, str):
            self.counts[_same(value)] += 1

    def _words(self) -> str:
        return " ".join(self.rng.choices(["see", "ticket", "'quoted'", "#", "kind: None", "- [", "ask Ana"], k=3))

    def _comment(self, line: str) -> str:
        return f"{line}  # {self._words()}" if self.chance(0.15) else line

    def _anchor(self, value: Json) -> tuple[str, bool]:
        """`&name` or `*name` where this value stands more than once, and whether that is all there is to write."""
        same = _same(value)
        if same in self.anchors and self.chance(0.7):
            return f"*{self.anchors[same]}", True
        if self.counts[same] > 1 and same not in self.anchors and value and self.chance(0.5):
            self.anchors[same] = f"a{len(self.anchors)}"
            return f"&{self.anchors[same]} ", False
        return "", False

    def _items(self, value: dict[str, Any]) -> list[tuple[str, Any]]:
        items = list(value.items())
        self.rng.shuffle(items)
        return items

    def _block(self, value: Json, indent: int) -> list[str]:
        pad, lines = " " * indent, []
        pairs = self._items(value) if isinstance(value, dict) else [("", one) for one in value]
        for key, inner in pairs:
            head = f"{pad}{self._scalar(key)}:" if isinstance(value, dict) else f"{pad}-"
            if self.chance(0.08):
                lines.append(f"{pad}# {self._words()}")
            if self.chance(0.03):
                lines.append("")
            lines += self._member(head, inner, indent + self.rng.choice([1, 2, 2, 4]))
        return lines

    def _member(self, head: str, value: Json, indent: int) -> list[str]:
        anchor, whole = self._anchor(value)
        if whole:
            return [self._comment(f"{head} {anchor}")]
        if isinstance(value, (dict, list)) and value and self.chance(0.6):
            return [self._comment(f"{head} {anchor}".rstrip()), *self._block(value, indent)]
        if isinstance(value, str) and "\n" in value and _literal(value) and self.chance(0.6):
            return [f"{head} {anchor}|{_chomping(value)}", *_indented(value, indent)]
        return [self._comment(f"{head} {anchor}{self._plainly(value)}")]

    def _flow(self, value: Json) -> str:
        anchor, whole = self._anchor(value)
        return f"{anchor} " if whole else anchor + self._plainly(value)

    def _plainly(self, value: Json) -> str:
        gap = " " * self.rng.randrange(2)
        if isinstance(value, dict):
            inner = [f"{self._scalar(key)}: {self._flow(one)}" for key, one in self._items(value)]
            return "{" + gap + f",{gap or ' '}".join(inner) + gap + "}"
        if isinstance(value, list):
            return "[" + gap + ", ".join(self._flow(one) for one in value) + gap + "]"
        return self._scalar(value)

    def _scalar(self, value: Json) -> str:
        if value is None:
            return self.rng.choice(["null", "~", "Null"])
        if isinstance(value, bool):
            return self.rng.choice([str(value), str(value).lower(), str(value).upper()])
        if not isinstance(value, str):
            return json.dumps(value)
        styles = [json.dumps(value, ensure_ascii=False)]
        if "\n" not in value and value.isprintable():
            styles.append("'" + value.replace("'", "''") + "'")
        if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
            styles += [value, value]
        return self.rng.choice(styles)


def _same(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _literal(text: str) -> bool:
    """Whether a literal block can hold this text as it is."""
    lines = text.rstrip("\n").split("\n")
    return bool(lines[0]) and all(line.isprintable() for line in lines) and not text.startswith((" ", "#"))


def _chomping(text: str) -> str:
    ends = len(text) - len(text.rstrip("\n"))
    return "-" if ends == 0 else "" if ends == 1 else "+"


def _indented(text: str, indent: int) -> list[str]:
    lines = text.rstrip("\n").split("\n") + [""] * (len(text) - len(text.rstrip("\n")) - 1)
    return [" " * max(indent, 1) + line if line else "" for line in lines]
