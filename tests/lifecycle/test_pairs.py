"""Every ordered pair of states of every kind: legal by these events, nothing to do, or refused, by requirement id."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.controller.gather import checked
from reconciler.model.lifecycle import Role
from reconciler.model.plan import Code
from reconciler.model.ref import Ref
from reconciler.source.definitions import load_kinds
from tests.world import World, blocked, events_of, planned, waiting

TABLE: dict[str, dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "pairs.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
DUE = {
    "2027-01-04T08:30:00Z": TABLE.pop("EmailCampaign, start due"),
    "2027-01-04T07:30:00Z": TABLE.pop("EmailCampaign, start missed"),
}
"""By the time of the start: half an hour ago, and later than its deadline of an hour allows."""
BINDING = Path(__file__).parent.parent / "manifests" / "binding"
KINDS = load_kinds((), Path("/"))[0].table
FACTS: dict[str, dict[str, Any]] = {
    "EmailCampaign": {"estimatedRecipients": 3},
    "ReceivablesCampaign": {"sampleInvoiceMatches": True, "testCurrent": True},
}
FAR = "schedule: {entries: [{at: 2028-01-03T09:00:00Z, state: running}]}"
"""Beyond what a plan looks at; without any start to come, an EmailCampaign may not be scheduled (E-12)."""
CONTENT = ("templates/spring.html", "templates/spring.txt", "creatives/summer.html")


@cache
def documents() -> dict[Ref, str]:
    """The binding manifests by ref, as text; without schedules and flags, so that only their states decide.

    E-mail campaigns keep one entry, which lies far ahead.
    """
    found = {}
    for file in sorted(BINDING.glob("*.yaml")):
        for text in re.split(r"(?m)^---\n", file.read_text(encoding="utf-8")):
            data = yaml.load(text, Loader=yaml.CBaseLoader)
            meta = data["metadata"]
            bare = re.sub(r"(?m)^(schedule:\n(  .*\n)+|archived:.*\n)", "", text)
            if data["kind"] == "EmailCampaign":
                bare = bare.replace("\nspec:", f"\n{FAR}\nspec:", 1)
            found[Ref(data["kind"], meta["name"], int(meta.get("version", 1)))] = bare
    return found


@cache
def example(kind: str) -> tuple[Ref, ...]:
    """A resource of `kind`, first, and what it refers to: nobody else, so that no neighbour forbids anything."""
    return _with_targets(next(ref for ref in documents() if ref.kind == kind))


def _with_targets(ref: Ref) -> tuple[Ref, ...]:
    found = [ref]
    for one in found:
        names = set(re.findall(r"[a-z0-9-]+", re.sub(r"#.*", "", documents()[one]).partition("spec:")[2]))
        kinds = {reference.kind for reference in KINDS[one.kind].lifecycle.references}
        found += [other for other in documents() if other.kind in kinds and other.name in names and other not in found]
    return tuple(found)


def file_of(ref: Ref) -> str:
    return f"{ref.kind}-{ref.name}.yaml"


def make(world: World, kind: str, origin: str) -> str:
    """A world with the example of `kind` in `origin` and what it refers to in order; its ref."""
    refs = example(kind)
    for name in CONTENT:
        world.write(name, "x")
    for ref in refs:
        world.write(file_of(ref), documents()[ref])
    for name, facts in FACTS.items():
        world.runtime(name, facts)
    # What a contract is about has left draft; the example itself is where the pair says.
    states = {str(ref): "test" if ref.kind == "LeadCampaign" else "present" for ref in refs[1:]}
    world.stored_all({**states, str(refs[0]): "" if origin == "nothing" else origin})
    return str(refs[0])


def desire(world: World, kind: str, state: str) -> None:
    text = re.sub(r"(?m)^state:.*\n", "", documents()[example(kind)[0]])
    world.write(file_of(example(kind)[0]), text.replace("\nspec:", f"\nstate: {state}\nspec:", 1))


def _pairs() -> list[tuple[str, str, str, Any]]:
    supporting = [name for name, kind in KINDS.items() if kind.lifecycle.role is not Role.CAMPAIGN]
    tables = [(kind, rows) for kind, rows in TABLE.items() if kind != "supporting"]
    tables += [(kind, TABLE["supporting"]) for kind in sorted(supporting)]
    return [(kind, a, b, entry) for kind, rows in tables for a, row in rows.items() for b, entry in row.items()]


PAIRS = _pairs()


def test_the_table_has_every_pair_of_every_kind() -> None:
    assert {kind for kind, *_ in PAIRS} == KINDS.keys()
    for name, kind in KINDS.items():
        states = set(kind.lifecycle.states)
        given = [(a, b) for one, a, b, _ in PAIRS if one == name]
        assert sorted(given) == sorted((a, b) for a in states | {"nothing"} for b in states)
    campaigns = TABLE.keys() - {"supporting"}
    assert sum(kind in campaigns and a != "nothing" for kind, a, _, _ in PAIRS) == 25 + 64 + 25 + 16 + 25


def test_the_examples_differ_only_in_kind_and_are_complete() -> None:
    assert {ref.kind for ref in documents()} == KINDS.keys()


@pytest.mark.parametrize(("kind", "origin", "target", "entry"), PAIRS, ids=[f"{k}: {a} to {b}" for k, a, b, _ in PAIRS])
def test_pair(kind: str, origin: str, target: str, entry: Any, world: World) -> None:
    ref = make(world, kind, origin)
    desire(world, kind, target)
    if entry == "X-04!":
        codes = [(one.code, one.ref or ref) for one in world.invalid().diagnostics if one.severity == "error"]
        assert codes == [("observed-state", ref)]
        return
    check(world, ref, entry)
    if isinstance(entry, list):
        world.apply()
        assert world.state(ref) == target
        assert check_nothing(world, ref)


def check(world: World, ref: str, entry: Any) -> None:
    plan = world.plan()
    found = blocked(plan, ref)
    if isinstance(entry, list):
        assert found is None
        assert events_of(plan, ref) == entry
        assert planned(plan, ref) is not None
    elif entry == "same":
        assert check_nothing(world, ref)
    else:
        assert planned(plan, ref) is None
        assert found is not None
        assert [refusal.code for refusal in found.refusals] == [Code.ILLEGAL]
        assert entry in found.refusals[0].requirement
        assert str(found.refusals[0].place).startswith(f"campaigns.d/{file_of(Ref.parse(ref))}:")


def check_nothing(world: World, ref: str) -> bool:
    plan = world.plan()
    return planned(plan, ref) is None and blocked(plan, ref) is None and waiting(plan, ref) is None


@pytest.mark.parametrize(
    ("at", "origin", "entry"), [(at, origin, entry) for at, rows in DUE.items() for origin, entry in rows.items()]
)
def test_a_start_that_is_due(at: str, origin: str, entry: Any, world: World) -> None:
    ref = make(world, "EmailCampaign", origin)
    file = world.manifests / file_of(Ref.parse(ref))
    scheduled = f"state: scheduled\nschedule: {{entries: [{{at: {at}, state: running}}]}}"
    text = re.sub(r"(?m)^state:.*\n", "", file.read_text(encoding="utf-8")).replace(f"\n{FAR}", f"\n{scheduled}", 1)
    file.write_text(text, encoding="utf-8")
    # The schedule is as it was when the resource came to where it is.
    world.stored_all({ref: "" if origin == "nothing" else origin})
    if isinstance(entry, dict):
        (one,) = world.plan().due
        assert (str(one.ref), [step.event for step in one.steps]) == (ref, [entry["timer"]])
    else:
        check(world, ref, entry)
    if not isinstance(entry, str):
        events = [entry["timer"]] if isinstance(entry, dict) else entry
        world.apply()
        assert world.state(ref) == {"start": "running", "miss-start": "failed", "resume": "running"}[events[-1]]


def test_links_of_the_examples_resolve(world: World) -> None:
    for kind in KINDS:
        for ref in example(kind):
            world.write(file_of(ref), documents()[ref])
    for name in CONTENT:
        world.write(name, "x")
    with world.opened() as reconciler:
        links, _ = checked(reconciler.gatherer.library, reconciler.gatherer.kinds.table, world.clock.now())
    for kind in KINDS:
        targets = {link.target for ref in example(kind) for link in links.of.get(ref, ())}
        assert targets <= set(example(kind)), kind
