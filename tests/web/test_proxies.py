"""The doors of the world behind real proxies, by the very examples of the manual: those doors, and nothing else. (issue 8)"""

import json
from contextlib import ExitStack
from pathlib import Path

from reconciler.web.posted_body import MOST
from tests.dashboard.fronting import Front, front
from tests.dashboard.showroom import ROOT
from tests.smtp_counter import Counter
from tests.web.shop import Shop, links
from tests.web.test_attacks import signed

MANUAL = ROOT / "docs/how-to/serve-links-and-returns.md"
PEOPLE = {"ada@r.example": "nginx", "bo@r.example": "caddy"}
"""Who presses their links, and through what."""


def test_the_world_finds_its_doors_and_no_other(shop: Shop, counter: Counter, tmp_path: Path) -> None:
    """Through nginx and Caddy. Who forges is known by the address that the proxy saw, whatever they say that they have."""
    shop.list_of(list(PEOPLE))
    shop.campaign("spring", "Sale: https://shop.example/sale", "<a href='https://shop.example/sale'>x</a>")
    shop.launch()
    mails = {one.recipient: one.message for one in counter.taken}
    with shop.serving() as server, ExitStack() as open_now:
        proxies = []
        for program in PEOPLE.values():
            (tmp_path / program).mkdir()
            behind = {8025: f"{server.host}:{server.port}"}
            begun = front(program, "# the doors of the world", behind, tmp_path / program, MANUAL)
            proxies.append(open_now.enter_context(begun))
        for who, proxy in zip(PEOPLE, proxies, strict=True):
            _finds_its_doors(proxy, shop, who, mails[who])
            _finds_no_other(proxy)
        for proxy in proxies:
            tries = [proxy.ask("GET", f"/c/forged{n}", X_Forwarded_For=f"192.0.2.{n}").status for n in range(60)]
            assert tries[-1] == 429


def _finds_its_doors(proxy: Front, shop: Shop, who: str, mail: bytes) -> None:
    click, pixel, leave = (links(mail, door)[0].removeprefix(proxy.base) for door in "cou")
    assert proxy.ask("GET", click).headers["location"] == "https://shop.example/sale"
    assert proxy.ask("HEAD", pixel).headers["content-type"] == "image/gif"
    assert proxy.ask("POST", leave, "List-Unsubscribe=One-Click").status == 200
    assert shop.reasons()[who, ""] == "unsubscribed"
    body = json.dumps([{"event": "bounce", "type": "hard", "recipient": f"not-{who}", "id": who}])
    assert proxy.ask("POST", "/webhooks/provider", body).status == 403
    assert proxy.ask("POST", "/webhooks/provider", body, **signed(body.encode())).text == "1 new\n"
    for path in ("/v1/leads", "/v1/referral/x/advocates", "/r/x", "/portal"):
        assert proxy.ask("GET", path).headers["x-content-type-options"] == "nosniff", f"{path} is answered by muster"
    large = proxy.ask("POST", "/v1/invoices", "x" * MOST)
    assert (large.status, large.headers["x-content-type-options"]) == (401, "nosniff"), (
        "as much as it takes is let through"
    )


def _finds_no_other(proxy: Front) -> None:
    for path in (
        "/", "/metrics", "/healthz", "/readyz", "/campaigns", "/c", "/portal/x", "//metrics", "/c/../metrics", "/c//../metrics",
        "/c/%2e%2e/metrics", "/c/..%2fmetrics", "/v1/../readyz", "/C/x", "/metrics?/c/", "/metrics%3f/c/x",
    ):  # fmt: skip
        came = proxy.ask("GET", path)
        assert (came.status, "muster_" in came.text) == (404, False), path
