"""What no event tells of: changes past the manifests, and a PostgreSQL that goes away and comes back."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.controller.doctor import examine
from reconciler.model.instant import to_text
from tests.daemons import campaign, daemon
from tests.postgres import Server, server
from tests.world import World

SOON = ("--interval", "1s", "--retry", "1s")


def test_the_interval_finds_what_was_changed_past_the_manifests(tmp_path: Path) -> None:
    world = World(tmp_path / "repository")
    world.write("one.yaml", campaign("one", "published"))
    with daemon(world.root, "--interval", "1s") as running:
        running.says("applied", ref="LeadCampaign/one@1")
        world.clock.moment = datetime.now(UTC)
        world.brake("LeadCampaign/one", "sundown", to_text(world.clock.moment + timedelta(hours=2)))
        running.says("blocked", ref="LeadCampaign/one@1", code="held")
        assert world.cli("release", "LeadCampaign/one").code == 0
        running.says("applied", ref="LeadCampaign/one@1", steps="republish")
    assert world.state("LeadCampaign/one") == "published"


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One that may be stopped: nobody else's tests are on it."""
    with server() as running:
        yield running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restart", "crash"])
def test_a_server_that_goes_away_is_waited_for(how: signal.Signals, tmp_path: Path, own_server: Server) -> None:
    world = World(tmp_path / "repository", own_server, own_server.store())
    world.write("one.yaml", campaign("one"))
    with daemon(world.root, *SOON, environment={"MUSTER_STORE": str(world.url)}) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        # While nobody looks, and while somebody does.
        own_server.restart(how)
        world.write("two.yaml", campaign("two"))
        running.says("applied", ref="LeadCampaign/two@1")
        own_server.stop(how)
        world.write("one.yaml", campaign("one", "test"))
        own_server.start()
        running.says("applied", ref="LeadCampaign/one@1", to="test")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
    assert not [line for line in running.lines if line.get("reason") == "Bug"]
    with world.store() as store:
        assert not examine(store).complaints
    assert [event.body["event"] for event in world.events("LeadCampaign/one")] == ["create", "promote"]
