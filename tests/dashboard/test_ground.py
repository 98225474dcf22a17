"""What holds for every page."""

import re
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest

from reconciler.app import App
from reconciler.dashboard.navigation import PAGES
from reconciler.dashboard.render import ago, money
from reconciler.dashboard.static import _FOLDER
from reconciler.model.instant import from_text
from tests.dashboard.showroom import ROOT, demo, showroom
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


class _Production(World):
    def app(self) -> App:
        return App.open(self.root, clock=self.clock, environment="production")


def test_every_page_names_the_environment(tmp_path: Path) -> None:
    """Two of them look alike: who takes the brake has to see in which one."""
    copytree(ROOT / "examples" / "environments", tmp_path / "project")
    with showroom(_Production(tmp_path / "project")) as room:
        for path in ("/campaigns", "/plan", "/resources/EmailCampaign/nobody@1"):
            assert "Muster Environment production Campaigns" in room.get(path).words, path


def test_a_store_that_was_moved_is_called_closed(world: World) -> None:
    """What it shows does not change any more, and a button would answer with an error."""
    demo(world)
    with showroom(world) as room:
        assert "This store is closed" not in room.get("/campaigns").words
        there = f"sqlite:{world.root / 'there.db'}"
        said = world.cli("store", "copy", f"sqlite:{world.root / '.muster' / 'state.db'}", there)
        assert said.code == 0, said
        for path in ("/campaigns", "/resources/EmailCampaign/win-back@1"):
            assert "This store is closed" in room.get(path).words, path
        form = "/resources/EmailCampaign/win-back@1/do/hold"
        answer = room.post(form, {"reason": "wait", "end": "1h"})
        assert (answer.status, "Nothing was done" in answer.words) == (409, True), answer.words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-0.4, "just now"), (0, "just now"), (0.9, "just now"), (7, "7 s ago"), (-7, "in 7 s"), (3 * 86400, "3 d ago")],
)
def test_how_long_ago_is_said_in_words(seconds: float, said: str) -> None:
    """What was counted while the page was made is a little younger than the page: that is no "in 0 s"."""
    now = from_text("2026-11-23T09:00:00Z")
    assert ago(now - timedelta(seconds=seconds), now) == said


def test_amounts_are_written_in_one_way() -> None:
    """As every other number; an account without a currency has the figure alone."""
    assert money(Decimal("12345.60"), "EUR") == "12\u202f345.60 EUR"
    assert money(Decimal("5"), "") == "5"
