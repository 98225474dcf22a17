"""`muster test`: what it reads, what it refuses, and that an expectation which is not met is told."""

import json
from pathlib import Path
from textwrap import dedent, indent
from xml.etree import ElementTree as Xml

import pytest

from tests.world import World

PROGRAM = """\
apiVersion: muster/v1
kind: ReferralProgram
metadata: {name: friends}
spec: {timezone: America/New_York}
"""
OFFER = """\
apiVersion: muster/v1
kind: ReferralCampaign
metadata: {name: offer}
state: not_launched
schedule:
  timezone: America/New_York
  entries:
    - {at: 2027-06-01T09:00, state: live}
    - {at: 2027-07-01T09:00, state: paused}
spec: {program: friends}
"""
BARE = """\
apiVersion: muster/v1
kind: ReferralCampaign
metadata: {name: bare}
state: not_launched
spec: {program: friends}
"""
HEAD = """\
test: an offer
now: 2027-05-01T09:00
timezone: America/New_York
given: {manifests: campaigns.d}
"""


@pytest.fixture
def team(world: World) -> World:
    """A repository with one offer that is scheduled."""
    world.write("program.yaml", PROGRAM)
    world.write("offer.yaml", OFFER)
    return world


def case(world: World, text: str, head: str = HEAD, file: str = "offer.test.yaml") -> Path:
    return world.write(f"../tests/{file}", head + dedent(text))


def steps(text: str) -> str:
    return "steps:\n" + indent(dedent(text), "  ")


def told(world: World, text: str, head: str = HEAD) -> list[str]:
    """What `muster test` says of a case with these steps; nothing where it passes."""
    case(world, text, head)
    code, out, err = world.cli("test", "--format", "json")
    assert code in (0, 1), out + err
    failures = json.loads(out)["cases"][0]["failures"]
    assert code == bool(failures)
    return [f"{one['line']}: {one['what']} | {one['expected']} | {one['got']}" for one in failures]


# Each expectation, met and not met.


@pytest.mark.parametrize(
    ("expectation", "unmet"),
    [
        ("expect: {ReferralCampaign/offer: live}", ""),
        ("expect: {ReferralCampaign/offer: paused}", "ReferralCampaign/offer@1 | paused | live"),
        ("expect: {ReferralCampaign/offer@1: live}", ""),
        ("expect: {ReferralCampaign/other: null}", ""),
        ("expect: {ReferralCampaign/offer: null}", "ReferralCampaign/offer@1 | nothing | live"),
        ("expect: {ReferralCampaign/other: live}", "ReferralCampaign/other@1 | live | nothing"),
        ("expect: {ReferralCampaign/offer: {desired: live, satisfied: [live], flags: []}}", ""),
        ("expect: {ReferralCampaign/offer: {desired: paused}}", "desired of ReferralCampaign/offer@1 | paused | live"),
        (
            "expect: {ReferralCampaign/offer: {satisfied: [live, paused]}}",
            "satisfied of ReferralCampaign/offer@1 | [live, paused] | [live]",
        ),
        ("expect events: {ReferralCampaign/offer: [create, launch]}", ""),
        ("expect events: {ReferralCampaign/offer: [launch]}", "events of ReferralCampaign/offer@1 | "),
        ("expect events: {ReferralCampaign/offer: [create, launch, pause]}", "events of ReferralCampaign/offer@1 | "),
        ("expect events: {ReferralCampaign/offer: [launch, create]}", "events of ReferralCampaign/offer@1 | "),
        ('expect events: {ReferralCampaign/offer: ["…", launch]}', ""),
        ('expect events: {ReferralCampaign/offer: [create, "..."]}', ""),
        ('expect events: {ReferralCampaign/offer: ["…", create]}', "events of ReferralCampaign/offer@1 | "),
        ("expect events: {ReferralCampaign/offer: [create, {event: launch, at: 2027-06-01T13:00Z, by: user, to: live}]}", ""),
        (
            "expect events: {ReferralCampaign/offer: [create, {event: launch, at: 2027-06-01T09:01}]}",
            "events of ReferralCampaign/offer@1",
        ),
        ("expect log: [{event: create, ref: ReferralProgram/friends}, create, launch]", ""),
        ("expect log: [create, launch]", "the log"),
        ("expect log: ['…', {event: launch, by: timer}]", "the log"),
        ("expect effects: {ReferralCampaign/offer: [offer-to-everyone]}", ""),
        ("expect effects: {ReferralCampaign/offer: []}", "effects of ReferralCampaign/offer@1 | [] | [offer-to-everyone]"),
        ("expect diagnostics: []", ""),
        ("expect diagnostics: [past-entries]", "the diagnostics | [past-entries] | nothing"),
        ("expect plan: {exit: 0, blocked: {}, waiting: {}, unmanaged: [], steps: {ReferralCampaign/offer: []}}", ""),
        ("expect plan: {exit: 4}", "exit of the plan | 4 | 0"),
        ("expect plan: {blocked: {ReferralCampaign/offer: frozen-field}}", "refusals of ReferralCampaign/offer@1 | "),
        ("expect plan: {waiting: {ReferralCampaign/offer: start}}", "what waits"),
        ("expect plan: {unmanaged: [ReferralCampaign/offer]}", "what is unmanaged | [ReferralCampaign/offer] | []"),
        ("expect plan: {steps: {ReferralCampaign/offer: [pause]}}", "planned steps of ReferralCampaign/offer@1 | [pause] | []"),
        ("expect plan: {at: 2027-07-01T09:00, steps: {ReferralCampaign/offer: [pause]}}", ""),
        ("expect plan: {timeline: [{at: 2027-07-01T09:00, event: pause, to: paused, verdict: legal, source: schedule, "
         "place: campaigns.d/offer.yaml:9}]}", ""),
        ("expect plan: {timeline: [{event: pause, place: campaigns.d/offer.yaml:8}]}", "the timeline of the plan"),
        ("expect plan: {timeline: [{event: pause, against: [campaigns.d/offer.yaml:8]}]}", "the timeline of the plan"),
        ("expect plan: {horizon: 1w, timeline: []}", ""),
        ("expect plan: {horizon: 1w, timeline: [{event: pause}]}", "the timeline of the plan"),
    ],
)  # fmt: skip
def test_an_expectation_is_met_or_told(team: World, expectation: str, unmet: str) -> None:
    found = told(team, steps("- advance: 2 months\n- " + expectation).replace("2 months", "31d"))
    assert len(found) == bool(unmet), found
    assert not unmet or unmet in found[0]


def test_it_goes_on_after_an_expectation_that_is_not_met_and_says_where_each_stands(team: World) -> None:
    found = told(team, steps("""\
        - advance: 2 months
          expect: {ReferralCampaign/offer: ended}
        - expect:
            ReferralProgram/friends: present
            ReferralCampaign/offer: stopped
        """))  # fmt: skip
    assert [one.partition(" |")[0] for one in found] == [
        "7: ReferralCampaign/offer@1",
        "10: ReferralCampaign/offer@1",
    ]


def test_a_refusal_is_told_by_code_words_and_place(team: World) -> None:
    change = "- merge: {campaigns.d/offer.yaml: {'state: not_launched': 'state: paused'}}\n"
    plan = "- expect plan: {exit: 4, blocked: {ReferralCampaign/offer: {%s}}}\n"
    met = "code: illegal-transition, says: never live, place: campaigns.d/offer.yaml:4"
    assert told(team, steps(change + plan % met)) == []
    for wrong in ("code: frozen-field", "says: always live", "place: campaigns.d/offer.yaml:5"):
        assert len(told(team, steps(change + plan % wrong))) == 1
    assert len(told(team, steps(change + "- expect plan: {blocked: {}}\n"))) == 1


# What happens in a case.


def test_without_steps_a_case_is_one_step_in_the_order_in_which_it_stands(team: World) -> None:
    assert told(team, "advance: 31d\nexpect: {ReferralCampaign/offer: live}\n") == []
    merge = "merge: {campaigns.d/offer.yaml: {'06-01T09:00': '05-15T09:00'}}\n"
    launched = "expect events: {ReferralCampaign/offer: [create, edit, {event: launch, at: %s}]}\n"
    assert told(team, merge + "advance: 31d\n" + launched % "2027-05-15T09:00") == []
    assert told(team, "advance: 30d\n" + merge + launched % "2027-05-31T09:00") == [], "a late merge is done late"


def test_a_merge_alone_is_applied_where_there_are_no_steps_and_not_where_there_are(team: World) -> None:
    merge = "merge: {campaigns.d/offer.yaml: {'state: not_launched': 'state: live'}}\n"
    expect = "expect: {ReferralCampaign/offer: live}\n"
    assert told(team, merge + expect) == []
    assert len(told(team, steps("- apply\n- " + merge + "- " + expect))) == 1


def test_files_are_given_merged_and_removed_in_every_way(team: World) -> None:
    team.write("../tests/given/second.yaml", BARE.replace("bare", "second"))
    team.write("../elsewhere/third.yaml", BARE.replace("bare", "third"))
    head = HEAD.replace("campaigns.d}", "[campaigns.d, given]}")
    fourth = indent(BARE.replace("bare", "fourth"), " " * 6)
    found = told(team, steps(f"""\
- expect plan: {{steps: {{ReferralCampaign/second: [create]}}}}
- merge: elsewhere/third.yaml
- merge:
    fifth.yaml: ../elsewhere/third.yaml
    fourth.yaml: |
{fourth}
- merge: {{fifth.yaml: {{'name: third': 'name: fifth'}}}}
- remove: [given/second.yaml, campaigns.d/offer.yaml]
- apply
- expect:
    ReferralCampaign/offer: null
    ReferralCampaign/second: null
    ReferralCampaign/third: not_launched
    ReferralCampaign/fourth: not_launched
    ReferralCampaign/fifth: not_launched
"""), head)  # fmt: skip
    assert found == []


def test_the_files_and_the_store_of_the_project_are_left_alone(team: World) -> None:
    before = {file: file.read_bytes() for file in team.root.rglob("*.yaml")}
    assert told(team, steps("""\
        - merge: {campaigns.d/offer.yaml: {'state: not_launched': 'state: live'}}
        - advance: 6 months
        - remove: campaigns.d/offer.yaml
        - apply
        - expect: {ReferralCampaign/offer: paused}
        """)) == []  # fmt: skip
    test = team.root / "tests" / "offer.test.yaml"
    assert {file: file.read_bytes() for file in team.root.rglob("*.yaml") if file != test} == before
    assert team.events() == []


def test_named_files_come_along(team: World) -> None:
    team.write("page.html", "<p>Hello</p>\n")
    team.write("offer.yaml", OFFER.replace("friends}", "friends, creative: {cta: page.html}}"))
    assert told(team, "advance: 31d\nexpect: {ReferralCampaign/offer: live}\n") == []
    change = "- apply\n- merge: {campaigns.d/page.html: {Hello: Goodbye}}\n"
    change += "- expect plan: {steps: {ReferralCampaign/offer: [edit]}}"
    assert told(team, steps(change)) == []


def test_what_is_stored_is_as_it_is_told(team: World) -> None:
    head = HEAD.replace("given: {manifests: campaigns.d}", dedent("""\
        given:
          manifests: campaigns.d
          stored:
            ReferralProgram/friends: present
            ReferralCampaign/offer: {state: stopped, satisfied: [ended, stopped], entered: 2027-04-01T09:00}"""))  # fmt: skip
    assert (
        told(team, steps("- expect: {ReferralCampaign/offer: {state: stopped, satisfied: [ended, stopped]}}"), head)
        == []
    )
    assert told(team, steps("- expect log: []"), head) == [], "what is given did not happen"


def test_a_step_that_cannot_be_taken_ends_the_case(team: World) -> None:
    for step, why in (
        ("merge: nowhere.yaml", "neither beside the test file nor in the project"),
        ("merge: {campaigns.d/offer.yaml: {nobody: anybody}}", "stands no times"),
        ("merge: {campaigns.d/offer.yaml: {'state:': 'x:'}}", "stands 3 times"),
        ("merge: {nowhere.yaml: {a: b}}", "there is no nowhere.yaml here; there is campaigns.d/offer.yaml"),
        ('merge: {../../outside.yaml: "a: 1\\n"}', "no path within a project"),
        ("remove: nowhere.yaml", "there is no nowhere.yaml"),
        ("advance to: 2027-04-01T09:00", "say `back`"),
        ('merge: {campaigns.d/offer.yaml/deeper.yaml: "a: 1\\n"}', "cannot be written: "),
        (f'merge: {{{"a" * 300}.yaml: "a: 1\\n"}}', "cannot be written: "),
    ):
        found = told(team, steps(f"- {step}\n- expect: {{ReferralCampaign/offer: ended}}\n"))
        assert len(found) == 1 and why in found[0] and found[0].startswith("6: "), found
    assert not list(team.root.parent.glob("outside*"))


def test_the_end_of_the_calendar_ends_the_case(team: World) -> None:
    head = HEAD.replace("2027-05-01T09:00", "9998-12-31T09:00")
    assert any("lies outside the calendar" in one for one in told(team, "advance: 400d\n", head))
    head = HEAD.replace("2027-05-01T09:00", "9999-12-31T09:00")
    assert any("no calendar left" in one for one in told(team, "expect: {}\n", head))


def test_a_store_that_cannot_be_so_ends_the_case(team: World) -> None:
    for stored, why in (
        ("ReferralCampaign/other: live", "of which no manifest is given"),
        ("ReferralCampaign/offer: running", "cannot be running; its states are not_launched"),
    ):
        head = HEAD.replace("campaigns.d}", f"campaigns.d, stored: {{{stored}}}}}")
        [found] = told(team, "advance: 1d\n", head)
        assert why in found and found.startswith("4: ")


def test_invalid_manifests_are_a_failure_unless_they_are_expected(team: World) -> None:
    change = "- merge: {campaigns.d/offer.yaml: {'program: friends': 'programm: friends'}}\n"
    assert (
        told(team, steps(change + "- expect plan: {exit: 3}\n- expect diagnostics: [missing-key, unknown-key]\n")) == []
    )
    assert told(team, steps(change + "- apply\n- expect diagnostics: [missing-key, unknown-key]\n")) == []
    [found] = told(team, steps(change + "- apply\n- expect: {ReferralCampaign/offer: null}\n"))
    assert found.startswith("7: apply: the manifests are not valid") and "campaigns.d/offer.yaml:10:8" in found
    [found] = told(team, steps(change + "- advance: 1d\n"))
    assert found.startswith("7: advance: the manifests are not valid")


# What is read, and refused.


@pytest.mark.parametrize(
    ("text", "place", "code", "words"),
    [
        ("advanced: 3 months\n", "5:1", "unknown-key", "did you mean 'advance'?"),
        ("advance: 3 moons\n", "5:10", "bad-value", "write 30s, 15m, 9h, 7d, 2w or 3 months"),
        ("advance to: tomorrow\n", "5:13", "bad-time", "is not a time"),
        ("steps: []\n", "5:8", "bad-value", ""),
        ("steps:\n  - adapt\n", "6:5", "bad-value", ""),
        ("steps:\n  - {expects: {ReferralCampaign/offer: live}}\n", "6:6", "unknown-key", "did you mean 'expect'?"),
        ("expect: {offer: live}\n", "5:10", "bad-value", "is not a ref"),
        ("expect: {ReferralCampaign/offer: {stat: live}}\n", "5:35", "unknown-key", "did you mean 'state'?"),
        ("expect log: [{at: noon}]\n", "5:19", "bad-time", "is not a time"),
        ("expect plan: {exit: ok}\n", "5:21", "bad-value", ""),
        ("expect plan: {horizon: soon}\n", "5:24", "bad-value", "no span of time"),
        ("advance: 1d\nsteps: [apply]\n", "5:1", "bad-value", "beside `steps`"),
        ("test: another\n", "5:1", "duplicate-key", "twice"),
        ("requirements: R-11\n", "5:15", "bad-value", ""),
    ],
)
def test_a_mistake_in_a_test_file_is_told_with_its_place(
    team: World, text: str, place: str, code: str, words: str
) -> None:
    case(team, text)
    answer = team.cli("test")
    assert answer.code == 3, answer.out
    assert f"error[{code}]" in answer.err
    assert f"tests/offer.test.yaml:{place}" in answer.err, answer.err
    assert words in answer.err


def test_no_case_runs_where_any_file_has_a_mistake(team: World) -> None:
    case(team, "advance: 1d\n")
    case(team, "advance: soon\n", file="other.test.yaml")
    answer = team.cli("test", "--format", "json")
    assert answer.code == 3
    assert [one["file"] for one in json.loads(answer.out)["diagnostics"]] == ["tests/other.test.yaml"]


# Which cases run, and how they are told.


def test_files_folders_and_words_choose_the_cases(team: World) -> None:
    case(team, "requirements: [R-11]\nadvance: 1d\n---\n" + HEAD.replace("an offer", "the second"))
    case(team, "advance: 1d\n", file="deep/other.test.yaml")
    case(team, "no: case\n", file="deep/other.yaml")

    def names(*arguments: str) -> list[str]:
        answer = team.cli("test", "--format", "json", *arguments)
        assert answer.code == 0, answer
        return [f"{one['file']}: {one['test']}" for one in json.loads(answer.out)["cases"]]

    first, second, other = (
        "tests/offer.test.yaml: an offer",
        "tests/offer.test.yaml: the second",
        "tests/deep/other.test.yaml: an offer",
    )
    assert names() == [other, first, second]
    assert names("tests/deep") == names("tests/deep/other.test.yaml") == [other]
    assert names("tests/offer.test.yaml", "tests") == [first, second, other]
    assert names("-k", "SECOND") == [second]
    assert names("-k", "r-11") == [first]
    assert names("-k", "deep/") == [other]
    assert team.cli("test", "-k", "third").code == 64
    assert team.cli("test", "tests/none").code == 64


def test_a_project_without_tests_is_told_where_they_belong(team: World) -> None:
    answer = team.cli("test")
    assert answer.code == 64
    assert "tests" in answer.err and ".test.yaml" in answer.err


def test_the_text_says_what_really_happened(team: World) -> None:
    case(team, "advance: 2 months\nexpect: {ReferralCampaign/offer: ended}\n")
    answer = team.cli("test")
    assert answer.code == 1
    head, _, tail = answer.out.partition("0 passed, 1 failed in ")
    assert tail.endswith(" s\n")
    assert head == dedent("""\
        tests/offer.test.yaml
          FAIL  an offer
                tests/offer.test.yaml:6:34  ReferralCampaign/offer@1
                  expected  ended
                  got       paused
                what happened
                  2027-05-01T09:00-04:00  ReferralProgram/friends@1  create  present (user)
                  2027-05-01T09:00-04:00  ReferralCampaign/offer@1   create  not_launched (user)
                  2027-06-01T09:00-04:00  ReferralCampaign/offer@1   launch  not_launched → live (user)
                  2027-07-01T09:00-04:00  ReferralCampaign/offer@1   pause   live → paused (user)

        """)  # fmt: skip


def test_junit_has_a_suite_a_file_and_a_failure_with_its_place(team: World) -> None:
    case(team, "expect: {ReferralCampaign/offer: ended}\n---\n" + HEAD.replace("an offer", "5 < 6 & so on"))
    answer = team.cli("test", "--format", "junit")
    assert answer.code == 1
    suites = Xml.fromstring(answer.out)
    assert suites.attrib["tests"] == "2" and suites.attrib["failures"] == "1"
    [suite] = suites
    assert [one.attrib["name"] for one in suite] == ["an offer", "5 < 6 & so on"]
    [failure] = suite.findall("testcase/failure")
    assert failure.attrib["message"] == "ReferralCampaign/offer@1"
    assert failure.text == "tests/offer.test.yaml:5:34\nexpected ended\ngot not_launched"


def test_the_zone_of_the_project_is_that_of_its_cases_and_manifests(team: World) -> None:
    team.write("../muster.yaml", "timezone: Asia/Kathmandu\n")
    team.write("offer.yaml", OFFER.replace("  timezone: America/New_York\n", ""))
    head = HEAD.replace("timezone: America/New_York\n", "")
    log = "expect log: ['…', {event: launch, at: 2027-06-01T03:15Z}]\n"
    assert told(team, "advance to: 2027-06-01T09:00\n" + log, head) == []


def test_an_own_kind_is_known(team: World) -> None:
    team.write("../kinds/poster/kind.yaml", """\
        kind: Poster
        role: campaign
        summary: hangs
        states:
          made: {initial: true, summary: lies in a drawer}
          hanging: {summary: is seen}
          taken: {final: true, summary: is gone}
        transitions:
          - {event: hang, from: made, to: hanging, summary: show it}
          - {event: fall, from: hanging, to: taken, by: timer, after: 10d, fulfils: true, summary: it falls}
        """)  # fmt: skip
    team.write("../kinds/poster/schema.json", '{"type": "object", "additionalProperties": false, "properties": {}}')
    team.write("../muster.yaml", "kinds: [kinds]\n")
    team.write("poster.yaml", "apiVersion: muster/v1\nkind: Poster\nmetadata: {name: one}\nstate: hanging\n")
    assert told(team, "advance: 9d\nexpect: {Poster/one: hanging}\n") == []
    assert told(team, "advance: 10d\nexpect: {Poster/one: {state: taken, satisfied: [hanging, taken]}}\n") == []


def test_timers_that_never_come_to_rest_are_told(team: World) -> None:
    team.write("../kinds/ball/kind.yaml", """\
        kind: Ball
        role: campaign
        summary: bounces
        states:
          up: {initial: true, summary: is in the air}
          down: {summary: is on the ground}
        transitions:
          - {event: fall, from: up, to: down, by: timer, after: 0s, summary: it falls}
          - {event: bounce, from: down, to: up, by: timer, after: 0s, summary: it bounces}
          - {event: throw, from: down, to: up, summary: throw it}
        """)  # fmt: skip
    team.write("../kinds/ball/schema.json", '{"type": "object", "additionalProperties": false, "properties": {}}')
    team.write("../muster.yaml", "kinds: [kinds]\n")
    team.write("ball.yaml", "apiVersion: muster/v1\nkind: Ball\nmetadata: {name: one}\nstate: up\n")
    [found] = told(team, "advance: 9d\n")
    assert "at 2027-05-01T13:00:00Z there is no end of changes: Ball/one@1" in found
