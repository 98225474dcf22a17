"""Who is put on a suppression list after the launch is left out as well, wherever the mails are sent from (AMB-E5, AMB-E16)."""

from pathlib import Path

import pytest

from tests.postgres import Server
from tests.world import World

MAILING = """
apiVersion: muster/v1
kind: EmailCampaign
metadata: {name: spring}
state: running
spec:
  subject: Spring
  from: {email: news@shop.example}
  content: {template: spring}
  targets: {include: [{list: everyone}]}
  suppressions: [do-not-mail]
  smtp: {connections: [{name: relay}]}
---
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: relay}
spec: {host: 127.0.0.1, port: 9, tls: none}
---
apiVersion: muster/v1
kind: Template
metadata: {name: spring}
spec: {text: {inline: Spring is here}}
---
apiVersion: muster/v1
kind: RecipientList
metadata: {name: everyone}
spec: {source: {inline: [{email: ana@home.example}, {email: bo@home.example}, {email: cy@home.example}]}}
---
apiVersion: muster/v1
kind: SuppressionList
metadata: {name: do-not-mail}
spec: {source: {csv: out.csv}}
"""
KEYS = ["ana@home.example", "bo@home.example", "cy@home.example"]


@pytest.fixture(params=["sqlite", "postgres"])
def launched(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> World:
    server = postgres if request.param == "postgres" else None
    world = World(tmp_path / "shop", server, server.store() if server else "")
    world.write("spring.yaml", MAILING)
    world.write("out.csv", "email\nAna@home.example\n")
    assert world.cli("apply", "--yes").code == 0
    return world


def suppressed(world: World) -> dict[str, str]:
    with world.store() as store:
        return {key: one.reason for key, one in store.returns.suppressed(KEYS, ["do-not-mail"]).items()}


def test_a_list_that_changes_while_a_campaign_runs_is_copied_again(launched: World) -> None:
    launched.write("out.csv", "email\nana@home.example\nbo@home.example\n")
    assert launched.cli("apply", "--yes").code == 0
    assert suppressed(launched) == {"ana@home.example": "list_import", "bo@home.example": "list_import"}
    launched.write("out.csv", "email\ncy@home.example\n")
    assert launched.cli("watch", "--once").code == 0
    assert suppressed(launched) == {"cy@home.example": "list_import"}


def test_a_list_that_is_broken_stays_as_it_was_and_is_told(launched: World) -> None:
    launched.write("out.csv", "email\nbo@home.example\n")
    launched.cli("apply", "--yes")
    launched.write("out.csv", 'email\n"cy@home.example\n')
    told = launched.cli("apply", "--yes")
    assert told.code == 0
    assert "a list was not taken up whole" in told.err
    assert "SuppressionList/do-not-mail" in told.err
    assert suppressed(launched) == {"bo@home.example": "list_import"}


def test_nothing_is_read_where_no_campaign_runs(launched: World) -> None:
    launched.write("spring.yaml", MAILING.replace("state: running", "state: cancelled"))
    launched.cli("apply", "--yes")
    launched.write("out.csv", "email\nbo@home.example\n")
    launched.cli("apply", "--yes")
    assert "bo@home.example" not in suppressed(launched)
