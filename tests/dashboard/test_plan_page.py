"""The plan as a page: what the repository wants, why some of it is blocked, and what would work instead (X-03, X-12, R-15)."""

from tests.dashboard.showroom import demo, showroom
from tests.dashboard.turmoil import HOSTILE, turmoil
from tests.world import World


def test_x(world: World) -> None:
    plan = turmoil(world).plan()
    print(world.cli("plan", "--no-color") if False else world.cli("plan").out)
    with showroom(world) as room:
        came = room.get("/plan")
        print(came.words)
        print(room.get("/calendar").words)
        assert 0
