"""What holds for every page."""

import re
from hashlib import sha256

import pytest

from reconciler.dashboard.navigation import PAGES
from reconciler.dashboard.static import _FOLDER
from tests.dashboard.showroom import demo, showroom
from tests.world import World


def test_a_stranger_sees_no_page(world: World) -> None:
    with showroom(world) as room:
        for page in PAGES:
            came = room.ask("GET" if "GET" in page.methods else "POST", re.sub(r"\{\w+\}", "x", page.path))
            assert (came.status, "Campaigns" in came.text) == (401, False), page.path


def test_the_demo_is_shown(world: World) -> None:
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(world)) as room:
        came = room.get("/campaigns")
        assert came.status == 200
        assert "Campaigns" in came.words
        assert "script-src 'self'" in came.headers["content-security-policy"]
        assert room.get("/resources/EmailCampaign/winter-check@1").status == 200
        assert room.get("/resources/EmailCampaign/nobody@1").status == 404


@pytest.mark.parametrize("name", ["htmx.min.js"])
def test_what_is_vendored_is_what_was_published(name: str) -> None:
    assert sha256((_FOLDER / name).read_bytes()).hexdigest() in (_FOLDER / "VENDORED.md").read_text(encoding="utf-8")
