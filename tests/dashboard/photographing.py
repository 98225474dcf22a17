"""`make screenshots`: the dashboard as the README shows it, taken over the staged project on the day for which it was written."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.dashboard.browsing import DESK, PHONE, Tab, browsing, tab
from tests.dashboard.showroom import showroom
from tests.dashboard.staging import SECRETS, staged

MOST: Final = 150_000
"""Bytes of a picture: a clone brings them all."""
PICTURES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "campaigns": ("/campaigns", {}),
    "mailing": ("/resources/EmailCampaign/newsletter-2026-11@1", {}),
    "mailing-dark": ("/resources/EmailCampaign/newsletter-2026-10@1", {"color_scheme": "dark"}),
    "lifecycle": ("/resources/CollectionCampaign/energy-0-60-dpd@1#lifecycle-title-above", {}),
    "timeline": ("/resources/ReferralCampaign/neighbour-friend-125@1/timeline", {}),
    "plan": ("/plan", {}),
    "execution": ("/execution", {}),
    "receivables": ("/receivables", {}),
    "calendar": ("/calendar?month=2027-01", {}),
    "confirmation": ("/resources/ReferralCampaign/neighbour-both-75@1/do/take/pause", {}),
    "phone": ("/campaigns", {"viewport": PHONE}),
}


def photographed(folder: Path) -> None:
    """Take them all. An assertion where a page is not there, or a picture too large."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        for name, value in {**SECRETS, "MUSTER_ACTOR": "dana"}.items():
            patch.setenv(name, value)
        with showroom(staged(Path(scratch) / "project")) as room, browsing() as chromium:
            for name, (path, given) in PICTURES.items():
                with tab(chromium, room, **{"viewport": DESK, "device_scale_factor": 1, **given}) as seen:
                    _taken(seen, path, folder / f"{name}.png")


def _taken(seen: Tab, path: str, file: Path) -> None:
    assert seen.open(path).ok, path
    seen.page.locator("#live-sign[data-state=live]").wait_for()
    seen.page.screenshot(path=file, animations="disabled")
    assert file.stat().st_size < MOST, f"{file} has {file.stat().st_size} bytes"


if __name__ == "__main__":
    photographed(Path(sys.argv[1]))
