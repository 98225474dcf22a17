"""The pictures that pages show: each is there, light enough for a clone, and says in words what it shows."""

import re
from pathlib import Path

import pytest

from tests.dashboard.photographing import MOST, PICTURES

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs" / "pictures" / "dashboard"
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_is_there_and_has_words(page: Path) -> None:
    for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        assert words, f"{target} says nothing to who does not see it"
        assert "://" in target or (page.parent / target).is_file(), f"{page}: there is no {target}"


def test_the_dashboards_pictures_are_those_that_are_taken() -> None:
    found = {file.stem: file.stat().st_size for file in FOLDER.glob("*.png")}
    assert set(found) == set(PICTURES)
    assert max(found.values()) < MOST
