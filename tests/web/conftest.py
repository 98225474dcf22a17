"""A shop, and the server that its mail goes to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smtp_counter import Counter, smtp_counter
from tests.web.shop import HOOK, SECRET, Shop


@pytest.fixture
def counter() -> Iterator[Counter]:
    with smtp_counter() as found:
        yield found


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    monkeypatch.setenv("SHOP_HOOK", HOOK)
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(tmp_path: Path, counter: Counter) -> Shop:
    returns = {
        "mailboxes": [{"name": "bounces", "maildir": "bounces"}],
        "unsubscribe": ["leave@shop.example"],
        "webhooks": [{"name": "provider", "secret": {"env": "SHOP_HOOK"}}],
    }
    for room in ("new", "cur", "tmp"):
        (tmp_path / "shop" / "bounces" / room).mkdir(parents=True)
    return Shop(tmp_path / "shop", counter.port, {"returns": returns})
