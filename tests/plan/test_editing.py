"""What may be edited in a state: by hand from the requirements, and as the plan judges it once somebody has edited it."""

import re

import pytest

from reconciler.controller.details import details_of
from reconciler.model.plan import Code
from reconciler.plan.editing import fixed_by
from tests.lifecycle.test_pairs import KINDS, desire, example, file_of, make
from tests.world import World, blocked, planned

FIXED = {
    ("CollectionCampaign", "title"): {"deleted": "C-23"},
    ("CollectionCampaign", "objective"): {"deleted": "C-23"},
    ("CollectionCampaign", "strategy"): {"completed": "AMB-C7", "deleted": "C-23"},
    ("CollectionCampaign", "startDate"): {"completed": "AMB-C7", "deleted": "C-23"},
    ("CollectionCampaign", "endDate"): {"completed": "AMB-C7", "deleted": "C-23"},
    ("EmailCampaign", "title"): {
        "running": "E-13", "paused": "E-18", "completed": "E-24", "failed": "E-29", "cancelled": "E-34", "deleted": "E-63",
    },
    ("LeadCampaign", "title"): {"deleted": "L-31"},
    ("ReceivablesCampaign", "title"): {"stopped": "AMB-I1", "deleted": "I-28"},
    ("ReferralCampaign", "title"): {"ended": "R-10", "stopped": "R-12"},
    ("ReferralCampaign", "cutoff"): {"ended": "R-10", "stopped": "R-12"},
}  # fmt: skip
"""By kind and detail: where it is fixed, and by which requirement first. Everywhere else it may be another."""
CASES = [(kind, name, state) for kind, name in FIXED for state in KINDS[kind].lifecycle.states]


@pytest.mark.parametrize(("kind", "name", "state"), CASES, ids=[" ".join(case) for case in CASES])
def test_what_may_be_edited(kind: str, name: str, state: str) -> None:
    detail = next(one for one in details_of(KINDS[kind]) if one.name == name)
    line = fixed_by(KINDS[kind].lifecycle, state, detail.pointer)
    assert (line.requirement[0] if line else "") == FIXED[kind, name].get(state, "")


@pytest.mark.parametrize(("kind", "state"), sorted({(a, b) for a, _, b in CASES if b in KINDS[a].lifecycle.desirable}))
def test_the_plan_judges_a_new_title_so(kind: str, state: str, world: World) -> None:
    law = KINDS[kind].lifecycle
    ref = make(world, kind, state)
    desire(world, kind, state)
    file = world.manifests / file_of(example(kind)[0])
    text = re.sub(r"(?m)^  title:.*\n", "", file.read_text(encoding="utf-8"))
    file.write_text(re.sub(r"(?m)^(spec:.*\n)", r"\1  title: Another name\n", text), encoding="utf-8")
    plan = world.plan()
    found = blocked(plan, ref)
    is_fixed = found is not None and Code.FROZEN in {one.code for one in found.refusals}
    assert is_fixed is (fixed_by(law, state, "/spec/title") is not None)
    assert is_fixed or planned(plan, ref) is not None
