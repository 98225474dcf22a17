"""What becomes of recipients and campaign, by what the servers say: against real ones, on both stores."""

import threading
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from reconciler.model.ref import Ref
from reconciler.model.work import Stage
from tests.email.mailroom import SPRING, Mailroom, until
from tests.mail.liar import liar
from tests.smtp_counter import Taken, smtp_counter
from tests.smtp_sink import free_port

SOON = {"backoff": ["1s"], "maxAttempts": 3}
"""How tests wait between attempts."""


@dataclass
class Script:
    """Says something to each recipient, by the how-manyeth time (from 1) that it is written to."""

    say: Callable[[str, int], bytes]
    times: "Tally[str]" = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, one: Taken) -> bytes:
        with self.lock:
            self.times[one.recipient] += 1
            return self.say(one.recipient, self.times[one.recipient])


def sent(room: Mailroom, script: Script, many: int = 6, **spec: object) -> list[str]:
    """A campaign through a server of this script, as far as it goes by itself; who was taken."""
    with smtp_counter(script) as counter:
        room.relay("a", counter.port)
        room.recipients("all", many)
        room.launch(**{"sending": SOON, **spec})
        room.work()
        assert not counter.twice()
        assert room.said == []
        return sorted(counter.recipients())


OK = b"250 2.0.0 taken"


@pytest.mark.parametrize("no", [b"451 4.3.0 try later", b"450 4.2.0 greylisted, come back", b"452 4.2.2 mailbox full"])
def test_who_is_put_off_is_tried_again(room: Mailroom, no: bytes) -> None:
    """AMB-E7: a 4xx and greylisting are tried again after the back-off, and nobody else waits for it."""
    script = Script(lambda who, time: no if who == "u2@r.example" and time == 1 else OK)
    assert len(sent(room, script)) == 6
    assert script.times["u2@r.example"] == 2
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 6})


def test_who_is_put_off_for_ever_is_given_up(room: Mailroom) -> None:
    """E-23, AMB-E7: after maxAttempts it is that recipient's failure, with the server's words; the campaign completes."""
    script = Script(lambda who, _time: b"451 4.3.0 not today" if who == "u2@r.example" else OK)
    assert "u2@r.example" not in sent(room, script)
    assert script.times["u2@r.example"] == 3
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 5, Stage.FAILED: 1})
    answer = room.first_answer(Stage.FAILED)
    assert (answer["class"], answer["code"], answer["text"]) == ("later", 451, "not today")


def test_who_is_refused_is_not_tried_again(room: Mailroom) -> None:
    """AMB-E7: a single recipient's 5xx is that recipient's failure."""
    script = Script(lambda who, _time: b"550 5.1.1 nobody here" if who in ("u2@r.example", "u3@r.example") else OK)
    assert len(sent(room, script)) == 4
    assert script.times["u2@r.example"] == 1
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 4, Stage.FAILED: 2})


def test_a_server_that_says_slower_is_left_alone_for_a_while(small: Mailroom) -> None:
    """AMB-E7: 421 rests the lane; it does not use up everybody's attempts."""
    script = Script(lambda who, time: b"421 4.7.0 too fast" if who == "u0@r.example" and time == 1 else OK)
    assert len(sent(small, script, 8)) == 8
    assert script.times["u0@r.example"] == 2
    assert sum(script.times.values()) == 9
    assert small.state() == "completed"


def test_an_auth_that_is_refused_fails_the_campaign_and_history_says_why(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E-28, E-32, E-62, AMB-E7: nothing was sent, the rest is cancelled, the reason is in the log and no secret is."""
    monkeypatch.setenv("RELAY", "tops3cret")
    with liar({"EHLO": b"250-liar\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 who are you\r\n"}) as server:
        room.relay("a", server.port, auth={"user": "u", "password": {"env": "RELAY"}}, maxConnections=1)
        room.recipients("all", 5)
        room.launch()
        room.work()
        assert server.messages == []
    assert room.state() == "failed"
    assert room.stages() == {Stage.CANCELLED: 5}
    last = room.events()[-1].body
    assert (last["event"], last["actor"]) == ("fail", "system")
    assert "a: AUTH: 535 who are you" in last["reason"]
    for verb in ("history", "describe"):
        out = room.cli(verb, str(SPRING)).out
        assert "535 who are you" in out
        assert "tops3cret" not in out


def test_a_secret_that_is_not_there_fails_the_campaign(room: Mailroom) -> None:
    """E-28, E-32: where the worker runs, the environment lacks it."""
    room.relay("a", 9, auth={"user": "u", "password": {"env": "NO_SUCH_RELAY"}})
    room.recipients("all", 5)
    room.launch()
    room.work()
    assert room.state() == "failed"
    assert "NO_SUCH_RELAY" in room.events()[-1].body["reason"]


def test_a_connection_that_comes_back_goes_on(small: Mailroom) -> None:
    """AMB-E7, AMB-E12: an outage is waited out, and what was changed of the connection counts at once."""
    small.relay("a", free_port())
    small.recipients("all", 5)
    small.launch(sending=SOON)
    with small.running(), smtp_counter() as counter:
        until(lambda: any(lane.trouble for lane in small.view().lanes), "the outage")
        assert small.state() == "running"
        small.relay("a", counter.port)
        assert not small.apply().failed
        until(lambda: small.state() == "completed", "the end")
        assert counter.count() == 5
    assert small.stages() == {Stage.SENT: 5}


def test_an_outage_that_lasts_fails_the_campaign(room: Mailroom) -> None:
    """AMB-E7: longer than maxOutage on every connection."""
    room.relay("a", free_port())
    room.relay("b", free_port())
    room.recipients("all", 5)
    room.launch(["a", "b"], sending={"maxOutage": "1s"})
    room.work()
    assert room.state() == "failed"
    reason = room.events()[-1].body["reason"]
    assert "a: connect" in reason
    assert "b: connect" in reason
    assert room.stages() == {Stage.CANCELLED: 5}


def test_a_pause_in_an_outage_begins_it_anew(room: Mailroom) -> None:
    """AMB-E7, E-58: pause, mend, resume: what stood in the way before the pause does not fail it after."""
    room.relay("a", free_port())
    room.recipients("all", 5)
    room.launch(sending={"maxOutage": "2s"})
    with room.running():
        until(lambda: any(lane.trouble for lane in room.view().lanes), "the outage")
        room.campaign("paused", sending={"maxOutage": "2s"})
        room.apply()
    assert room.state() == "paused"
    until(lambda: _outage(room) > 3, "more than maxOutage")
    with smtp_counter() as counter:
        room.relay("a", counter.port)
        room.campaign("running", sending={"maxOutage": "2s"})
        assert not room.apply().failed
        room.report()
        assert room.state() == "running", "it has not even tried yet"
        room.work()
        assert counter.count() == 5
    assert room.state() == "completed"


def _outage(room: Mailroom) -> float:
    return max((room.clock.now() - lane.trouble.since).total_seconds() for lane in room.view().lanes if lane.trouble)


def test_a_connection_that_is_deleted_fails_the_campaign(room: Mailroom) -> None:
    """AMB-E7."""
    room.relay("a", 9)
    room.recipients("all", 5)
    room.launch()
    room.world.stored("SmtpConnection/a", "deleted")
    room.work()
    assert room.state() == "failed"
    assert f"{Ref('SmtpConnection', 'a')} is not there any more" in room.events()[-1].body["reason"]


def test_a_template_that_suits_nobody_fails_the_campaign(room: Mailroom) -> None:
    """E-32, AMB-E7: the first one's reason is in the log."""
    room.template("Hello {{ nickname }}")
    assert sent(room, Script(lambda _who, _time: OK)) == []
    assert room.state() == "failed"
    assert "nickname" in room.events()[-1].body["reason"]


def test_who_cannot_be_written_to_is_a_row_and_no_more(room: Mailroom) -> None:
    """AMB-E7: others get their mail."""
    room.template("Hello {{ 10 // (name | length - 6) }}")
    taken = sent(room, Script(lambda _who, _time: OK), 12)
    assert taken == ["u10@r.example", "u11@r.example"]
    assert room.state() == "completed"
    assert room.stages() == {Stage.SENT: 2, Stage.FAILED: 10}
    assert room.first_answer(Stage.FAILED)["class"] == "unfit"


def lost_once(who: str, time: int) -> bytes:
    if who == "u2@r.example" and time == 1:
        raise EOFError
    return OK


def test_an_answer_that_never_came_is_not_sent_again_by_itself(room: Mailroom) -> None:
    """AMB-E13: unknown, and the rest goes on."""
    script = Script(lost_once)
    assert len(sent(room, script)) == 5
    assert script.times["u2@r.example"] == 1
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 5, Stage.UNKNOWN: 1})


def test_an_answer_that_never_came_is_sent_again_where_that_is_asked_for(room: Mailroom) -> None:
    """AMB-E13: onUnknown: resend."""
    script = Script(lost_once)
    assert len(sent(room, script, sending={**SOON, "onUnknown": "resend"})) == 6
    assert script.times["u2@r.example"] == 2
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 6})


def test_resending_ends(room: Mailroom) -> None:
    """AMB-E13: a server that takes the mail and always hangs up gets it maxAttempts times, not for ever."""

    def hangs_up(who: str, _time: int) -> bytes:
        if who == "u2@r.example":
            raise EOFError
        return OK

    script = Script(hangs_up)
    sent(room, script, sending={**SOON, "onUnknown": "resend"})
    assert script.times["u2@r.example"] == 3
    assert (room.state(), room.stages()) == ("completed", {Stage.SENT: 5, Stage.UNKNOWN: 1})
