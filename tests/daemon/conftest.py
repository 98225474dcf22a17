"""A repository to follow, and the directory of a daemon that follows it."""

from pathlib import Path

import pytest

from tests.daemons import Remote, campaign
from tests.world import World


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A bare repository with one campaign, pushed from a clone."""
    remote = Remote.at(tmp_path / "remote.git")
    first = remote.clone("first")
    first.write("campaigns.d/one.yaml", campaign("one"))
    first.push("one")
    return remote


@pytest.fixture
def home(tmp_path: Path) -> World:
    """The daemon's own directory, with its store."""
    return World(tmp_path / "home")
