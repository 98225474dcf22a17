"""Leads sold to the highest bidders, whose servers really are asked. L-15, L-24."""

import json
from contextlib import ExitStack

from tests.deliveries.test_pinging import bids
from tests.email.mailroom import until
from tests.hooks.servers import serving
from tests.leads.yard import Yard


def test_the_highest_bid_that_counts_buys(yard: Yard) -> None:
    """One bids less than its contract asks of it, one has no cap left and is not even asked."""
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(serving(bids(bid)))
            for name, bid in (("a", "7.25"), ("b", "9.5"), ("c", "99"), ("d", "1"))
        }
        yard.campaign("published", mode="pingPost", shareCount=2)
        yard.partner()
        for name, server in servers.items():
            ping = {"url": server.url, "allowPrivate": True, **({"minBid": "2.00"} if name == "d" else {})}
            caps = {"caps": [{"leads": 0, "per": "day"}]} if name == "c" else {}
            yard.buyer(name, ping=ping, **caps)
        yard.apply()
        with yard.running():
            assert yard.post()
            until(lambda: yard.stages() == {"sold": 1}, "the sale")
        assert [len(server.requests) for server in servers.values()] == [1, 1, 0, 1]
        asked = json.loads(servers["a"].requests[0].body)
        assert asked["fields"] == {}, "nothing of a person leaves before the sale"
    sales = yard.rows("SELECT account, price, rule FROM outbound ORDER BY id")
    assert sales == [("b", 95_000, "bid"), ("a", 72_500, "bid")]
