"""A campaign that was really sent, some of it in vain, and what came back of it.

with smtp_counter(refusing) as counter:
    shop = mailed(tmp_path / "shop", counter.port, people(20))
    with showroom(shop.world) as room: …
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from reconciler.app import SystemClock
from reconciler.model.returns import Return, Sign
from tests.smtp_counter import Taken
from tests.web.shop import Shop

NAME = "spring"
_HEARD = {Sign.OPENED: 3, Sign.CLICKED: 5, Sign.BOUNCED: 10, Sign.COMPLAINED: 16, Sign.UNSUBSCRIBED: 12}
"""Of every how-manyeth mail that was sent a sign is heard."""

_DATA = {Sign.CLICKED: {"link": "0"}}


def people(many: int) -> list[str]:
    """So many addresses at three providers; every ninth is nobody's."""
    names = ("nobody" if number % 9 == 4 else "person" for number in range(many))
    return [f"{name}{number}@{'abc'[number % 3]}.example" for number, name in enumerate(names)]


def refusing(one: Taken) -> bytes:
    """What a server says that does not know nobody."""
    if one.recipient.startswith("nobody"):
        return f"550 5.1.1 <{one.recipient}> no such user <script>alert(1)</script>".encode()
    return b"250 2.0.0 taken"


def mailed(root: Path, port: int, addresses: Sequence[str]) -> Shop:
    """A shop that has sent its campaign to all of them, and has heard of some."""
    shop = Shop(root, port)
    shop.world.clock = SystemClock()  # type: ignore[assignment]
    shop.list_of(addresses)
    shop.campaign(NAME, "See https://shop.example/sale")
    shop.launch()
    hear(shop, [one for one in addresses if not one.startswith("nobody")])
    return shop


def hear(shop: Shop, sent: Sequence[str]) -> None:
    """Openings, clicks, bounces, complaints and people who leave, minutes and hours later."""
    uid, now = shop.uid(NAME), SystemClock().now()
    signs = [
        Return(f"{sign}:{key}", uid, key, sign, now + timedelta(minutes=7 * place), _DATA.get(sign, {}))
        for sign, every in _HEARD.items()
        for place, key in enumerate(sent)
        if place % every == 1
    ]
    with shop.open() as store:
        store.returns.record(signs)
