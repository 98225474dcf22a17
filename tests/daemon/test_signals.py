"""A signal ends it, a second one at once, whatever it waits for: nothing of its own stays behind."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemons import Running, campaign, daemon
from tests.world import World


@pytest.fixture
def home(tmp_path: Path) -> World:
    return World(tmp_path / "home")


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Somebody who takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        yield listening


def ends_at_once(running: Running) -> None:
    """It is asked to end, waits for something, and is asked again."""
    running.send(signal.SIGTERM)
    running.send(signal.SIGINT)
    assert running.ended() == 130
    assert "error: stopped at once; what was done is in the log\n" in running.raw
    assert not running.said("stopped")


def test_it_waits_for_a_remote_no_more(home: World, silent: socket.socket) -> None:
    url = f"https://127.0.0.1:{silent.getsockname()[1]}/campaigns.git"
    with daemon(home.root, "--git", url) as running:
        call, _ = silent.accept()
        running.send(signal.SIGTERM)
        call.settimeout(30)  # half of what it would wait for an answer
        with call:
            while call.recv(4096):
                pass  # what git has said before it was ended; then nothing, for it is gone
        assert running.ended() == 0
        assert running.said("stopped")


def test_it_waits_for_a_receiver_no_more(home: World, silent: socket.socket) -> None:
    home.write("one.yaml", campaign("one"))
    port = silent.getsockname()[1]
    mail = f"smtp: {{host: 127.0.0.1, port: {port}, tls: none}}, from: muster@shop.example, to: [ana@shop.example]"
    home.write("../muster.yaml", f"notifications: [{{name: office, on: [applied], email: {{{mail}}}}}]\n")
    with daemon(home.root) as running:
        call, _ = silent.accept()
        with call:
            ends_at_once(running)
    # What was not sent stands in the store, and is sent by the next one.
    with home.store() as store:
        assert [fate.value for _, fate in store.bulletin.tally()] == ["pending"]
