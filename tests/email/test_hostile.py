"""Servers that stall, lie and hang up, at every place: the right rows, nobody lost, and nobody written to twice."""

from collections import Counter as Tally

import pytest

from reconciler.model.work import Stage
from tests.email.mailroom import Mailroom
from tests.mail.liar import Act, Liar, hang_up, liar, reset, stall

PLACES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "END")
NONSENSE = b"what?\r\n"
YES_TO_ANOTHER_QUESTION = b"299 as you like\r\n"
DEAF = {"maxConnections": 1, "timeout": "1s"}
TERMS = {"backoff": ["1s"], "maxAttempts": 2, "maxOutage": "1s"}


def recipients_of(server: Liar) -> "Tally[str]":
    """To whom messages came whole, by how often."""
    return Tally(
        line[5:].decode() for one in server.messages for line in one.split(b"\r\n") if line.startswith(b"To: ")
    )


@pytest.mark.parametrize(
    ("place", "what"),
    [
        (place, what)
        for place in PLACES
        for what in (stall, hang_up, reset, NONSENSE, YES_TO_ANOTHER_QUESTION)
        if what is not stall or place not in ("BODY", "END")  # two minutes' patience: tests/mail/test_misbehaving.py
    ],
)
def test_a_server_that_misbehaves_loses_nobody(small: Mailroom, place: str, what: "Act | bytes") -> None:
    """E-28, E-32, AMB-E7, AMB-E13: everyone has a final row, and nobody to whom a whole mail may have gone gets another."""
    with liar({place: what}) as server:
        small.relay("a", server.port, **DEAF)
        small.recipients("all", 2)
        small.launch(sending=TERMS)
        small.work()
        whole = recipients_of(server)
    assert small.said == []
    stages = small.stages()
    assert sum(stages.values()) == 2
    assert all(stage.is_final for stage in stages), stages
    assert all(times == 1 for times in whole.values()), "nobody twice"
    sent, unknown = stages.get(Stage.SENT, 0), stages.get(Stage.UNKNOWN, 0)
    assert sent <= len(whole) <= sent + unknown, "nobody is lost, nobody is invented"
    # Who breaks off may throw away what was sent whole: then it is in doubt, and nobody got it.
    if what not in (reset, hang_up):
        assert len(whole) == sent + unknown
    if small.state() == "failed":
        assert small.events()[-1].body["reason"].startswith("a: ")
    else:
        assert small.state() == "completed"
    if place == "END":
        assert stages == {Stage.UNKNOWN: 2}
        assert small.state() == "completed"


def test_what_servers_say_is_shown_as_text(small: Mailroom) -> None:
    """E-32: an answer full of escapes steers no terminal, and stays short."""
    with liar(
        {"EHLO": b"250-liar\r\n250 AUTH PLAIN\r\n", "MAIL": b"550 \x1b[2Jgo away " + b"x" * 900 + b"\r\n"}
    ) as server:
        small.relay("a", server.port, **DEAF)
        small.recipients("all", 2)
        small.launch(sending=TERMS)
        small.work()
    assert small.state() == "failed"
    reason = small.events()[-1].body["reason"]
    assert "go away" in reason
    assert "\x1b" not in reason
    assert len(reason) < 500
    assert "\x1b" not in small.cli("history", "EmailCampaign/spring").out


@pytest.mark.parametrize("name", ["x\r\nBcc: victim@r.example", "x\nSubject: other", "\u2028Bcc: v@r.example"])
def test_no_value_of_a_list_becomes_a_header(small: Mailroom, name: str) -> None:
    """A contact's columns are text: in the subject they stay one line."""
    with liar({}) as server:
        small.relay("a", server.port, maxConnections=1)
        small.manifest("RecipientList", "all", {"source": {"inline": [{"email": "u@r.example", "name": name}]}})
        small.launch(subject="Hi {{ name }}")
        small.work()
        assert small.stages() == {Stage.SENT: 1}
        head = server.messages[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert not [line for line in head if line.lower().startswith(b"bcc")]
    assert len([line for line in head if line.lower().startswith(b"subject")]) == 1
    assert [line for line in server.told if line.startswith(b"RCPT")] == [b"RCPT TO:<u@r.example>"]
