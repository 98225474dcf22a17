"""Tests of campaigns before their launch: what exactly was tested, when, by whom, and whether it passed. (I-14, I-15, AMB-I4)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model import canonical
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class CampaignTest:
    """One test. `parts` are the digests of the documents that were tested, by ref; `faults` why it did not pass."""

    ref: Ref
    parts: Mapping[str, str]
    at: datetime
    actor: str
    sample: str
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults

    @property
    def digest(self) -> str:
        """What was tested, in one word: another text, rule or step, and it is another one."""
        return digest_of(self.parts)


def digest_of(parts: Mapping[str, str]) -> str:
    """The digest of documents by their digests."""
    return canonical.digest(dict(parts))


class CampaignTests(Protocol):
    """The rows of tests: the last one of each thing tested. Times are UTC."""

    def record(self, test: CampaignTest) -> None:
        """Keep a test, in place of an earlier one of exactly the same documents."""
        ...

    def of(self, ref: Ref, digest: str) -> CampaignTest | None:
        """The last test of a campaign with exactly these documents."""
        ...

    def last_passed(self, ref: Ref) -> CampaignTest | None:
        """The last test of a campaign that passed, whatever was tested."""
        ...
