"""Acceptance: keys reordered, comments, anchors, equal defaults — no change. A thousand files written differently."""

from pathlib import Path
from random import Random
from shutil import copytree

import pytest

from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from tests.plan.reformat import read, reformatted
from tests.world import World

ROOT = Path(__file__).parent.parent.parent
BINDING = ROOT / "tests" / "manifests" / "binding"
FILES = 500
"""Files written differently per tree; two trees make the thousand."""


def _binding(world: World) -> None:
    copytree(BINDING, world.manifests, dirs_exist_ok=True)
    for name in ("templates/spring.html", "templates/spring.txt", "creatives/summer.html"):
        world.write(name, f"the content of {name}")


def _own(world: World) -> None:
    copytree(ROOT / "campaigns.d", world.manifests, dirs_exist_ok=True)


TREES = {"the binding manifests": _binding, "campaigns.d": _own}


@pytest.mark.parametrize("tree", TREES)
def test_a_thousand_reformattings_change_nothing(tree: str, world: World) -> None:
    TREES[tree](world)
    world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    world.runtime("ReceivablesCampaign", {"sampleInvoiceMatches": True, "testCurrent": True})
    world.apply()
    before, log, meanings = world.plan(), len(world.events()), digests(world)
    _assert_empty(before, before)
    originals = {file: file.read_text(encoding="utf-8") for file in sorted(world.manifests.rglob("*.yaml"))}
    rng, written = Random(f"muster {tree}"), 0
    while written < FILES:
        for file, text in originals.items():
            file.write_bytes(reformatted(text, rng).encode())
            written += 1
        _assert_empty(world.plan(), before)
        assert digests(world) == meanings
    assert not world.apply().steps
    assert len(world.events()) == log


def digests(world: World) -> dict[Ref, str]:
    """What each manifest means, as the store compares it."""
    with world.opened() as reconciler:
        return {ref: one.digest for ref, one in reconciler.gatherer.library.catalog.manifests.items()}


def _assert_empty(plan: Plan, before: Plan) -> None:
    assert [one.ref for one in plan.resources] == []
    assert [(one.ref, one.refusals) for one in plan.blocked] == []
    assert [one.ref for one in plan.waiting] == [one.ref for one in before.waiting]
    assert plan.digest == before.digest
    assert plan.unmanaged == ()


def test_a_reformatting_that_means_something_is_seen(world: World) -> None:
    """The thousand would prove nothing if nothing were ever seen."""
    _binding(world)
    world.stored_all()
    file = world.manifests / "leads.yaml"
    file.write_text(reformatted(file.read_text(encoding="utf-8"), Random(1)).replace("quote-form", "quote-farm"))
    changed = [str(one.ref) for one in world.plan().resources]
    assert "LeadCampaign/best-car-insurance@2" in changed


def test_the_reformatter_varies_what_it_says_it_varies() -> None:
    rng = Random(7)
    files = [file.read_text(encoding="utf-8") for file in BINDING.glob("*.yaml")]
    text = "".join(reformatted(file, rng) for file in files for _ in range(5))
    for mark in ("&a0", "*a0", "# ", "\r\n", "'", '"', "{", "\n    - ", "TRUE", "maxOutage", "startingDeadline"):
        assert mark in text, mark
    assert len(read(text)) == 5 * sum(len(read(file)) for file in files)


@pytest.mark.parametrize(
    ("path", "ref", "member"),
    [
        ("email.yaml", "EmailCampaign/spring-launch@3", "sending: {}"),
        ("email.yaml", "EmailCampaign/spring-launch@3", "tracking: {opens: false, clicks: false}"),
        ("referral.yaml", "ReferralCampaign/summer-burst-50", "fraud: {selfReferral: deny, sameHousehold: review}"),
        ("referral.yaml", "ReferralCampaign/summer-burst-50", "inProgress: {keepOffer: true}"),
    ],
)
def test_an_object_of_defaults_may_be_left_out(path: str, ref: str, member: str, world: World) -> None:
    """Left out, and written out with the defaults of all its members: the same campaign."""
    _binding(world)
    file, name = world.manifests / path, member.partition(":")[0]
    lines = [line for line in file.read_text(encoding="utf-8").split("\n") if not line.startswith(f"  {name}:")]
    first = next(i for i, line in enumerate(lines) if line.startswith("spec:"))
    file.write_text("\n".join(lines), encoding="utf-8")
    world.stored_all()
    file.write_text("\n".join([*lines[: first + 1], f"  {member}", *lines[first + 1 :]]), encoding="utf-8")
    plan = world.plan(only=[ref])
    changes = [change for one in plan.resources for step in one.steps for change in step.changes]
    assert changes == []
