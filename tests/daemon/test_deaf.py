"""Where files cannot be watched, or only some of them: it says so once, and the interval alone is enough."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemons import ROOT, campaign, daemon
from tests.world import World


def limited(name: str, number: int) -> tuple[str, ...]:
    """A command that runs another where the kernel gives `number` inotify instances or watches, and no more."""
    within = (
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        f'echo {number} > /proc/sys/user/{name}; exec "$@"',
        "sh",
    )
    try:
        tried = subprocess.run([*within, "cat", f"/proc/sys/user/{name}"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("the machine has no user namespaces")
    if tried.stdout != f"{number}\n":
        pytest.skip("the machine lets nobody make user namespaces")
    return within


@pytest.mark.parametrize(("name", "number"), [("max_inotify_instances", 0), ("max_inotify_watches", 1)])
def test_what_cannot_be_watched_is_looked_at_by_the_interval(name: str, number: int, tmp_path: Path) -> None:
    within = limited(name, number)
    world = World(tmp_path / "repository")
    world.write("folder/one.yaml", campaign("one"))
    with daemon(world.root, "--interval", "1s", within=within) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        running.says("files cannot be watched; they are looked at by the interval alone", level="warning")
        for state in ("test", "published"):
            world.write("folder/one.yaml", campaign("one", state))
            running.says("applied", ref="LeadCampaign/one@1", to=state)
    assert len(running.said("files cannot be watched; they are looked at by the interval alone")) == 1


TRIES = """
import os, resource, sys
from pathlib import Path
from queue import SimpleQueue
from watchfiles._rust_notify import RustNotify
from reconciler.source import watch

watch.AGAIN = 0.01
heard, deaf = SimpleQueue(), SimpleQueue()
watcher = watch.Watcher(lambda: (Path(sys.argv[1]),), lambda: heard.put("changed"), deaf.put)
free = os.dup(0)
os.close(free)
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
watcher.start()
print(deaf.get(timeout=60))
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
print(heard.get(timeout=60))
Path(sys.argv[1], "file").touch()
print(heard.get(timeout=60))
watcher.stop()
print(deaf.qsize())
"""


def test_it_listens_again_as_soon_as_it_can(tmp_path: Path) -> None:
    """However often it has tried in vain, it says so once."""
    command = [sys.executable, "-c", TRIES, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert "Too many open files" in first
    assert others == ["changed", "changed", "0"]
