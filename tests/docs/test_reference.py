"""The generated pages are those of the code, the hand-written ones name what the code has, and links lead somewhere."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from docs.generate import DOCS, KINDS, ROOT, differences
from docs.proofs import ids_of, proofs
from reconciler.app import RUN
from reconciler.controller import verdict
from reconciler.model import errors
from reconciler.model.codes import SUMMARIES
from reconciler.model.plan import Code
from reconciler.source.strict_yaml import read_documents
from reconciler.views.words import DIAGNOSTICS, REFUSALS

PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_generated_pages_are_up_to_date() -> None:
    assert differences() == [], "run `make docs`"


def test_every_code_is_explained_and_no_other() -> None:
    assert DIAGNOSTICS.keys() == SUMMARIES.keys()
    assert REFUSALS.keys() == set(Code)


def test_every_campaign_kind_has_a_page_and_a_picture() -> None:
    built_in = {path.parent.name for path in (ROOT / "reconciler/kinds").glob("*/*_campaign/kind.yaml")}
    assert {re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower() for kind in KINDS} == built_in
    for kind in KINDS:
        assert f"pictures/lifecycles/{kind}.svg" in (DOCS / f"reference/kinds/{kind}.md").read_text(encoding="utf-8")


def test_every_requirement_of_a_kind_that_is_run_is_proved_by_a_test() -> None:
    """A kind that is run answers to all of its requirements; the others follow with their runtimes."""
    letters = {
        "EmailCampaign": "E",
        "LeadCampaign": "L",
        "ReferralCampaign": "R",
        "ReceivablesCampaign": "I",
        "CollectionCampaign": "C",
    }
    assert letters.keys() == RUN, "name the letter of the new kind's requirements"
    table = read_documents((ROOT / "reconciler/kinds/requirements.yaml").read_bytes())[0].value
    wanted = [one for one in table if one.removeprefix("AMB-")[0] in letters.values()]
    proved = proofs(ROOT / "tests")
    assert [one for one in wanted if one not in proved] == []


def test_a_range_names_all_that_lie_in_it() -> None:
    assert ids_of("proves L-09 … L-11 and AMB-L2, not L-1x") == {"L-09", "L-10", "L-11", "AMB-L2"}


def table(page: Path) -> set[int]:
    """The numbers in the first column of a page's tables."""
    return {int(found) for found in re.findall(r"^\| (\d+) \|", page.read_text(encoding="utf-8"), re.MULTILINE)}


def exit_codes() -> set[int]:
    """Every exit code that the program can end with."""
    raised = {one.exit_code for one in vars(errors).values() if hasattr(one, "exit_code")}
    judged = {number for name, number in vars(verdict).items() if name.isupper() and isinstance(number, int)}
    return raised | judged | {70}


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "reference/exit-codes.md"], ids=lambda page: page.name)
def test_the_table_of_exit_codes_is_complete(page: Path) -> None:
    assert table(page) == exit_codes()


def test_the_order_of_exit_codes_is_the_codes_own() -> None:
    text = (DOCS / "reference/exit-codes.md").read_text(encoding="utf-8")
    order = re.search(r"first of ([\d, ]+)", text)
    assert order is not None
    told = [int(one) for one in re.findall(r"\d+", order[1])]
    for place, code in enumerate(told):
        assert verdict.most_urgent(set(told[place:])) == code
    assert set(told) == exit_codes()


def test_the_plan_in_plan_json_is_one() -> None:
    text = (DOCS / "reference/plan-json.md").read_text(encoding="utf-8")
    schema = json.loads((ROOT / "schemas/plan.schema.json").read_text(encoding="utf-8"))
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert examples
    for example in examples:
        Draft202012Validator(schema).validate(example)
    for name in schema["properties"]:
        assert f"`{name}`" in text, f"{name} is not explained"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https:", "http:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: {target.name} has no such heading"


def test_every_page_can_be_found_from_the_index() -> None:
    links = LINK.findall((DOCS / "README.md").read_text("utf-8"))
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links}
    lost = [page for page in DOCS.rglob("*.md") if page.resolve() not in linked and page.name != "README.md"]
    assert lost == []
