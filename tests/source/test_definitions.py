"""Kind definitions: every fault is found and shown where it stands; a kind of one's own works end to end."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reconciler.lifecycle.check import Surroundings, check, requirement_lines
from reconciler.lifecycle.definition import read_lifecycle
from reconciler.lifecycle.kind import document_shape
from reconciler.lifecycle.shape import read_shape
from reconciler.source.definitions import definition_schema, load_kinds, requirement_ids
from reconciler.source.schema import Validator
from reconciler.source.strict_yaml import read_documents
from tests.world import World

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "own-kind"

LAW = """\
kind: Widget
role: campaign
states:
  draft: {initial: true}
  active: {outward: true}
  paused: {}
  closed: {final: true}
transitions:
  - {event: launch, from: draft, to: active}
  - {event: pause, from: active, to: paused}
  - {event: resume, from: paused, to: active}
  - {event: close, from: [active, paused], to: closed}
"""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "size": {"type": "integer"},
        "helper": {"type": "string"},
        "parts": {
            "type": "array",
            "x-key": "name",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
    },
}
MANIFEST = "apiVersion: muster/v1\nkind: Widget\nmetadata: {name: w}\nstate: draft\nspec: {}\n"


class Found(NamedTuple):
    """A diagnostic, as far as these tests look at it."""

    file: str
    line: int
    column: int
    detail: str


def place(text: str) -> tuple[str, int, int]:
    """A text without its mark §, and where the mark stood."""
    before, _, after = text.partition("§")
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def project(world: World, law: str = LAW, schema: object = SCHEMA, manifest: str = MANIFEST) -> None:
    world.write("../muster.yaml", "kinds: [kinds]\n")
    world.write("../kinds/widget/kind.yaml", law)
    text = schema if isinstance(schema, str) else json.dumps(schema, indent=1)
    (world.root / "kinds/widget/schema.json").write_text(text)
    world.write("w.yaml", manifest)


def faults(world: World) -> list[Found]:
    code, out, err = world.cli("validate", "--format", "json")
    found = json.loads(out)["diagnostics"] if code in (0, 3) else pytest.fail(err)
    assert (code == 3) == bool(found)
    assert {one["code"] for one in found} <= {"bad-definition"}
    return [Found(one["file"], one.get("line", 0), one.get("column", 0), one.get("detail", "")) for one in found]


def edge(line: str, changed: str) -> str:
    assert line in LAW
    return LAW.replace(line, changed)


LAUNCH, PAUSE = "{event: launch, from: draft, to: active}", "{event: pause, from: active, to: paused}"
TIMER = "{event: expire, from: paused, to: closed, by: timer, TRIGGER}"


def with_timer(trigger: str) -> str:
    return LAW + "  - " + TIMER.replace("TRIGGER", trigger).replace("{", "§{", 1) + "\n"


CONSTRAINT = """\
constraints:
  - §{name: only-one, per: [/spec/size], states: [active], rule: size(members) == 1, message: let one rest}
"""
PREEMPTION = """\
guards: {first: {rule: 'true', message: m}}
preempts:
  - §{per: [/spec/size], state: active, instead: paused, where: [first]}
"""

FAULTS: dict[str, tuple[str, str]] = {
    "no initial state": (
        LAW.replace("states:\n  draft: {initial: true}", "states:\n  §draft: {}"),
        "0 states are marked initial; exactly one must be",
    ),
    "two initial states": (
        LAW.replace("states:\n  ", "states:\n  §").replace("paused: {}", "paused: {initial: true}"),
        "2 states are marked initial; exactly one must be",
    ),
    "an unreachable state": (
        LAW.replace("  closed:", "  lost: §{final: true}\n  closed:"),
        "no transition leads from the initial state to 'lost'",
    ),
    "a state reached only from an unreachable one": (
        LAW.replace("  closed:", "  lost: §{}\n  closed:") + "  - {event: find, from: lost, to: active}\n",
        "no transition leads from the initial state to 'lost'",
    ),
    "a trap": (
        LAW.replace("closed: {final: true}", "closed: §{}"),
        "nothing leaves 'closed' (except delete), and it is not marked final",
    ),
    "a final state that is left": (
        LAW.replace("{final: true}", "§{final: true}") + "  - {event: reopen, from: closed, to: draft}\n",
        "'closed' is final, but 'reopen' leaves it",
    ),
    "a transition to nowhere": (
        edge(PAUSE, "§{event: pause, from: active, to: resting}") + "  - {event: rest, from: active, to: paused}\n",
        "a transition names the state 'resting', which is not declared",
    ),
    "a transition from nowhere": (
        edge(PAUSE, "{event: pause, from: active, to: paused}\n  - §{event: wake, from: asleep, to: active}"),
        "a transition names the state 'asleep', which is not declared",
    ),
    "an unknown guard of a transition": (
        edge(PAUSE, "§{event: pause, from: active, to: paused, guards: [ready]}"),
        "the guard 'ready' is not declared under guards",
    ),
    "an unknown guard of a state": (
        LAW.replace("active: {outward: true}", "active: §{outward: true, rules: [ready]}"),
        "the guard 'ready' is not declared under guards",
    ),
    "an unknown effect of a transition": (
        edge(PAUSE, "§{event: pause, from: active, to: paused, effects: [ring]}"),
        "the effect 'ring' is not declared under effects",
    ),
    "an unknown effect of an edit": (
        LAW.replace("paused: {}", "paused: §{onEdit: [{path: /spec/size, effects: [ring]}]}"),
        "the effect 'ring' is not declared under effects",
    ),
    "a reference to an unknown kind": (
        LAW + "references:\n  - {path: /spec/title, kind: Template}\n  - §{path: /spec/helper, kind: Gadget}\n",
        "/spec/helper refers to the kind 'Gadget', which does not exist",
    ),
    "unknown settings": (LAW + "settings: §WidgetSettings\n", "the settings kind 'WidgetSettings' does not exist"),
    "an unknown fact": (
        LAW + "facts: {warm: {type: bool}}\nguards:\n  ready: {rule: §'facts.warm && facts.cold', message: wait}\n",
        "the fact 'cold' is not declared under facts",
    ),
    "an unknown fact, by index": (
        LAW + "facts: {warm: {type: bool}}\nguards:\n  g: {rule: §'facts[\"cold\"] && facts.warm', message: wait}\n",
        "the fact 'cold' is not declared under facts",
    ),
    "a flag in an unknown state": (
        LAW + "flags:\n  archived: §{states: [closed, gone]}\n",
        "the flag 'archived' names the state 'gone'",
    ),
    "a refusal of an unknown state": (
        LAW + "refusals:\n  - {from: closed, to: '*', message: over}\n  - §{from: gone, to: '*', message: over}\n",
        "a refusal names the state 'gone'",
    ),
    "freezing in an unknown state": (
        LAW + "references:\n  - §{path: /spec/helper, kind: Template, freezes: [active, gone]}\n",
        "freezes names the state 'gone'",
    ),
    "two timers in a race": (
        LAW.replace("paused: {}", "paused: §{}")
        + "  - {event: expire, from: paused, to: closed, by: timer, after: 3 months}\n"
        + "  - {event: wake, from: [active, paused], to: draft, by: timer, after: 3 months}\n",
        "the timers 'expire' and 'wake' leave 'paused' at the same moment",
    ),
    "two timers in a race over a schedule entry": (
        LAW.replace("paused: {}", "paused: §{}")
        + "  - {event: expire, from: paused, to: closed, by: timer, at: schedule.active}\n"
        + "  - {event: wake, from: paused, to: draft, by: timer, at: schedule.active}\n",
        "the timers 'expire' and 'wake' leave 'paused' at the same moment",
    ),
    "a frozen pointer to nowhere": (
        LAW.replace("paused: {}", "paused: §{frozen: [/spec/size, /spec/sise]}"),
        "'/spec/sise' leads nowhere in the schema of Widget",
    ),
    "a frozenKeys pointer to nowhere": (
        LAW.replace("paused: {}", "paused: §{frozenKeys: [/spec/parts/*/nam]}"),
        "'/spec/parts/*/nam' leads nowhere in the schema of Widget",
    ),
    "an onEdit pointer to nowhere": (
        LAW.replace("paused: {}", "paused: §{onEdit: [{path: /spek, effects: []}]}"),
        "'/spek' leads nowhere in the schema of Widget",
    ),
    "a guard that points nowhere": (
        LAW + "guards:\n  ready: §{rule: 'true', message: wait, path: /spec/titel}\n",
        "'/spec/titel' leads nowhere in the schema of Widget",
    ),
    "a reference from nowhere": (
        LAW + "references:\n  - §{path: /spec/helpers/*, kind: Template}\n",
        "'/spec/helpers/*' leads nowhere in the schema of Widget",
    ),
    "a reference whose version is nowhere": (
        LAW + "references:\n  - §{path: /spec/helper, kind: Template, version: /spec/version}\n",
        "'/spec/version' leads nowhere in the schema of Widget",
    ),
    "a rule that is not CEL": (
        LAW + "guards:\n  ready: {rule: §self.spec.size = 1, message: wait}\n",
        "CEL does not accept 'self.spec.size = 1': ",
    ),
    "a rule over an unknown variable": (
        LAW + "guards:\n  ready: {rule: §spec.size == 1, message: wait}\n",
        "CEL does not accept 'spec.size == 1': ",
    ),
    "a timer's condition that is not CEL": (
        with_timer("after: 7d, when: 'size > '"),
        "CEL does not accept 'size > ': ",
    ),
    "a timer without a trigger": (
        with_timer("summary: never"),
        "the timer 'expire' needs exactly one of at, after, daily, insteadOf",
    ),
    "a timer with two triggers": (
        with_timer("after: 7d, at: schedule.closed"),
        "the timer 'expire' needs exactly one of at, after, daily, insteadOf",
    ),
    "a timer instead of nothing": (
        with_timer("insteadOf: resumed"),
        "'expire' stands in for 'resumed', which does not leave 'paused'",
    ),
    "a timer that waits for an unknown state": (
        with_timer("at: schedule.open"),
        "'expire' waits for a schedule entry of 'open', which is no state",
    ),
    "an unknown guard of making": (
        LAW.replace("draft: {initial: true}", "draft: §{initial: true, onCreate: [ready]}"),
        "the guard 'ready' is not declared under guards",
    ),
    "a guard of making where nothing is made": (
        LAW.replace("paused: {}", "paused: §{onCreate: [ready]}") + "guards: {ready: {rule: 'true', message: wait}}\n",
        "nothing is made in 'paused', so its onCreate is never asked",
    ),
    "a constraint over an unknown guard": (
        LAW + CONSTRAINT.replace("}", ", where: [ready]}"), "the guard 'ready' is not declared under guards",
    ),
    "a constraint in an unknown state": (
        LAW + CONSTRAINT.replace("[active]", "[active, gone]"), "it names the state 'gone', which is not declared",
    ),
    "a constraint on a pointer to nowhere": (
        LAW + CONSTRAINT.replace("/spec/size", "/spec/sise"), "'/spec/sise' leads nowhere in the schema of Widget",
    ),
    "a constraint that is not CEL": (
        LAW + CONSTRAINT.replace("§", "").replace("size(members) == 1", "§size(members"), "CEL does not accept 'size(members': ",
    ),
    "a constraint over one resource": (
        LAW + CONSTRAINT.replace("§", "").replace("size(members) == 1", "§self.spec.size == 1"),
        "CEL does not accept 'self.spec.size == 1': ",
    ),
    "two constraints of one name": (
        LAW + CONSTRAINT.replace("§", "") + CONSTRAINT.removeprefix("constraints:\n"),
        "two constraints are called 'only-one'",
    ),
    **{
        f"a constraint whose members are picked by {rule}": (
            LAW
            + CONSTRAINT.replace("}", ", where: [ready]}")
            + f"facts: {{warm: {{type: bool}}}}\nguards: {{ready: {{rule: '{rule}', message: wait}}}}\n",
            "the guard 'ready' picks members, and reads more than self.metadata and self.spec",
        )
        for rule in ("facts.warm", 'self.state == "active"', "has(refs.helper)", "today < now")
    },
    "a preemption over an unknown guard": (
        LAW + PREEMPTION.replace("[first]", "[ready]"), "the guard 'ready' is not declared under guards",
    ),
    "a preemption into an unknown state": (
        LAW + PREEMPTION.replace("paused", "gone"), "it names the state 'gone', which is not declared",
    ),
    "a preemption on a pointer to nowhere": (
        LAW + PREEMPTION.replace("/spec/size", "/spec/sise"), "'/spec/sise' leads nowhere in the schema of Widget",
    ),
    "a preemption from which nothing returns": (
        LAW + PREEMPTION.replace("instead: paused", "instead: closed"),
        "no transition of a user leads from 'closed' to 'active', so nothing can step back and return",
    ),
    "an unknown key": (LAW.replace("paused: {}", "paused: {§outwards: true}"), "'outwards' is not a known key here"),
    "an unknown role": (LAW.replace("campaign", "§boss"), "'boss' is not one of campaign, supporting, settings"),
    "a kind that is no name": (LAW.replace("Widget", "§my widget"), "'my widget' does not match the pattern "),
    "a missing part": (LAW.replace("role: campaign\n", "").replace("kind:", "§kind:"), "'role' is missing"),
    "a transition without its end": (edge(PAUSE, "§{event: pause, from: active}"), "'to' is missing"),
    "no states": ("kind: Widget\nrole: campaign\nstates: §{}\n", ""),
    "a key twice": (LAW + "§kind: Gadget\n", "the key 'kind' appears twice in the same mapping"),
    "a tab": (LAW + "guards:\n§\tready: x\n", "found character that cannot start any token"),
    "a kind that is built in": (
        LAW.replace("kind: Widget", "kind: §Template"),
        "the kind 'Template' is defined twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("law", "detail"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_shown_where_it_stands(world: World, law: str, detail: str) -> None:
    text, line, column = place(law)
    project(world, text)
    found = [one for one in faults(world) if one.detail.startswith(detail)]
    assert [one[:3] for one in found] == [("kinds/widget/kind.yaml", line, column)], faults(world)


def test_all_faults_are_shown_in_one_run(world: World) -> None:
    law = LAW.replace("closed: {final: true}", "closed: {frozen: [/spec/x]}") + "guards: {g: {rule: '(', message: m}}\n"
    project(world, law + "settings: None\n")
    assert len(faults(world)) == 4


def test_the_base_of_these_tests_is_accepted(world: World) -> None:
    project(world)
    assert faults(world) == []


UNCHECKED = {
    "after: 3 monthz": "after",
    "after: soon": "after",
    "after: self.spec.nothing": "after",
    "daily: '25:99'": "daily",
    "daily: settings.nothing": "daily",
    "after: 7d, deadline: nonsense": "deadline",
    "after: 7d, zone: Mars/Olympus": "zone",
}


@pytest.mark.parametrize("trigger", UNCHECKED, ids=list(UNCHECKED))
def test_a_trigger_that_can_never_be_read(world: World, trigger: str) -> None:
    """What nobody can read would otherwise fail in the night in which it is due."""
    text, line, _ = place(with_timer(trigger))
    project(world, text)
    assert {(one.file, one.line) for one in faults(world)} == {("kinds/widget/kind.yaml", line)}


@pytest.mark.parametrize(
    "trigger", ["after: 7d", "at: schedule.closed", "daily: '02:00'", "when: 'true'", "deadline: 1h"]
)
def test_a_trigger_on_what_is_no_timer(world: World, trigger: str) -> None:
    text, line, _ = place(edge(PAUSE, "§{event: pause, from: active, to: paused, TRIGGER}").replace("TRIGGER", trigger))
    project(world, text)
    assert {(one.file, one.line) for one in faults(world)} == {("kinds/widget/kind.yaml", line)}


@pytest.mark.parametrize("trigger", ["after: 3 months", "after: 7d", "at: schedule.closed", "daily: '02:00'"])
def test_triggers_that_are_well(world: World, trigger: str) -> None:
    project(world, with_timer(trigger).replace("§", ""))
    assert faults(world) == []


def test_one_event_with_two_ends_from_one_state(world: World) -> None:
    """`close` from paused would be two things at once."""
    text, line, _ = place(LAW + "  - §{event: close, from: paused, to: draft}\n")
    project(world, text)
    assert {(one.file, one.line) for one in faults(world)} == {("kinds/widget/kind.yaml", line)}


def test_a_version_sought_in_states_that_the_target_does_not_have(world: World) -> None:
    reference = "{path: /spec/helper, kind: LeadCampaign, lowestIn: [published, gone]}"
    text, line, _ = place(LAW + f"references:\n  - §{reference}\n")
    project(world, text)
    assert {(one.file, one.line) for one in faults(world)} == {("kinds/widget/kind.yaml", line)}


@pytest.mark.parametrize("flag", ["state", "spec", "kind", "metadata", "schedule"])
def test_a_flag_named_like_a_part_of_every_manifest(world: World, flag: str) -> None:
    text, line, _ = place(LAW + f"flags:\n  {flag}: §{{states: [closed]}}\n")
    project(world, text)
    assert {(one.file, one.line) for one in faults(world)} == {("kinds/widget/kind.yaml", line)}


def test_a_supporting_kind_needs_no_state_called_present(world: World) -> None:
    """Leaving `state` out means the initial state, whatever its name."""
    law = LAW.replace("role: campaign", "role: supporting")
    project(world, law, manifest=MANIFEST.replace("state: draft\n", ""))
    assert faults(world) == []
    assert world.cli("apply", "--yes").code == 0
    assert world.state("Widget/w") == "draft"


# Files.


@pytest.mark.parametrize(
    "law", ["", "~\n", "# nothing\n", LAW + "---\n" + LAW.replace("Widget", "Gadget"), "[]\n", "x\n"]
)
def test_one_document_is_one_kind(world: World, law: str) -> None:
    project(world, law)
    (found,) = faults(world)
    assert found.file == "kinds/widget/kind.yaml"
    assert "None" not in found.detail


BAD_SCHEMAS: dict[str, object] = {
    "not JSON": "{",
    "nothing": "",
    "not UTF-8": '{"title": "\udcff"}',
    "NaN": '{"minimum": NaN}',
    "deep": '{"not": ' * 5_000 + "{}" + "}" * 5_000,
    "brackets": "[" * 100_000,
    "true": "true",
    "a list": "[]",
    "a text": '"x"',
    "a number": "5",
    "an unknown type": {"type": "objekt"},
    "a type that is a number": {"type": 5},
    "properties that are a list": {"type": "object", "properties": []},
    "a pattern that is not one": {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}},
    "a reference to the network": {"$ref": "http://schemas.example/x.json"},
    "a reference to the network, inside": {
        "type": "object",
        "properties": {"a": {"$ref": "https://schemas.example/x"}},
    },
    "a reference to a file": {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
    "a reference beside itself": {"$id": "http://schemas.example/", "properties": {"a": {"$ref": "other.json"}}},
    "a reference to nothing": {"type": "object", "properties": {"a": {"$ref": "#/$defs/nothing"}}},
    "a reference to a sibling": {
        "type": "object",
        "properties": {"a": {"$ref": "#/properties/b"}, "b": {"type": "string"}},
    },
    "a reference to the whole": {"type": "object", "properties": {"a": {"$ref": "#"}}},
    "an anchor to nothing": {"type": "object", "properties": {"a": {"$dynamicRef": "#nothing"}}},
    "x-cel that is a number": {"type": "object", "properties": {"a": {"type": "string", "x-cel": 5}}},
    "x-cel that is a text": {"type": "object", "properties": {"a": {"type": "string", "x-cel": "now"}}},
    "x-key that is a number": {"type": "object", "properties": {"a": {"type": "array", "items": {}, "x-key": 5}}},
    "x-file that is unknown": {"type": "object", "properties": {"a": {"type": "string", "x-file": "binary"}}},
    "x-set that is a text": {"type": "object", "properties": {"a": {"type": "array", "items": {}, "x-set": "no"}}},
}


@pytest.mark.parametrize("schema", BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_a_schema_that_is_none(world: World, schema: object) -> None:
    project(world)
    text = schema if isinstance(schema, str) else json.dumps(schema)
    (world.root / "kinds/widget/schema.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    (found,) = faults(world)
    assert found.file == "kinds/widget/schema.json"
    assert "\n" not in found.detail, "one sentence, not a dump"
    assert found.detail
    assert len(found.detail) < 400


A = {"$ref": "#/$defs/A"}
GOOD_SCHEMAS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "a definition that takes all": ({"$defs": {"A": True}, "properties": {"a": A}}, "{a: [1]}", True),
    "a definition that calls itself": (
        {"$defs": {"A": {"type": "object", "properties": {"a": A}}}, "properties": {"a": A}},
        "{a: {a: {a: {}}}}", True,
    ),
    "an id": (
        {"$id": "https://schemas.example/w", "$defs": {"A": {"type": "string"}}, "properties": {"a": A}},
        "{a: x}", True,
    ),
    "an anchor": (
        {"$defs": {"A": {"$anchor": "a", "type": "string"}}, "properties": {"a": {"$ref": "#a"}}}, "{a: 1}", False,
    ),
    "if and then": (
        {"properties": {"a": {}}, "if": {"required": ["a"]}, "then": {"required": ["b"]}}, "{a: 1}", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "spec", "taken"), GOOD_SCHEMAS.values(), ids=GOOD_SCHEMAS)
def test_a_schema_means_by_itself_what_it_means_in_a_manifest(
    world: World, schema: dict[str, Any], spec: str, taken: bool
) -> None:
    schema = {"type": "object", **schema}
    value = read_documents(spec.encode())[0].value
    assert Validator(schema).accepts(value) == taken
    project(world, schema=schema, manifest=MANIFEST.replace("spec: {}", f"spec: {spec}"))
    code, _, err = world.cli("validate")
    assert code == (0 if taken else 3), err


def test_a_kind_without_a_schema(world: World) -> None:
    project(world)
    (world.root / "kinds/widget/schema.json").unlink()
    (found,) = faults(world)
    assert (found.file, "schema.json" in found.detail) == ("kinds/widget/kind.yaml", True)


def test_a_kind_that_is_defined_twice(world: World) -> None:
    project(world)
    shutil.copytree(world.root / "kinds/widget", world.root / "kinds/widget-copy")
    (found,) = faults(world)
    assert found == ("kinds/widget-copy/kind.yaml", 1, 7, "the kind 'Widget' is defined twice")


def test_kinds_directories_that_overlap_are_read_once(world: World) -> None:
    project(world)
    world.write("../muster.yaml", "kinds: [kinds, kinds/widget, ./kinds]\n")
    assert faults(world) == []


def test_folders_in_circles(world: World) -> None:
    project(world)
    (world.root / "kinds" / "again").symlink_to(".")
    (world.root / "kinds" / "widget" / "up").symlink_to("../..")
    assert faults(world) == []


def test_a_schema_that_doubles_at_every_level_is_read_in_no_time(world: World) -> None:
    """Twenty-six levels, each naming the next one twice: sixty million nodes for who writes them all out."""
    levels = {
        f"d{n}": {
            "type": "object",
            "properties": {"x": {"$ref": f"#/$defs/d{n + 1}"}, "y": {"$ref": f"#/$defs/d{n + 1}"}},
        }
        for n in range(26)
    }
    schema = {
        "$defs": {**levels, "d26": {"type": "string"}},
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}},
    }
    project(world, schema=schema)
    command = [sys.executable, str(EXAMPLE.parent.parent / "cli.py"), "-C", str(world.root), "validate"]
    limited = ["bash", "-c", 'ulimit -v 2000000; exec "$@"', "limited", *command]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 3), done.stderr


# Checked in isolation.


def test_requirements_of_built_in_kinds_must_exist() -> None:
    data = read_documents(LAW.replace("paused: {}", "paused: {requirement: [E-01, Z-99]}").encode())[0].value
    around = Surroundings(frozenset(["Widget"]), requirement_ids(), document_shape(read_shape(SCHEMA)))
    (fault,) = check(read_lifecycle(data), around)
    assert (fault.code, fault.pointer, fault.message) == (
        "unknown-requirement",
        "/states/paused",
        "there is no requirement 'Z-99'",
    )
    anything = Surroundings(around.kinds, None, around.shape)
    assert check(read_lifecycle(data), anything) == ()


def test_every_line_that_can_carry_a_requirement_is_looked_at() -> None:
    """An unknown id is found wherever the schema of kind.yaml allows a requirement."""
    law = LAW.replace(
        "paused: {}",
        "paused: {requirement: Z-1, frozen: [{path: /spec, requirement: Z-2}],"
        " frozenKeys: [{path: /spec, requirement: Z-3}],"
        " allows: [{action: a, requirement: Z-4}], forbids: [{action: b, requirement: Z-5}],"
        " onEdit: [{path: /spec, effects: [], requirement: Z-6}]}",
    ).replace(LAUNCH, "{event: launch, from: draft, to: active, requirement: Z-7}")
    law += (
        "guards: {g: {rule: 'true', message: m, requirement: Z-8}}\nfacts: {f: {type: int, requirement: Z-9}}\n"
        "effects: {e: {requirement: Z-10}}\nflags: {archived: {states: [closed], requirement: Z-11}}\n"
        "references: [{path: /spec/helper, kind: Widget, requirement: Z-12}]\n"
        "refusals: [{from: closed, to: '*', message: m, requirement: Z-13}]\n"
        "constraints: [{name: c, per: [/spec], states: [active], rule: 'true', message: m, requirement: Z-14}]\n"
        "preempts: [{per: [/spec], state: active, instead: paused, where: [g], requirement: Z-15}]\n"
    )
    data = read_documents(law.encode())[0].value
    assert Validator(definition_schema()).problems(data) == []
    found = {one for _, ids in requirement_lines(read_lifecycle(data)) for one in ids}
    assert found == {f"Z-{n}" for n in range(1, 16)}
    # frozen and frozenKeys share one form, and so do allows and forbids
    assert json.dumps(definition_schema()).count('"requirement": {"$ref"') == len(found) - 2


def test_the_built_in_kinds_hold_together() -> None:
    kinds, found = load_kinds((), Path("/"))
    assert found == ()
    assert len(kinds.table) > 5
    assert kinds.own == frozenset()


# The example.


@pytest.fixture
def example(world: World) -> World:
    shutil.copytree(EXAMPLE, world.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".muster"))
    return world


def plan_json(world: World, *options: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(world.cli("plan", "--format", "json", *options).out)
    return found


def test_the_example_works_from_end_to_end(example: World) -> None:
    assert example.cli("validate") == (0, "5 manifests are valid.\n", "")
    planned = {
        one["ref"]: [step.get("event", step["op"]) for step in one["steps"]] for one in plan_json(example)["resources"]
    }
    assert planned == {
        "Speaker/ines-kramer@1": ["create"],
        "Speaker/david-osei@1": ["create"],
        "Webinar/heat-pumps-in-old-houses@1": ["create", "announce"],
        "Webinar/home-batteries@1": ["create"],
        "Webinar/reading-your-meter@1": ["create"],
    }
    assert example.cli("apply", "--yes").code == 0
    assert example.state("Webinar/heat-pumps-in-old-houses") == "announced"
    again = example.cli("plan", "--detailed-exitcode")
    assert again.code == 0, again.out


def test_the_example_refuses_what_its_readme_says(example: World) -> None:
    assert example.cli("apply", "--yes").code == 0
    title = example.manifests / "heat-pumps-in-old-houses.yaml"
    title.write_text(title.read_text().replace("before 1945", "before 1920"))
    plan = plan_json(example)
    (blocked,) = plan["blocked"]
    (refusal,) = blocked["refusals"]
    line = 1 + next(n for n, text in enumerate(title.read_text().splitlines()) if "before 1920" in text)
    assert (refusal["code"], refusal["path"], refusal["line"]) == ("frozen-field", "/spec/title", line)
    assert "people registered for this title" in refusal["message"]
    title.write_text(title.read_text().replace("before 1920", "before 1945"))

    meter = example.manifests / "home-batteries.yaml"
    text = meter.read_text()
    head, _, last = text.rpartition("state: draft")
    meter.write_text(head + "state: announced" + last)
    (blocked,) = plan_json(example)["blocked"]
    assert (blocked["ref"], {one["code"] for one in blocked["refusals"]}) == (
        "Webinar/reading-your-meter@1",
        {"guard-false"},
    )
    assert any("agreement" in one["message"] for one in blocked["refusals"])


def test_the_example_explains_itself(example: World) -> None:
    code, out, err = example.cli("explain", "Webinar")
    assert code == 0, err
    for word in ("announced", "announce", "go-live", "name a speaker who has signed"):
        assert word in out
