"""Business rules as cases: what the plan says, what applying it leaves behind, and that each way out works."""

from pathlib import Path
from shutil import copytree, rmtree

import pytest

from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.errors import Invalid
from reconciler.model.plan import Alternative, Code, Plan, Refusal, Step, Verdict
from reconciler.model.ref import Ref
from reconciler.source.definitions import requirement_ids
from tests.plan.case import Case, alter, ask, file_of, read_cases, set_up, want
from tests.world import World, blocked, planned, waiting

ALL = read_cases()
IDS = [case.name for case in ALL]
WORDS = ("of", "steps", "effects", "dangerous", "confirmed", "open", "flags", "log", "after")
OTHER_WORDS = ("refused", "offers", "nothing", "due", "unmanaged", "warned", "invalid", "exit")
KNOWN = frozenset(WORDS + OTHER_WORDS)


def test_names_and_requirements_of_the_cases_exist() -> None:
    assert len(set(IDS)) == len(IDS)
    for case in ALL:
        assert case.expect.keys() <= KNOWN, case.name
        assert set(case.requirements) <= requirement_ids(), case.name


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_case(case: Case, world: World) -> None:
    set_up(case, world)
    ask(case, world)
    before, log = world.resource(case.of) if case.campaign else None, len(world.events())
    if "exit" in case.expect:
        assert world.cli("plan").code == case.expect["exit"]
    if "invalid" in case.expect:
        _check_found(world, world.invalid().diagnostics, case.expect["invalid"])
        with pytest.raises(Invalid):
            world.apply()
        assert len(world.events()) == log
        return
    plan = world.plan()
    _check_steps(plan, case)
    _check_blocked(plan, case, world)
    _check_rest(plan, case, world)
    world.apply()
    if ("refused" in case.expect or "nothing" in case.expect) and "log" not in case.expect:
        assert world.resource(case.of) == before, "nothing is applied"
    if "log" in case.expect:
        assert [event.body.get("event") or event.body["op"] for event in world.events(case.of)] == case.expect["log"]
    if "open" not in case.expect:
        again = world.plan()
        assert (planned(again, case.of), again.due) == (None, ()), "applying it settles it"
        assert (blocked(again, case.of) is not None) == ("refused" in case.expect)


def _steps(plan: Plan, ref: str) -> tuple[Step, ...]:
    one = planned(plan, ref)
    return one.steps if one else ()


def _check_steps(plan: Plan, case: Case) -> None:
    steps, expect = _steps(plan, case.of), case.expect
    assert [step.event or step.op.value for step in steps] == expect.get("steps", [])
    if "effects" in expect:
        assert [effect for step in steps for effect in step.effects] == expect["effects"]
    if "dangerous" in expect:
        assert [step.event for step in steps if step.danger] == expect["dangerous"]
    if "confirmed" in expect:
        assert [step.event for step in steps if step.confirm] == expect["confirmed"]
    if "flags" in expect:
        assert list(steps[-1].flags) == expect["flags"]
    unknown = [guard.name for step in steps for guard in step.guards if guard.verdict is Verdict.UNKNOWN]
    assert unknown == expect.get("open", [])
    if "after" in expect:
        order = [str(one.ref) for one in plan.resources]
        assert order.index(case.of) > order.index(str(Ref.parse(expect["after"])))


def _check_blocked(plan: Plan, case: Case, world: World) -> None:
    found = blocked(plan, case.of)
    wanted: list[dict[str, str]] = case.expect.get("refused", [])
    refusals = list(found.refusals) if found else []
    for want_one in wanted:
        fitting = [one for one in refusals if _fits(one, want_one, world)]
        assert fitting, f"no refusal like {want_one} among {refusals}"
        refusals.remove(fitting[0])
    assert not refusals, "no rule is named that does not stand in the way"
    if "offers" in case.expect:
        assert found is not None
        first, ways = case.expect["offers"], [_offer(way) for way in found.alternatives]
        assert (ways[: len(first)] if first else ways) == first


def _offer(way: Alternative) -> str:
    if way.kind == "state":
        return way.state
    return f"{way.kind} after {way.state}" if way.state else way.kind


def _fits(one: Refusal, wanted: dict[str, str], world: World) -> bool:
    return (
        one.code == wanted["code"]
        and ("requirement" not in wanted or wanted["requirement"] in one.requirement)
        and wanted.get("says", "") in one.message
        and _points(one.place, wanted, world)
    )


def _points(place: Place, wanted: dict[str, str], world: World) -> bool:
    if "at" not in wanted:
        return True
    if str(place) != f"campaigns.d/{wanted['at']}":
        return False
    line = (world.root / place.file).read_text(encoding="utf-8").split("\n")[place.line - 1]
    return line[place.column - 1 :].startswith(wanted["text"])


def _check_rest(plan: Plan, case: Case, world: World) -> None:
    expect = case.expect
    assert waiting(plan, case.of) is None
    timers = [step for one in plan.due for step in one.steps if str(one.ref) == case.of]
    assert [f"{step.event}, {step.reason}".removesuffix(", ") for step in timers] == expect.get("due", [])
    if "unmanaged" in expect:
        assert [str(ref) for ref, _ in plan.unmanaged] == expect["unmanaged"]
    if "warned" in expect:
        _check_found(world, plan.diagnostics, expect["warned"])


def _check_found(world: World, found: tuple[Diagnostic, ...], wanted: list[dict[str, str]]) -> None:
    for one in wanted:
        assert any(
            finding.code == one["code"]
            and one.get("says", "") in finding.detail + finding.help
            and _points(finding.place, one, world)
            for finding in found
        ), f"nothing like {one} in {found}"


NO_CASE = (Code.OBSERVED, Code.REUSED, Code.THRESHOLD)
"""The first is found while reading; the others need more than one plan (test_properties, test_brake)."""


@pytest.mark.parametrize("code", [code for code in Code if code not in NO_CASE])
def test_every_refusal_has_a_case(code: Code) -> None:
    assert any(one["code"] == code for case in ALL for one in case.expect.get("refused", ()))


# Every way out works when taken.

REFUSED = [case for case in ALL if "refused" in case.expect]
OFFERS = {case.name: {offer.split()[0] for offer in case.expect.get("offers", ())} for case in REFUSED}
COMMANDED = [case for case in REFUSED if {"new-version", "duplicate"} & OFFERS[case.name]]


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_every_offered_state_works(case: Case, world: World) -> None:
    set_up(case, world)
    ask(case, world)
    found = blocked(world.plan(), case.of)
    assert found is not None
    for way in found.alternatives:
        if way.kind == "state":
            want(case, world, way.state, case.of)
            assert blocked(world.plan(), case.of) is None, f"{way} does not work"


@pytest.mark.parametrize("case", COMMANDED, ids=[case.name for case in COMMANDED])
def test_every_offered_command_works(case: Case, world: World, tmp_path: Path) -> None:
    """The author takes the change back, runs the command, and makes the change in what the command wrote."""
    set_up(case, world)
    copytree(world.manifests, tmp_path / "original")
    ask(case, world)
    found = blocked(world.plan(), case.of)
    assert found is not None
    ways = [way for way in found.alternatives if way.command]
    assert ways
    for way in ways:
        rmtree(world.manifests)
        copytree(tmp_path / "original", world.manifests)
        written = _carried_out(case, world, way)
        if found.refusals[0].code is Code.FROZEN:
            _change_in(written, case, world)


def _carried_out(case: Case, world: World, way: Alternative) -> Path:
    """The file that the command wrote."""
    if way.state:
        want(case, world, way.state, case.of)
        world.apply()
        assert world.state(case.of) == way.state
    before = set(world.manifests.rglob("*.yaml"))
    answer = world.cli(*way.command.split()[1:])
    assert answer.code == 0, answer
    [written] = set(world.manifests.rglob("*.yaml")) - before
    _new(case, world)
    return written


def _new(case: Case, world: World) -> Ref:
    """The one campaign that is new, and not blocked."""
    plan = world.plan()
    [new] = [one.ref for one in plan.resources if not one.origin and one.ref.kind == Ref.parse(case.of).kind]
    assert blocked(plan, str(new)) is None
    return new


def _change_in(written: Path, case: Case, world: World) -> None:
    new, before = _new(case, world), world.plan().digest
    changes = {**case.change, written.name: case.change[file_of(world, case.of).name]}
    del changes[file_of(world, case.of).name]
    alter(world, changes)
    assert _new(case, world) == new
    assert world.plan().digest != before, "the change is part of what is created"
