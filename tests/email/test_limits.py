"""Limits, measured at the server: never more than `max` in any span, whoever works and however many."""

from contextlib import ExitStack

import pytest

from reconciler.model.work import Stage
from tests.email.mailroom import Mailroom, until
from tests.smtp_counter import smtp_counter


@pytest.mark.parametrize(
    ("connection", "campaign"),
    [([{"max": 7, "per": "1s"}], None), ([{"max": 7, "per": "1s"}, {"max": 12, "per": "2s"}], None), ([], "7/s")],
)
def test_four_workers_never_exceed_a_limit(
    room: Mailroom, connection: list[dict[str, object]], campaign: str | None
) -> None:
    """AMB-E12, E-17: four engines over four lanes, each with threads of its own."""
    with smtp_counter() as counter, ExitStack() as workers:
        room.relay("a", counter.port, maxConnections=4, limits=connection)
        room.recipients("all", 40)
        room.launch(sending={"rate": campaign} if campaign else {})
        for _ in range(4):
            workers.enter_context(room.running(threads=2))
        until(lambda: room.state() == "completed", "the end", 60)
        assert counter.count() == 40
        assert counter.most_within(1.0) <= 7
        if len(connection) > 1:
            assert counter.most_within(2.0) <= 12
    assert room.stages() == {Stage.SENT: 40}


def test_two_campaigns_share_the_limit_of_their_connection(small: Mailroom) -> None:
    """AMB-E12: it belongs to the connection."""
    with smtp_counter() as counter:
        small.relay("a", counter.port, maxConnections=4, limits=[{"max": 6, "per": "1s"}])
        small.recipients("all", 12)
        small.campaign("running")
        other = (small.world.manifests / "emailcampaign-spring.yaml").read_text().replace('"spring"', '"autumn"')
        small.world.write("autumn.yaml", other)
        assert not small.apply().failed
        with small.running():
            until(lambda: counter.count() == 24, "both")
        assert counter.most_within(1.0) <= 6


def test_no_more_connections_than_the_server_wants(small: Mailroom) -> None:
    """AMB-E12: maxConnections, over two engines."""
    with smtp_counter() as counter, small.running(4), small.running(4):
        small.relay("a", counter.port, maxConnections=2)
        small.recipients("all", 300)
        small.launch()
        until(lambda: small.state() == "completed", "the end")
        assert len({lane.number for lane in small.view().lanes}) == 2
