"""What the tests of intake share."""

import pytest

from tests.intake.sources import Sources
from tests.world import World


@pytest.fixture
def sources(world: World) -> Sources:
    return Sources(world)
