"""Plans for other tools: Markdown for a comment, annotations, SARIF, JUnit; whatever a manifest says in them."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from jsonschema import Draft4Validator

from reconciler.model.change import Change
from reconciler.model.codes import SUMMARIES, diagnose
from reconciler.model.comparison import Comparison
from reconciler.model.diagnostic import Place
from reconciler.model.outcome import Outcome
from reconciler.model.plan import (
    Alternative,
    Blocked,
    Code,
    GuardVerdict,
    Op,
    Plan,
    Reason,
    Refusal,
    ResourcePlan,
    Step,
    Verb,
    Verdict,
    Waiting,
)  # fmt: skip
from reconciler.model.ref import Ref
from reconciler.model.timeline import Against, Foresight, Occurrence, Source
from reconciler.views.github import remarks_to_github
from reconciler.views.markdown import MOST_CHARACTERS, size
from reconciler.views.plan_junit import plan_to_junit
from reconciler.views.plan_markdown import diagnostics_to_markdown, render_markdown
from reconciler.views.remarks import Level, of_diagnostics, remarks_of
from reconciler.views.report import Report, Roots
from reconciler.views.sarif import remarks_to_sarif
from reconciler.views.words import DIAGNOSTICS, REFUSALS, REMARKS
from tests.commands.test_apply import SHARED, referral
from tests.repository import under_git
from tests.world import World

SARIF = Path(__file__).parent / "sarif" / "sarif-2.1.0-rtm.5.json"
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
HOSTILE = (
    "`", "```", "a`b``c", "|x|y|", "<script>alert(1)</script>", "</details>", "<!-- ", "-->", "@everyone", "a@b.example",
    "https://evil.example/x", "www.evil.example", "[text](https://evil.example)", "![x](https://evil.example/p.png)", "#12",
    "**bold**", "_it_", "~~no~~", "&lt;b&gt;", "&#64;team", "\\`", "$x$", "a\nb", "\r\n### Head", "\x00\x07\x1b[31m", "\u202eabc",
    "x" * 3000, "🙂" * 300, "]]>", "::error::x", "%0A::warning::y", "file=a,line=1:b", "\u2028", "\x85", " ", "",
)  # fmt: skip


def plan(**parts: Any) -> Plan:
    base = Plan(NOW, 0, "", (), (), (), (), 3, (), "sha256:" + "ab" * 32, horizon=timedelta(days=90))
    return replace(base, **parts)


def resource(
    name: str, verb: Verb = Verb.TRANSITION, *, changes: tuple[Change, ...] = (), danger: str = ""
) -> ResourcePlan:
    steps = (
        *([Step(Op.EDIT, "edit", "draft", "draft", changes=changes)] if changes else []),
        Step(Op.TRANSITION, "publish", "draft", "published", effects=("send-all",), danger=danger),
    )
    place = Place(f"campaigns.d/{name}.yaml", 8, 3)
    return ResourcePlan(Ref("LeadCampaign", name, 1), verb, Reason.STATE, "draft", "published", place, steps, "d")


def refused(name: str, message: str = "fields are fixed", place: Place = Place("campaigns.d/a.yaml", 3, 5)) -> Blocked:
    refusal = Refusal(Code.FROZEN, message, ("L-25",), f"/spec/{name}", place)
    way = Alternative("new-version", message or "make one", "muster new-version LeadCampaign/solar")
    return Blocked(Ref("LeadCampaign", name, 1), "published", "published", (refusal,), (way,))


def conflict(name: str, message: str = "two bursts") -> Occurrence:
    place, other = (
        Place("campaigns.d/a.yaml", 9, 7),
        Against(Ref("ReferralCampaign", "other", 1), 0, Place("b.yaml", 2, 1)),
    )
    ref = Ref("ReferralCampaign", name, 1)
    return Occurrence(
        NOW + timedelta(days=9), ref, "launch", "not_launched", "live", Source.SCHEDULE, Foresight.ILLEGAL, 0, message,
        ("AMB-R7",), place=place, against=(other,),
    )  # fmt: skip


def hostile(text: str) -> Report:
    """A report in which every text that a person can write is `text`."""
    name = "a"
    change = Change(f"/spec/{text}", text, [text])
    step = resource(name, changes=(change,), danger=text)
    guard = GuardVerdict(text, Verdict.UNKNOWN, text)
    step = replace_steps(step, guard)
    mine = plan(
        resources=(step,),
        blocked=(refused("b", text, Place(text, 1, 1)),),
        waiting=(Waiting(Ref("EmailCampaign", "w", 1), "scheduled", "running", "start", text),),
        unmanaged=((Ref("EmailCampaign", "gone", 1), text),),
        timeline=(conflict("c", text),),
        diagnostics=(diagnose("unknown-key", text, Place(text, 2, 2), help=text),),
    )
    outcome = Outcome(1, (), denied={step.ref: (guard,)}, failed={Ref("EmailCampaign", "f", 1): text})
    comparison = Comparison(text, "c0ffee" * 6 + "abcd", mine, mine, (step.ref,), text)
    return Report(mine, comparison, outcome, frozenset({step.ref}), Roots("/r", "/r/p"))


def replace_steps(one: ResourcePlan, guard: GuardVerdict) -> ResourcePlan:
    import msgspec

    steps = tuple(msgspec.structs.replace(step, guards=(guard,), effects=(guard.name,)) for step in one.steps)
    return msgspec.structs.replace(one, steps=steps)


# Markdown.


class Tags(HTMLParser):
    """The tags of a page that a forge's own Markdown library has made."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.loose = ""
        """The text outside of code, where a forge looks for mentions, issues and links."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        assert not attrs, f"<{tag} {attrs}>"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> in {self.open}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.loose += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def rendered(text: str) -> Tags:
    """As GitHub renders it: its dialect with tables, links, strikethrough, and HTML left in."""
    tags = Tags()
    html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    tags.feed(html)
    tags.close()
    assert tags.open == [], f"left open: {tags.open}"
    return tags


OURS = {"h3", "h4", "p", "ul", "li", "details", "summary", "code", "strong"}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_nothing_in_a_manifest_breaks_out_of_markdown(text: str) -> None:
    harmless, page = rendered(render_markdown(hostile("plain"))), rendered(render_markdown(hostile(text)))
    assert set(page.seen) <= OURS
    for tag in OURS - {"code", "p"} if text.strip() else ():
        assert page.seen[tag] == harmless.seen[tag], tag
    assert not re.search(r"@\w|#\d|\w://\w|www\.", page.loose.replace("sha256:", "")), page.loose


def test_the_test_above_sees_what_breaks_out() -> None:
    for text in ("<b>x</b>", "https://evil.example", "![x](y)", "</details>"):
        with pytest.raises(AssertionError):
            page = rendered(f"- {text}\n")
            assert set(page.seen) <= OURS


def test_the_most_severe_comes_first() -> None:
    mine = plan(
        resources=(
            resource("edited", Verb.UPDATE), resource("made", Verb.CREATE), resource("moved"), resource("acting"),
            resource("gone", Verb.DELETE),
        ),
        blocked=(refused("refused"),), timeline=(conflict("later"),),
    )  # fmt: skip
    page = render_markdown(Report(mine, acting=frozenset({Ref("LeadCampaign", "acting", 1)})))
    order = ["later", "refused", "acting", "gone", "moved", "made", "edited"]
    assert [page.index(f"/{name}@1") for name in order] == sorted(page.index(f"/{name}@1") for name in order)
    assert f"`muster apply --expect {mine.digest}`" in page


@pytest.mark.parametrize("count", [10, 400, 5_000])
@pytest.mark.parametrize("long", ["x", "🙂", "`|<@"])
def test_a_page_is_never_too_long_and_says_what_is_left_out(count: int, long: str) -> None:
    changes = tuple(Change(f"/spec/{number}/{long * 300}", long * 999, None) for number in range(50))
    resources = tuple(
        resource(f"{verb}-{number:04}", verb, changes=changes) for verb in Verb for number in range(count)
    )
    mine = plan(
        resources=resources,
        blocked=tuple(refused(f"b-{number:04}", long * 999) for number in range(count)),
        timeline=tuple(conflict(f"c-{number:04}", long * 999) for number in range(count)),
        unmanaged=tuple((Ref("EmailCampaign", f"u-{number}", 1), "draft") for number in range(count)),
    )
    page = render_markdown(Report(mine))
    assert size(page) <= MOST_CHARACTERS and len(page.encode("utf-16-le")) // 2 == size(page)
    assert page == render_markdown(Report(mine)), "deterministic"
    assert mine.digest in page and "muster apply --expect" in page
    tags = rendered(page)
    assert set(tags.seen) <= OURS
    told = sum(
        int(found.replace(",", ""))
        for found in re.findall(r"([\d,]+) of (?:conflicts|blocked|del|other|cre|upd|with)", page)
    )
    shown = len(
        re.findall(r"^- \*\*(?:illegal|blocked)\*\*|^<summary>[-+~→] |^- `EmailCampaign/u-", page, re.MULTILINE)
    )
    assert told + shown == count * 7, "every element is there, or counted"
    if count > 10:
        assert "**Left out for length:**" in page and size(page) > MOST_CHARACTERS * 0.7


def test_nothing_to_do() -> None:
    assert render_markdown(Report(plan())) == "### Muster plan: 3 unchanged\n\n"


def test_a_thousand_problems_with_files() -> None:
    found = [diagnose("unknown-key", "x" * 500, Place(f"{n}.yaml", 1, 1), help="y" * 500) for n in range(1_000)]
    page = diagnostics_to_markdown(found)
    assert size(page) <= MOST_CHARACTERS and "of errors" in page and "invalid" in page


# Annotations.


ANNOTATION = re.compile(r"::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)")


def annotations(text: str) -> list[tuple[str, dict[str, str], str]]:
    """As the runner reads them: one a line, properties split at commas, then what was escaped put back."""
    found = []
    for line in text.splitlines():
        one = ANNOTATION.fullmatch(line)
        assert one, line
        properties = dict(pair.split("=", 1) for pair in one[2].split(","))
        found.append((one[1], {name: put_back(value) for name, value in properties.items()}, put_back(one[3])))
    return found


def put_back(text: str) -> str:
    for char, code in ((":", "%3A"), (",", "%2C"), ("\n", "%0A"), ("\r", "%0D"), ("%", "%25")):
        text = text.replace(code, char)
    return text


@pytest.mark.parametrize("text", HOSTILE[:-1], ids=lambda text: ascii(text)[:24])
def test_an_annotation_is_one_line_whatever_a_manifest_says(text: str) -> None:
    report = hostile(text)
    found = annotations(remarks_to_github(remarks_of(report), report.roots))
    assert len(found) == len(annotations(remarks_to_github(remarks_of(hostile("plain")), report.roots)))
    assert all(set(properties) <= {"file", "line", "col", "title"} for _, properties, _ in found)


def test_percent_signs_colons_and_commas_come_back() -> None:
    remark = of_diagnostics([diagnose("unknown-key", "50% of a: b, c\nnext", Place("a,b:c%.yaml", 3, 5))])
    text = remarks_to_github(remark, Roots("/repo", "/repo/sub"))
    ((level, properties, message),) = annotations(text)
    assert (level, properties["file"], properties["line"], properties["col"]) == ("error", "sub/a,b:c%.yaml", "3", "5")
    assert message == "50% of a: b, c\nnext"
    assert "%25" in text and "%3A" in text and "%2C" in text and "%0A" in text


def test_levels_and_their_order() -> None:
    owed = plan(blocked=(refused("owed"),))
    mine = plan(
        resources=(resource("moved", danger="no way back"),), blocked=(refused("mine"),), timeline=(conflict("later"),)
    )
    found = remarks_of(Report(mine, Comparison("main", "c", mine, owed)))
    assert [(one.level, one.owed) for one in found] == [
        (Level.ERROR, False), (Level.ERROR, False), (Level.WARNING, False), (Level.WARNING, True), (Level.NOTICE, False),
    ]  # fmt: skip
    assert found[3].title.startswith("owed already: LeadCampaign/owed@1")


# SARIF.


def sarif(report: Report) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(remarks_to_sarif(remarks_of(report), report.roots, report.comparison is not None))
    assert list(SCHEMA.iter_errors(data)) == []
    return data


SCHEMA = Draft4Validator(json.loads(SARIF.read_bytes()))


def test_the_schema_is_the_one_that_is_described() -> None:
    described = (SARIF.parent / "README.md").read_text(encoding="utf-8")
    assert f"sha256 {hashlib.sha256(SARIF.read_bytes()).hexdigest()}" in described
    assert list(SCHEMA.iter_errors({"version": "2.1.0", "runs": [{"results": []}]})), "a run needs a tool"


@pytest.mark.parametrize("text", HOSTILE[:-1], ids=lambda text: ascii(text)[:24])
def test_sarif_is_valid_whatever_a_manifest_says(text: str) -> None:
    data = sarif(hostile(text))
    assert len(data["runs"][0]["results"]) == len(sarif(hostile("plain"))["runs"][0]["results"])


def test_every_code_has_a_rule_with_help() -> None:
    found = [diagnose(code, "x", Place("a.yaml", 1, 1)) for code in SUMMARIES]
    blocked = tuple(
        Blocked(Ref("LeadCampaign", f"c-{n}", 1), "a", "b", (Refusal(code, "x"),)) for n, code in enumerate(Code)
    )
    run = sarif(Report(plan(diagnostics=tuple(found), blocked=blocked)))["runs"][0]
    rules = {one["id"]: one for one in run["tool"]["driver"]["rules"]}
    assert rules.keys() == {*SUMMARIES, *(str(code) for code in Code)}
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
    for code, one in rules.items():
        assert one["help"]["text"] == {**DIAGNOSTICS, **{str(c): t for c, t in REFUSALS.items()}, **REMARKS}[code]
    assert len({one["partialFingerprints"]["muster/v1"] for one in run["results"]}) == len(run["results"])


def test_a_fingerprint_stays_while_lines_move() -> None:
    def prints(line: int, made_at: datetime) -> set[str]:
        mine = plan(
            blocked=(refused("a", place=Place("a.yaml", line, 5)),), made_at=made_at,
            diagnostics=(diagnose("empty-file", "x", Place("b.yaml", line, 1)),),
        )  # fmt: skip
        return {one["partialFingerprints"]["muster/v1"] for one in sarif(Report(mine))["runs"][0]["results"]}

    assert prints(3, NOW) == prints(40, NOW + timedelta(days=1))
    other = plan(blocked=(refused("b"),), diagnostics=(diagnose("empty-file", "x", Place("c.yaml", 3, 1)),))
    again = {one["partialFingerprints"]["muster/v1"] for one in sarif(Report(other))["runs"][0]["results"]}
    assert prints(3, NOW).isdisjoint(again)


def test_what_is_owed_is_unchanged_and_the_branch_s_own_is_new() -> None:
    mine, owed = plan(blocked=(refused("mine"),)), plan(blocked=(refused("owed"),))
    results = sarif(Report(mine, Comparison("main", "c", mine, owed)))["runs"][0]["results"]
    assert [(one["baselineState"], one["level"]) for one in results] == [("new", "error"), ("unchanged", "warning")]
    assert all("baselineState" not in one for one in sarif(Report(mine))["runs"][0]["results"])


def test_names_of_files_are_uris() -> None:
    mine = plan(blocked=(refused("a", place=Place('sub dir/ä"#?%.yaml', 3, 5)),))
    result = sarif(Report(mine, roots=Roots("/repo", "/repo/p")))["runs"][0]["results"][0]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "p/sub%20dir/%C3%A4%22%23%3F%25.yaml"
    assert location["region"] == {"startLine": 3, "startColumn": 5}


# JUnit.


SUITE = {"name", "tests", "failures", "errors", "skipped", "time"}
CASE = {"classname", "name", "time", "file", "line"}


def junit(text: str) -> Xml.Element:
    """The document, held against what CI servers expect of the dialect."""
    root = Xml.fromstring(text)
    assert root.tag == "testsuites" and set(root.attrib) == SUITE - {"name"}
    for suite in root:
        assert suite.tag == "testsuite" and set(suite.attrib) == SUITE
        for case in suite:
            assert case.tag == "testcase" and {"classname", "name", "time"} <= set(case.attrib) <= CASE
            assert [child.tag for child in case] == sorted((child.tag for child in case), key=ORDER.index)
            assert all(set(child.attrib) <= {"message", "type"} for child in case)
        for kind in ("failure", "skipped"):
            count = sum(case.find(kind) is not None for case in suite)
            assert suite.get({"failure": "failures"}.get(kind, kind)) == str(count)
        assert suite.get("tests") == str(len(suite))
    assert root.get("tests") == str(sum(len(suite) for suite in root))
    return root


ORDER = ["skipped", "failure", "system-out"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_junit_is_xml_whatever_a_manifest_says(text: str) -> None:
    assert len(list(junit(plan_to_junit(hostile(text))).iter("testcase"))) > 5


def test_one_case_a_resource() -> None:
    mine = plan(
        resources=(resource("moved"),), blocked=(refused("refused"),),
        waiting=(Waiting(Ref("EmailCampaign", "w", 1), "scheduled", "running", "start", "not yet"),),
    )  # fmt: skip
    owed = plan(blocked=(refused("owed"),), resources=(resource("later"),))
    root = junit(plan_to_junit(Report(mine, Comparison("main", "c", mine, owed), roots=Roots("/r", "/r/p"))))
    ends = {
        (case.get("classname"), case.get("name")): [child.tag for child in case if child.tag != "system-out"]
        for case in root.iter("testcase")
    }
    assert ends == {
        ("muster plan", "LeadCampaign/moved@1"): [],
        ("muster plan", "LeadCampaign/refused@1"): ["failure"],
        ("muster plan", "EmailCampaign/w@1"): ["skipped"],
        ("owed already", "LeadCampaign/owed@1"): ["skipped"],
        ("owed already", "LeadCampaign/later@1"): ["skipped"],
    }
    failure = next(root.iter("failure"))
    assert failure.get("type") == "frozen-field" and "p/campaigns.d/a.yaml:3:5" in (failure.text or "")


# At the door.


FORMS = {
    "json": json.loads, "markdown": rendered, "github": annotations, "junit": junit,
    "sarif": lambda text: SCHEMA.validate(json.loads(text)),
}  # fmt: skip


@pytest.fixture
def world(world: World) -> World:
    world.write("shared.yaml", SHARED)
    referral(world, "spring", "live")
    return world


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("verb", [("plan",), ("apply", "--yes"), ("validate",)], ids=lambda verb: str(verb[0]))
def test_what_is_invalid_is_said_in_the_format_alone(world: World, verb: tuple[str, ...], form: str) -> None:
    world.write("bad.yaml", "kind: [\n")
    code, out, err = world.cli(*verb, "--format", form)
    assert ((code, err) == (3, "") and "yaml-syntax" in out) or "The YAML cannot be parsed" in out
    assert "bad.yaml" in out
    FORMS[form](out)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("verb", [("plan",), ("apply", "--yes"), ("validate",)], ids=lambda verb: str(verb[0]))
def test_every_format_of_every_verb(world: World, verb: tuple[str, ...], form: str) -> None:
    code, out, err = world.cli(*verb, "--format", form)
    assert (code, err) == (0, ""), out
    FORMS[form](out)
    assert form in ("sarif", "github", "markdown") or "spring" in out or (form, verb) == ("json", ("validate",))


def test_paths_are_those_of_the_repository(world: World, tmp_path: Path) -> None:
    world.write("bad.yaml", "kind: [\n")
    for directory, file in ((None, "campaigns.d/bad.yaml"), (tmp_path, "repository/campaigns.d/bad.yaml")):
        if directory:
            under_git(world, directory)
        ((_, properties, _),) = annotations(world.cli("validate", "--format", "github").out)
        assert properties["file"] == file
        run = json.loads(world.cli("plan", "--format", "sarif").out)["runs"][0]
        assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == file
        assert junit(world.cli("plan", "--format", "junit").out)[0][0].get("file") == file


def test_a_plan_is_not_saved_to_a_dash(world: World) -> None:
    code, out, err = world.cli("plan", "--out", "-")
    assert (code, out) == (64, "") and "--format json" in err
    assert not (world.root / "-").exists()
