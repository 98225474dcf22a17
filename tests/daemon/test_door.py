"""What a daemon shows over HTTP, and what it lets itself be told."""

import hashlib
import hmac
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.daemons import Remote, Running, campaign, daemon, until
from tests.world import World

SECRET = "between us"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "repository")
    world.write("one.yaml", campaign("one"))
    return world


def asked(running: Running, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Status and text of one request to the daemon."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://{running.says('listening')['at']}{path}", data=body, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_are_such_as_prometheus_likes(world: World) -> None:
    world.write("two.yaml", "kind: [broken")
    with daemon(world.root, "--listen", "127.0.0.1:0") as running:
        running.says("pass")
        until(lambda: asked(running, "/readyz")[0] == 200, "readiness")
        assert asked(running, "/healthz")[0] == 200
        _, text = asked(running, "/metrics")
    assert 'muster_resources{kind="LeadCampaign",state="draft"} 1.0' in text
    assert 'muster_steps_total{event="create",kind="LeadCampaign",result="done"} 1.0' in text
    assert 'muster_conditions{condition="Ready",kind="LeadCampaign",status="True"} 1.0' in text
    checked = subprocess.run(("promtool", "check", "metrics"), input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_daemon_that_has_read_nothing_is_not_ready(tmp_path: Path) -> None:
    world = World(tmp_path / "empty")
    with daemon(world.root, "--listen", "127.0.0.1:0", "--retry", "1s") as running:
        running.says("the pass failed", reason="EmptyCatalog")
        assert asked(running, "/readyz")[0] == 503
        assert asked(running, "/healthz")[0] == 200
        world.write("one.yaml", campaign("one"))
        until(lambda: asked(running, "/readyz")[0] == 200, "readiness")


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_hint_is_believed_from_who_knows_the_secret(tmp_path: Path) -> None:
    remote, home = Remote.at(tmp_path / "remote.git"), World(tmp_path / "home")
    clone = remote.clone("clone")
    clone.write("campaigns.d/one.yaml", campaign("one"))
    clone.push("one")
    options = ("--git", str(remote.path), "--interval", "1h", "--listen", "127.0.0.1:0")
    with daemon(home.root, *options, environment={"MUSTER_WEBHOOK_SECRET": SECRET}) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        clone.write("campaigns.d/two.yaml", campaign("two"))
        clone.push("two")
        body = b'{"ref": "refs/heads/whatever"}'
        assert asked(running, "/webhook", body)[0] == 403
        assert asked(running, "/webhook", body, X_Hub_Signature_256=signed(body, "guessed"))[0] == 403
        assert asked(running, "/webhook", body + b" ", X_Hub_Signature_256=signed(body))[0] == 403
        assert asked(running, "/webhook", body, X_Gitlab_Token="guessed")[0] == 403
        assert asked(running, "/webhook", b"x" * (8 << 20), X_Gitlab_Token=SECRET)[0] == 413
        assert not running.said("applied", ref="LeadCampaign/two@1")
        assert asked(running, "/webhook", body, X_Hub_Signature_256=signed(body))[0] == 202
        running.says("applied", ref="LeadCampaign/two@1")
        clone.write("campaigns.d/three.yaml", campaign("three"))
        clone.push("three")
        assert asked(running, "/webhook", body, X_Gitlab_Token=SECRET)[0] == 202
        running.says("applied", ref="LeadCampaign/three@1")
    assert SECRET not in "".join(running.raw)


def test_without_a_secret_there_is_no_webhook(world: World) -> None:
    with daemon(world.root, "--listen", "127.0.0.1:0") as running:
        assert asked(running, "/webhook", b"", X_Gitlab_Token="")[0] == 404
        assert asked(running, "/../../etc/passwd")[0] == 404
