"""The pages of one resource: of every kind there is, of one's own kinds, and of what has no manifest, no kind or no name."""

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from reconciler.dashboard.render import href
from reconciler.model.ref import Ref
from tests.dashboard.showroom import ROOT, Page, Room, demo, showroom
from tests.world import World

TABS = ("", "timeline", "diff", "history", "versions", "document")
NOISE = re.compile(
    r"\bNone\b|<[A-Z]\w+\.[A-Z_]+:|Undefined|\bTrue\b|\bFalse\b|datetime\.|frozenset|\bRef\(|\\u[0-9a-f]{4}"
)
"""What a page says where somebody forgot to say it in words."""


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(world)) as opened:
        yield opened


def sound(came: Page, path: str) -> str:
    """The words of a page that has come as it should."""
    assert came.status == 200, f"{path}: {came.words}"
    assert not NOISE.search(came.words), f"{path}: {NOISE.search(came.words)}"
    assert "style=" not in re.sub(r"<code>.*?</code>", "", came.text), path
    return came.words


def test_every_page_of_every_resource_of_the_demo(room: Room) -> None:
    with room.world.store() as store:
        refs = sorted(store.heads())
    assert len({ref.kind for ref in refs}) > 15
    for ref in refs:
        for tab in TABS:
            path = href(ref, *([tab] if tab else []))
            came = room.get(path)
            words = sound(came, path)
            assert ref.name in words
            assert f'href="{path}" aria-current="page"' in came.text, path
