"""`muster explain` leaves out nothing that a definition says, and says it within 100 columns."""

import json
import re
from pathlib import Path

import pytest

from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, Role, Trigger
from reconciler.source.definitions import load_kinds, requirements
from reconciler.views.explain import grouped, kind_page
from reconciler.views.explain_requirement import carriers, known_ids, requirement_page
from reconciler.views.explain_words import either, timer_words
from reconciler.views.prose import Entry, Page, Section, Span, code, code_span, markdown_page, name, text_page
from reconciler.views.style import Style
from tests.world import World

KINDS, _ = load_kinds((), Path("/"))
LAWS = [kind.lifecycle for kind in KINDS.table.values()]
PLAIN = Style(color=False)

every_kind = pytest.mark.parametrize("law", LAWS, ids=[law.kind for law in LAWS])


def flat(text: str) -> str:
    """Without line breaks and indents, so that a wrapped sentence is found."""
    return " ".join(text.split())


@every_kind
def test_a_page_tells_all_that_the_definition_says(law: Lifecycle) -> None:
    text = flat(text_page(kind_page(law), PLAIN))
    for state in law.states.values():
        assert state.name in text
        for frozen in (*state.frozen, *state.frozen_keys):
            assert f"{frozen.path or 'everything'} " in text
            assert flat(frozen.message) in text
        for edit in state.on_edit:
            assert f"{edit.path} sets off {' · '.join(edit.effects)}" in text
    for guard in law.guards.values():
        assert flat(guard.rule) in text
        assert flat(guard.message) in text
    for reference in law.references:
        assert f"{reference.path} → {reference.kind}" in text
        if reference.freezes:
            assert f"which may not change while this one is {either(reference.freezes)}" in text
    for step in law.preempts:
        assert f"is to be {step.state}, others go from {step.state} to {step.instead}" in text
    for constraint in law.constraints:
        assert f"{constraint.name} " in text
        assert flat(constraint.rule) in text
    for state in law.states.values():
        assert all(f"{guard} " in text.split("on create")[1] for guard in state.on_create)
    for table, what, words, ids in carriers(law):
        assert flat(words) in text, (table, what)
        assert (f"[{', '.join(ids)}]" if ids else "") in text, (table, what)


@every_kind
def test_every_transition_is_told_from_where_to_where_and_by_whom(law: Lifecycle) -> None:
    text = flat(text_page(kind_page(law), PLAIN))
    for origins, edge in grouped(law.transitions):
        told = text.split(f"{edge.event}: {', '.join(origins)} → {edge.target} ")[1].split(" → ")[0]
        by = {Actor.USER: "a manifest or a person", Actor.SYSTEM: "the runtime reports it", Actor.TIMER: "a timer:"}
        assert by[edge.by] in told
        for guard in edge.guards:
            assert f"{guard} — else: {law.guards[guard].message}" in told
        for effect in edge.effects:
            assert effect in told
        assert edge.danger in told
    assert sum(len(origins) for origins, _ in grouped(law.transitions)) == len(law.transitions)


@every_kind
def test_lines_stay_within_100_columns(law: Lifecycle) -> None:
    long = [line for line in text_page(kind_page(law), PLAIN).splitlines() if len(line) > 100]
    assert not long


@every_kind
def test_colour_changes_no_word(law: Lifecycle) -> None:
    coloured = text_page(kind_page(law), Style(color=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text_page(kind_page(law), PLAIN)
    assert coloured != text_page(kind_page(law), PLAIN)


@every_kind
def test_markdown_has_a_heading_for_every_state(law: Lifecycle) -> None:
    lines = markdown_page(kind_page(law)).splitlines()
    for state in law.states:
        assert any(line.startswith("### " + state.replace("_", r"\_")) for line in lines), state


@pytest.mark.parametrize(
    ("timer", "words"),
    [
        (Trigger(after="3 months"), "a timer: 3 months after it became ended"),
        (Trigger(after="self.spec.pending"), "a timer: spec.pending after it became ended"),
        (Trigger(daily="settings.nightlyJob"), "a timer: once a day, at settings.nightlyJob"),
        (Trigger(at="schedule.running"), "a timer: at the time of the schedule's entry for running"),
        (Trigger(at="schedule.a", deadline="self.spec.late"), "— and no later than spec.late after that"),
        (Trigger(after="1 day", zone="refs.program.spec.timezone"), "— in the time zone of refs.program.spec.timezone"),
        (Trigger(after="1 day", when="has(self.spec.x)"), "— if has(self.spec.x)"),
        (
            Trigger(instead_of="start"),
            "a timer: in place of start when its time has come, but a guard says no or it is too late",
        ),
    ],
)
def test_timers_are_told_in_words(timer: Trigger, words: str) -> None:
    assert words in " ".join(span.text for span in timer_words(timer, "ended"))


@pytest.mark.parametrize(
    ("words", "told"), [((), "any state"), (("a",), "a"), (("a", "b"), "a or b"), (("a", "b", "c"), "a, b or c")]
)
def test_either(words: tuple[str, ...], told: str) -> None:
    assert either(words) == told


def test_pages_keep_control_characters_and_markup_out() -> None:
    page = Page((name("x\x1b[2J"),), (), (Section("<b>", (Entry((code("a`b`` c"), Span("*not* [bold](x) <i>"))),)),))
    assert "\x1b" not in text_page(page, PLAIN)
    text = markdown_page(page)
    assert r"\*not\* \[bold\](x) \<i\>" in text
    assert "## \\<b\\>" in text
    assert "```a`b`` c```" in text
    assert code_span("`x`") == "`` `x` ``"


# The words, on the command line.


def test_explain_lists_every_kind_campaigns_first(world: World) -> None:
    answer = world.cli("explain")
    assert answer.code == 0
    named = [line.split()[0] for line in answer.out.splitlines()[1:] if line and not line.startswith((" ", "`"))]
    assert set(named) == set(KINDS.table) and len(named) == len(KINDS.table)
    roles = [KINDS.table[kind].lifecycle.role for kind in named]
    assert roles == sorted(roles, key=list(Role).index)
    assert max(map(len, answer.out.splitlines())) <= 100


def test_explain_a_kind_says_what_is_frozen_where_and_why(world: World) -> None:
    text = flat(world.cli("explain", "LeadCampaign").out)
    published = text.split("published (outward)")[1].split("sundowned means")[0]
    assert "/spec/fields — fields of a published version are fixed; make a new version [L-25]" in published
    assert "/spec/verticals gains and loses nothing, what is in it may change" in published


def test_explain_as_json_and_markdown(world: World) -> None:
    data = json.loads(world.cli("explain", "EmailCampaign", "--format", "json").out)
    assert list(data["states"]) == list(KINDS.table["EmailCampaign"].lifecycle.states)
    assert {"event": "fail", "origin": "running", "target": "failed", "by": "system"}.items() <= next(
        edge for edge in data["transitions"] if edge["event"] == "fail"
    ).items()
    assert data["references"][0]["freezes"] == ["running", "paused"]
    every = json.loads(world.cli("explain", "--format", "json").out)
    assert {one["kind"] for one in every} == set(KINDS.table)
    assert world.cli("explain", "EmailCampaign", "--format", "markdown").out.startswith("# EmailCampaign")
    assert world.cli("explain", "--format", "markdown").out.count("\n| ") == len(KINDS.table) + 1


def test_unknown_kinds_and_requirements_are_usage_errors_with_a_suggestion(world: World) -> None:
    kind = world.cli("explain", "leadcampain")
    assert (kind.code, kind.out) == (64, "")
    assert "did you mean 'LeadCampaign'?" in kind.err
    requirement = world.cli("explain", "--requirement", "AMB-X99")
    assert (requirement.code, requirement.out) == (64, "")
    assert "did you mean 'AMB-" in requirement.err
    assert world.cli("explain", "Zzzz").err.count("did you mean") == 0


def test_a_requirement_says_what_it_means_and_who_carries_it(world: World) -> None:
    text = flat(world.cli("explain", "--requirement", "l-25").out)
    assert flat(requirements()["L-25"]["says"]) in text
    assert "LeadCampaign state published freezes /spec/fields" in text
    assert "EmailCampaign" not in text
    data = json.loads(world.cli("explain", "EmailCampaign", "--requirement", "E-42", "--format", "json").out)
    assert {line["kind"] for line in data["carriedBy"]} == {"EmailCampaign"}
    guards = [line["line"] for line in data["carriedBy"] if line["table"] == "guard"]
    assert guards == ["subject-set", "sender-set", "content-set", "targets-set", "smtp-set"]


def test_every_requirement_has_a_page_that_fits(world: World) -> None:
    for known in known_ids(LAWS, requirements()):
        text = text_page(requirement_page(known, LAWS, requirements()), PLAIN)
        assert flat(requirements()[known]["says"]) in flat(text)
        assert max(map(len, text.splitlines())) <= 100
        carried = any(known in ids for law in LAWS for *_, ids in carriers(law))
        assert ("No line of a definition carries it." in text) != carried


def test_graph_draws_to_stdout_or_a_file_and_takes_the_format_from_its_name(world: World, tmp_path: Path) -> None:
    assert world.cli("graph", "LeadCampaign").out.startswith("stateDiagram-v2\n")
    assert world.cli("graph", "LeadCampaign", "--format", "svg").out.startswith("<svg ")
    for file, start in (("a.svg", "<svg "), ("a.mmd", "stateDiagram-v2\n")):
        answer = world.cli("graph", "LeadCampaign", "--out", str(tmp_path / file))
        assert (answer.code, answer.out) == (0, "")
        assert (tmp_path / file).read_text("utf-8").startswith(start)
    missing = world.cli("graph", "LeadCampaign", "--out", str(tmp_path / "no" / "a.svg"))
    assert missing.code == 64 and "cannot be written" in missing.err
    assert "did you mean 'LeadCampaign'?" in world.cli("graph", "LeadCampaing").err
