"""What holds for every repository: applying settles, order and names of files do not matter, the log is the state."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import jsonschema_rs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.lifecycle.shape import Shape
from reconciler.model.change import ABSENT, Change, tokens
from reconciler.model.event import GENESIS, verify
from reconciler.model.plan import Op, Plan
from reconciler.plan.codec import change_from_json, change_to_json, plan_to_json
from reconciler.plan.diff import diff
from reconciler.source.definitions import load_kinds
from tests.plan.case import CASES
from tests.world import World

Json: TypeAlias = Any
KINDS = load_kinds((), Path("/"))[0].table
PLAN_SCHEMA = Path(__file__).parent.parent.parent / "reconciler" / "views" / "plan.schema.json"
BINDING = Path(__file__).parent.parent / "manifests" / "binding"
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BASES = {stem: yaml.safe_load((CASES / f"{stem}.yaml").read_text(encoding="utf-8"))
         for stem in ("leads", "email", "referral", "receivables", "collections")}  # fmt: skip
CAMPAIGNS = {
    "leads/solar.yaml": "LeadCampaign",
    "email/spring.yaml": "EmailCampaign",
    "referral/summer.yaml": "ReferralCampaign",
    "receivables/overdue.yaml": "ReceivablesCampaign",
    "collections/q2.yaml": "CollectionCampaign",
}
START = "schedule: {entries: [{at: 2027-03-01T09:00:00Z, state: running}]}\n"
LIVE_FOR_A_MONTH = (
    "schedule: {entries: [{at: 2027-02-15T00:00:00Z, state: live}, {at: 2027-03-15T00:00:00Z, state: paused}]}\n"
)
EDITS = [
    ("email/spring.yaml", "03-01T09", "02-01T09"),
    ("referral/summer.yaml", "spec:\n", f"{LIVE_FOR_A_MONTH}spec:\n"),
    ("collections/q2.yaml", "2027-06-30", "2027-02-28"),
    ("leads/solar.yaml", "Solar quotes", "Quotes for solar panels"),
    ("leads/solar.yaml", "{name: phone, type: phone}", "{name: phone, type: string}"),
    ("leads/buyer.yaml", "18.50", "19.00"),
    ("email/spring.yaml", "Spring is here", "Spring has come"),
    ("email/spring.yaml", "percent: 30", "percent: 29"),
    ("email/spring.yaml", "metadata: {name: spring}", "metadata: {name: spring}\narchived: true"),
    ("email/template.yaml", "<p>Spring", "<p>Summer"),
    ("email/relays.yaml", "max: 14", "max: 20"),
    ("referral/summer.yaml", '"50.00"', '"60.00"'),
    ("receivables/rules.yaml", ">= 7", ">= 14"),
    ("receivables/overdue.yaml", "Consumer invoices overdue", "Consumer invoices"),
    ("collections/q2.yaml", "strategy: medium", "strategy: hard"),
    ("collections/q2.yaml", "{name: q2}", "{name: second-quarter, movedFrom: q2}"),
]


@contextmanager
def a_world() -> Iterator[World]:
    """All five kinds in one repository, nothing stored, every fact known."""
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        for stem, base in BASES.items():
            for name, text in base["files"].items():
                world.write(
                    f"{stem}/{name}", text.replace("spec:\n", f"{START}spec:\n") if name == "spring.yaml" else text
                )
        world.runtime("EmailCampaign", {"estimatedRecipients": 3})
        world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": True})
        yield world


# Random histories.

states = st.sampled_from(list(CAMPAIGNS)).flatmap(
    lambda file: st.tuples(
        st.just("desire"), st.just(file), st.sampled_from(KINDS[CAMPAIGNS[file]].lifecycle.desirable)
    )
)
edits = st.tuples(st.just("edit"), st.sampled_from(EDITS))
days = st.tuples(st.just("wait"), st.integers(1, 100))
rounds = st.lists(st.lists(st.one_of(states, states, edits, days), min_size=1, max_size=4), min_size=1, max_size=4)


def act(world: World, action: tuple[Any, ...]) -> None:
    if action[0] == "wait":
        world.clock.advance(days=action[1])
        return
    if action[0] == "edit":
        name, one, other = action[1]
        file = world.manifests / name
        text = file.read_text(encoding="utf-8")
        text = text.replace(other, one) if other in text else text.replace(one, other)
    else:
        file = world.manifests / action[1]
        lines = file.read_text(encoding="utf-8").split("\n")
        text = "\n".join(f"state: {action[2]}" if line.startswith("state:") else line for line in lines)
    file.write_text(text, encoding="utf-8")


@SLOW
@given(rounds)
def test_applying_settles_and_the_log_is_the_state(history: list[list[tuple[Any, ...]]]) -> None:
    with a_world() as world:
        world.apply()
        for actions in history:
            for action in actions:
                act(world, action)
            before = world.plan()
            assert world.plan().digest == before.digest, "planning changes nothing"
            assert_json(before)
            outcome = world.apply()
            assert [*outcome.stale, *outcome.denied, *outcome.waiting, *outcome.failed] == []
            missed = sum(len(one.missed) for one in before.blocked)
            assert outcome.steps == missed + sum(len(one.steps) for one in (*before.due, *before.resources))
            after = world.plan()
            assert (after.due, after.resources) == ((), ()), "plan after apply is empty"
            assert refused(after) == refused(before), "what was refused is refused as before"
            assert not world.apply().steps
        assert_log(world)


def refused(plan: Plan) -> list[tuple[str, list[str]]]:
    return [(str(one.ref), [refusal.code for refusal in one.refusals]) for one in plan.blocked]


def assert_log(world: World) -> None:
    """Each chain is whole, and folding it gives the row."""
    with world.store() as store:
        heads = store.heads()
        rows = store.load(heads)
    for ref, row in rows.items():
        events, previous = world.events(str(ref)), GENESIS
        for number, event in enumerate(events, start=1):
            assert verify(event)
            assert (event.sequence, event.previous) == (number, previous)
            previous = event.hash
        assert previous == row.head
        folded = world.folded(str(ref))
        assert folded["ref"] == str(ref)
        assert (folded["state"], folded["satisfied"], folded["flags"]) == (row.state, row.satisfied, row.flags)
        assert (folded["digest"], folded["document"], folded["asked"]) == (row.digest, row.document, row.asked)
        assert row.revision == len(events)


# Plan JSON.


def assert_json(plan: Plan) -> None:
    data = plan_to_json(plan)
    assert json.loads(json.dumps(data)) == data
    validator().validate(data)
    for one in plan.resources:
        for step in one.steps:
            assert [change_from_json(change_to_json(change)) for change in step.changes] == list(step.changes)


def validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(PLAN_SCHEMA.read_text(encoding="utf-8")))


def test_plan_json_of_invalid_files_is_valid(world: World) -> None:
    world.write("broken.yaml", "kind: [\n")
    answer = world.cli("plan", "--format", "json")
    assert answer.code == 3
    validator().validate(json.loads(answer.out))


@pytest.mark.parametrize("broken", [{"extra": 1}, {"digest": "sha256:x"}, {"unmanaged": None}, {"resources": [{}]}])
def test_the_plan_schema_refuses_what_is_no_plan(broken: dict[str, Any]) -> None:
    with a_world() as world:
        data = plan_to_json(world.plan())
    validator().validate(data)
    assert not validator().is_valid({**data, **broken})


# Files: order and names.


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_order_and_names_of_files_do_not_matter(seed: int) -> None:
    rng = Random(seed)
    with a_world() as world:
        digest, count = world.plan().digest, len(world.plan().resources)
        for stem in BASES:
            _scatter(world.manifests / stem, rng)
        plan = world.plan()
        assert len(plan.resources) == count
        assert plan.digest == digest


def _scatter(directory: Path, rng: Random) -> None:
    """The documents of a folder, shuffled into files with other names; a file that a manifest names stays beside it."""
    documents = []
    for file in sorted(directory.glob("*.yaml")):
        documents += file.read_text(encoding="utf-8").split("\n---\n")
        file.unlink()
    rng.shuffle(documents)
    names = [f"{rng.getrandbits(32):x}.{rng.choice(['yaml', 'yml'])}" for _ in range(rng.randint(1, len(documents)))]
    parts: dict[str, list[str]] = {}
    for document in documents:
        parts.setdefault(rng.choice(names), []).append(document)
    for name, some in parts.items():
        (directory / name).write_text("\n---\n".join(some), encoding="utf-8")


# Diff: an independent patcher turns before into after.

Tree: TypeAlias = Any


def tree(value: Json, shape: Shape) -> Tree:
    """A document with lists as tables: by key, by value or by index, as changes name their items."""
    shape = shape.choose(value)
    if isinstance(value, dict):
        return {name: tree(inner, shape.members.get(name) or shape.values or Shape()) for name, inner in value.items()}
    if isinstance(value, list):
        item = shape.item or Shape()
        if shape.key:
            return {str(one[shape.key]): tree(one, item) for one in value}
        return {str(one) if shape.is_set else str(i): tree(one, item) for i, one in enumerate(value)}
    return value


def patched(before: Tree, changes: tuple[Change, ...], shape: Shape) -> Tree:
    """`before` with each change made; that each says truly what was there before is checked on the way."""
    result = json.loads(json.dumps(before))
    for change in changes:
        *way, last = tokens(change.path)
        node, inner = result, shape
        for token in way:
            node, inner = node[token], _inside(inner, token)
        table = _inside(inner, last)
        was = node.get(last, ABSENT)
        assert was == (ABSENT if change.before is ABSENT else tree(change.before, table))
        if change.after is ABSENT:
            del node[last]
        else:
            node[last] = tree(change.after, table)
    return result


def _inside(shape: Shape, token: str) -> Shape:
    for branch in (shape, *shape.choices):
        found = branch.members.get(token) or branch.item or branch.values
        if found:
            return found
    return Shape()


def _documents() -> list[tuple[str, Mapping[str, Any]]]:
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        for file in BINDING.glob("*.yaml"):
            world.write(file.name, file.read_text(encoding="utf-8"))
        for name in ("templates/spring.html", "templates/spring.txt", "creatives/summer.html"):
            world.write(name, "x")
        with world.opened() as reconciler:
            library = reconciler.gatherer.library
            return [(ref.kind, document) for ref, document in library.documents(library.catalog.manifests).items()]


DOCUMENTS = sorted(_documents(), key=lambda pair: (pair[0], json.dumps(pair[1], sort_keys=True)))


class Mutator:
    """Changes a document here and there, within what its shape can name."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def value(self, value: Json, shape: Shape) -> Json:
        shape = shape.choose(value)
        if isinstance(value, dict):
            return self._object(value, shape)
        if isinstance(value, list):
            return self._list(value, shape)
        if self.rng.random() < 0.15:
            return self.rng.choice([f"{value}x", "a/b~c", 0, 1, True, False, None, "", 1.5])
        return value

    def _object(self, value: dict[str, Any], shape: Shape) -> Json:
        kept = {k: v for k, v in value.items() if self.rng.random() > 0.08 or k in shape.required}
        other = shape.values or Shape()
        result = {name: self.value(inner, shape.members.get(name, other)) for name, inner in kept.items()}
        if shape.values is not None and self.rng.random() < 0.3:
            result[self.rng.choice(["new", "a/b", "m~n", "~1"])] = "added"
        return result

    def _list(self, value: list[Any], shape: Shape) -> Json:
        item = shape.item or Shape()
        if shape.key:
            # Items keep their keys: without unique ones a list has no keyed form.
            items = [{**self.value(one, item), shape.key: one[shape.key]} for one in value if self.rng.random() > 0.15]
            if value and self.rng.random() < 0.3:
                items.append({**value[0], shape.key: self.rng.choice(["zz", "a/b", "~"])})
            return items
        if shape.is_set:
            return [one for one in value if self.rng.random() > 0.2] + self.rng.choice([[], [], ["zz"], ["a/b", "c~d"]])
        items = [self.value(one, item) for one in value if self.rng.random() > 0.15]
        return items + [value[0]] * self.rng.choice([0, 0, 1, 12]) if value else items


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.integers(0, 2**32))
def test_the_changes_of_a_diff_turn_before_into_after(pair: tuple[str, dict[str, Any]], seed: int) -> None:
    kind, document = pair
    shape, rng = KINDS[kind].shape, Random(seed)
    before, after = (Mutator(rng).value(document, shape) for _ in range(2))
    changes = diff(before, after, shape)
    wanted = tree(after, shape)
    assert patched(tree(before, shape), changes, shape) == wanted
    assert (changes == ()) == (tree(before, shape) == wanted)
    assert diff(after, after, shape) == ()
    assert [change.path for change in changes] == sorted({one.path for one in changes}), "each once, in order"
    back = {change.path: (change.after, change.before) for change in diff(after, before, shape)}
    assert back == {change.path: (change.before, change.after) for change in changes}, "and the way back"


def test_a_created_resource_carries_its_whole_document() -> None:
    with a_world() as world:
        for one in world.plan().resources:
            [create] = [step for step in one.steps if step.op is Op.CREATE]
            assert {change.path for change in create.changes} >= {"/spec"}


def test_a_name_that_a_rename_gave_up_is_not_used_again() -> None:
    """DESIGN §3: campaign refs are never reused. Its history would be read as that of another campaign."""
    with a_world() as world:
        file = world.manifests / "collections" / "q2.yaml"
        text = file.read_text(encoding="utf-8")
        world.apply()
        file.write_text(text.replace("{name: q2}", "{name: second-quarter, movedFrom: q2}"), encoding="utf-8")
        world.apply()
        assert world.state("CollectionCampaign/second-quarter") == "active"
        world.write("collections/again.yaml", text)
        assert ("CollectionCampaign/q2@1", ["ref-reused"]) in refused(world.plan())
