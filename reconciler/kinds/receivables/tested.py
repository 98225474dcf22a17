"""What the test of a campaign covers, and whether one that passed covers what would be launched now. (I-14, AMB-I4)

Documents count by what they say, the files of their texts included. Channels and sources do not: where a message goes through
may change while a campaign runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model import canonical
from reconciler.model.campaign_tests import CampaignTest, CampaignTests, digest_of
from reconciler.model.canonical import Document
from reconciler.model.instant import to_text
from reconciler.model.ports import Lookup
from reconciler.model.ref import Ref

_KEPT = ("spec", "files")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a test that passed covers a campaign as it is; else why not. `test` is the last one of exactly this."""

    test: CampaignTest | None
    fault: str = ""

    @property
    def is_current(self) -> bool:
        """Whether the campaign may be launched on it."""
        return not self.fault


def parts_of(document: Document, beside: Lookup) -> Mapping[str, str]:
    """The digests of the documents that a test of this campaign covers, by ref; empty where one is not there."""
    return {str(ref): _digest(beside(ref)) for ref in _refs(document.get("spec", {}), beside)}


def standing(tests: CampaignTests, ref: Ref, parts: Mapping[str, str]) -> Standing:
    """How the tests of a campaign bear on these documents."""
    test = tests.of(ref, digest_of(parts))
    if test is not None:
        return Standing(test, "" if test.passed else f"the last one, {_when(test)}, did not pass: {test.faults[0]}")
    last = tests.last_passed(ref)
    if last is None:
        return Standing(None, "it was never tested")
    return Standing(None, f"since the test {_when(last)} {_changes(last.parts, parts)}")


def template_refs(workflow: Document | None) -> Iterator[Ref]:
    """The Templates of a workflow, each once, in the order of its steps."""
    steps = (workflow or {}).get("spec", {}).get("steps", ())
    names = (one.get("template") for step in steps for one in (step, step.get("otherwise", {})))
    yield from dict.fromkeys(Ref("Template", name) for name in names if name)


def _refs(spec: Mapping[str, Any], beside: Lookup) -> Iterator[Ref]:
    if "workflow" in spec:
        workflow = Ref("Workflow", spec["workflow"])
        yield workflow
        yield from template_refs(beside(workflow))
    if "audience" in spec:
        yield Ref("RuleSet", spec["audience"]["ruleSet"])


def _digest(document: Document | None) -> str:
    if document is None:
        return ""
    return canonical.digest({part: document[part] for part in _KEPT if part in document})


def _when(test: CampaignTest) -> str:
    return f"of {to_text(test.at.replace(microsecond=0))} by {test.actor.removeprefix('user:')}"


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """`Template/nudge@1 has changed, Workflow/hard@1 has come in`."""
    told = [f"{ref} has changed" for ref in now if ref in before and before[ref] != now[ref]]
    told += [f"{ref} has come in" for ref in now if ref not in before]
    told += [f"{ref} has gone out" for ref in before if ref not in now]
    return ", ".join(told)
