"""Lanes of messages, worked on by the real engine against real servers, on every store. (I-01, C-31, AMB-E13)"""

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from reconciler.kinds.messaging import crossing
from reconciler.kinds.messaging.lanes import WEBHOOKS
from reconciler.kinds.messaging.trying import Tries
from reconciler.model.work import Demand, Result, Settling, Stage
from tests.hooks.servers import Request, serving
from tests.mail.liar import liar
from tests.messaging.desk import ANA, DEADLINE, Desk
from tests.smtp_counter import Taken, smtp_counter


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def test_a_message_goes_out_by_mail_and_by_webhook(desk: Desk) -> None:
    """I-01, C-31: one step by e-mail, another by the agent for sms."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port)
        desk.template()
        desk.post(desk.mail(), key="m-1")
        desk.post(desk.hook(agent.url, medium="sms"), key="m-2")
        desk.work()
    assert [one.recipient for one in post.taken] == ["ana@home.example"]
    assert b"Subject: Invoice INV-1" in post.taken[0].message
    assert json.loads(agent.requests[0].body)["message"]["text"] == "120.50 is open."
    assert desk.stages() == {Stage.SENT: 2}
    assert sorted(desk.told) == [
        ("begin", "m-1", "letters"),
        ("begin", "m-2", "sms"),
        ("settle", "m-1", "reached"),
        ("settle", "m-2", "reached"),
    ]


def test_what_is_over_when_its_turn_comes_is_not_said(desk: Desk) -> None:
    """AMB-I6, AMB-C1: who has paid in between hears nothing."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port)
        desk.template()
        desk.over = {"m-1", "m-2"}
        desk.post(desk.mail(), key="m-1")
        desk.post(desk.hook(agent.url), key="m-2")
        desk.work()
        assert (post.count(), len(agent.requests)) == (0, 0)
    assert desk.stages() == {Stage.CANCELLED: 2}


def test_nothing_is_begun_while_the_connection_is_out(desk: Desk) -> None:
    """What is written down when a contact begins would be wrong: nobody was contacted."""
    desk.relay(1)
    desk.template()
    desk.post(desk.mail())
    with desk.working():
        until(lambda: any(one.trouble for one in desk.view().lanes), "the trouble")
    assert desk.told == []
    assert desk.stages() == {Stage.PENDING: 1}


def test_a_connection_that_breaks_before_the_mail_is_no_attempt(desk: Desk) -> None:
    """What was begun is put back, and begun anew when the server is there again."""
    with liar({"MAIL": b"421 4.3.2 going down\r\n"}) as server:
        desk.relay(server.port)
        desk.template()
        desk.post(desk.mail())
        with desk.working():
            until(lambda: len(desk.told) == 2, "the mail being put back")
    assert desk.told == [("begin", "m-1", "letters"), ("put back", "m-1", "")]
    assert desk.stages() == {Stage.PENDING: 1}
    with smtp_counter() as post:
        desk.relay(post.port)
        desk.work()
        assert post.count() == 1
    assert desk.told[2:] == [("begin", "m-1", "letters"), ("settle", "m-1", "reached")]


def test_an_agent_that_is_away_is_called_again(desk: Desk) -> None:
    """C-31: with the same key and the same words, by the channel's own retries; each time it is looked whether it still is."""

    def script(request: Request) -> None:
        if request.number == 0:
            request.hang_up()
        else:
            request.answer(503 if request.number == 1 else 200)

    with serving(script) as agent:
        desk.template()
        desk.post(desk.hook(agent.url, retry={"attempts": 3, "backoff": "1s"}))
        desk.work()
    assert [request.headers["idempotency-key"] for request in agent.requests] == ["m-1"] * 3
    assert len({request.body for request in agent.requests}) == 1
    assert [word for word, *_ in desk.told] == ["begin", "settle"] * 3
    assert [outcome for word, _, outcome in desk.told if word == "settle"] == ["later", "later", "reached"]
    assert desk.stages() == {Stage.SENT: 1}


def test_what_was_paid_between_two_calls_is_not_called_again(desk: Desk) -> None:
    def script(request: Request) -> None:
        desk.over.add("m-1")
        request.answer(503)

    with serving(script) as agent:
        desk.template()
        desk.post(desk.hook(agent.url, retry={"attempts": 8, "backoff": "1s"}))
        desk.work()
        assert len(agent.requests) == 1
    assert desk.stages() == {Stage.CANCELLED: 1}


@pytest.mark.parametrize(
    ("status", "retry", "calls", "fate"),
    [
        (503, None, 1, "refused"),
        (503, {"attempts": 2, "backoff": "1s"}, 2, "refused"),
        (422, {"attempts": 5}, 1, "refused"),
        (0, None, 1, "unknown"),
        (0, {"attempts": 2, "backoff": "1s"}, 2, "unknown"),
    ],
)
def test_how_often_an_agent_is_called(
    desk: Desk, status: int, retry: dict[str, object] | None, calls: int, fate: str
) -> None:
    """What nobody has heard is called again under its key, as often as the channel says, and not one time more."""
    with serving(lambda request: request.answer(status) if status else request.hang_up()) as agent:
        desk.template()
        desk.post(desk.hook(agent.url, **({"retry": retry} if retry else {})))
        desk.work()
        assert len(agent.requests) == calls
    assert desk.told[-1] == ("settle", "m-1", fate)
    assert desk.stages() == {Stage.FAILED: 1}


def test_waiting_for_the_hour_is_no_attempt(desk: Desk) -> None:
    """AMB-C11: who was put off five times is called as often as anybody."""
    with serving(lambda request: request.answer(503)) as agent:
        desk.template()
        desk.shut = {"m-1": 5}
        desk.post(desk.hook(agent.url, retry={"attempts": 2, "backoff": "1s"}))
        desk.work()
        assert len(agent.requests) == 2
    assert desk.stages() == {Stage.FAILED: 1}


def test_nobody_reached_is_no_failure_of_the_channel(desk: Desk) -> None:
    """The agent has done its work; whether to try another time is the strategy's."""
    with serving(lambda request: request.answer(200, b'{"reached": false, "reason": "busy"}')) as agent:
        desk.template()
        desk.post(desk.hook(agent.url, retry={"attempts": 5, "backoff": "1s"}))
        desk.work()
        assert len(agent.requests) == 1
    assert desk.told[-1] == ("settle", "m-1", "not_reached")
    assert desk.stages() == {Stage.SENT: 1}


def test_a_mail_that_is_put_off_keeps_its_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "MAILS", Tries(2, timedelta(seconds=1), is_known=False))
    answers = iter([b"451 4.2.0 later", b"250 taken", b"451 4.2.0 later", b"451 4.2.0 later"])
    seen: list[bytes] = []

    def answer(one: Taken) -> bytes:
        seen.append(next(line for line in one.message.split(b"\r\n") if line.startswith(b"Message-ID")))
        return next(answers)

    with smtp_counter(answer) as post:
        desk.relay(post.port)
        desk.template()
        channel = desk.mail()
        desk.post(channel, key="m-1")
        desk.work()
        desk.post(channel, key="m-2")
        desk.work()
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert [outcome for word, _, outcome in desk.told if word == "settle"] == ["later", "reached", "later", "refused"]
    assert desk.stages() == {Stage.SENT: 1, Stage.FAILED: 1}


def test_one_who_cannot_be_reached_holds_up_nobody(desk: Desk) -> None:
    """I-17: it is said to the workshop, which may know another way."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port)
        desk.template()
        mail, sms = desk.mail(), desk.hook(agent.url, medium="sms")
        for number, contact in enumerate([{}, {"email": "no"}, ANA]):
            desk.post(mail, contact, f"mail-{number}")
            desk.post(sms, contact, f"sms-{number}")
        desk.work()
        assert (post.count(), len(agent.requests)) == (1, 1)
    assert sorted((key, fate) for word, key, fate in desk.told if word == "settle") == [
        ("mail-0", "unfit"), ("mail-1", "unfit"), ("mail-2", "reached"),
        ("sms-0", "unfit"), ("sms-1", "unfit"), ("sms-2", "reached"),
    ]  # fmt: skip
    assert desk.stages() == {Stage.SENT: 2, Stage.FAILED: 4}


# --- what is of no use to anybody ---


@pytest.mark.parametrize(
    "fault", ["template gone", "template of no use", "template in a file", "channel gone", "secret gone"]
)
def test_what_can_be_said_to_nobody_waits_for_who_mends_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """And lets the others pass, which stand behind it in the lane; the lane says what is wrong."""
    monkeypatch.setattr(crossing, "HOPELESS", timedelta(seconds=1))
    monkeypatch.setattr(crossing, "SHORTEST", timedelta(seconds=1))
    with serving(lambda request: request.answer(200)) as agent:
        desk.template()
        desk.template("other")
        sms, voice = desk.hook(agent.url), desk.hook(agent.url, "voice")
        desk.post(voice, key="bad", template="other")
        desk.post(sms, key="good")
        match fault:
            case "template gone":
                desk.supporting("Template", "other", "deleted")
            case "template of no use":
                desk.template("other", "{{ invoice.number")
            case "template in a file":
                desk.supporting("Template", "other", text={"file": "other.txt"})
            case "channel gone":
                desk.supporting("Channel", "voice", "deleted")
            case "secret gone":
                desk.hook(agent.url, "voice", secret={"env": "VOICE_SECRET"})
        with desk.working():
            until(lambda: desk.stages() == {Stage.SENT: 1, Stage.PENDING: 1}, "the good one")
            until(lambda: any(one.trouble and one.trouble.is_permanent for one in desk.view().lanes), "the trouble")
            assert [one.headers["idempotency-key"] for one in agent.requests] == ["good"]
            desk.environment["VOICE_SECRET"] = "there"
            desk.template("other")
            desk.hook(agent.url, "voice")
            until(lambda: desk.stages() == {Stage.SENT: 2}, "the bad one, mended")
    begun = sum(one[:2] == ("begin", "bad") for one in desk.told)
    put_back = desk.told.count(("put back", "bad", ""))
    assert begun == put_back + 1, "whoever began it knows that it was not said"


def test_waiting_for_who_mends_it_uses_up_no_attempt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "HOPELESS", timedelta(milliseconds=10))
    monkeypatch.setattr(crossing, "SHORTEST", timedelta(milliseconds=10))
    answers = iter([503, 503, 200])
    with serving(lambda request: request.answer(next(answers))) as agent:
        desk.template()
        desk.supporting("Template", "nudge", "deleted")
        desk.post(desk.hook(agent.url, retry={"attempts": 3, "backoff": "1s"}))
        with desk.working():
            until(lambda: desk.view().lanes[0].trouble is not None, "the trouble")
            desk.template()
            until(lambda: desk.stages() == {Stage.SENT: 1}, "the message")
        assert len(agent.requests) == 3


# --- channels that are edited while messages wait ---


def test_a_message_goes_the_way_that_its_channel_goes_now(desk: Desk) -> None:
    """C-31: from a webhook to mail, from mail to another connection, and back to a webhook."""
    with smtp_counter() as old, smtp_counter() as new, serving(lambda request: request.answer(200)) as agent:
        desk.relay(old.port, "old")
        desk.relay(new.port, "new")
        desk.template()
        desk.post(desk.hook(agent.url, "a"), key="a")
        desk.post(desk.mail("b", "old"), key="b")
        desk.post(desk.mail("c", "new"), key="c")
        desk.mail("a", "old")
        desk.mail("b", "new")
        desk.hook(agent.url, "c")
        desk.work()
        assert (old.count(), new.count(), len(agent.requests)) == (1, 1, 1)
        assert agent.requests[0].headers["idempotency-key"] == "c"
    assert desk.stages() == {Stage.SENT: 3}
    assert [desk.told.count(("put back", key, "")) for key in "abc"] == [1, 1, 1]


@pytest.mark.parametrize("way", ["mail", "hook"])
def test_what_waits_for_a_connection_that_was_taken_away_goes_the_new_way(desk: Desk, way: str) -> None:
    """C-31: the Channel was edited, and the old connection deleted, with messages in its lane: nobody is lost for ever."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port, "old")
        desk.relay(post.port, "new")
        desk.template()
        desk.post(desk.mail(smtp="old"))
        _ = desk.mail(smtp="new") if way == "mail" else desk.hook(agent.url, "letters")
        desk.supporting("SmtpConnection", "old", "deleted", host="127.0.0.1", port=post.port, tls="none")
        with desk.working():
            until(lambda: desk.stages() == {Stage.SENT: 1}, "the message")
        assert (post.count(), len(agent.requests)) == ((1, 0) if way == "mail" else (0, 1))


def test_a_channel_may_go_a_way_that_its_job_had_no_lane_for(desk: Desk) -> None:
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.template()
        desk.post(desk.hook(agent.url, "a"))
        desk.relay(post.port, "added", maxConnections=3)
        desk.mail("a", "added")
        desk.work()
        assert (post.count(), len(agent.requests)) == (1, 0)
    assert [one.via for one in desk.view().lanes] == [""] * WEBHOOKS + ["added"] * 3
    assert sum(one.left for one in desk.view().lanes) == 0


@pytest.mark.parametrize(("before", "after", "repeats"), [("hook", "mail", False), ("mail", "hook", True)])
def test_what_was_moved_is_repeated_only_where_that_is_harmless(
    desk: Desk, before: str, after: str, repeats: bool
) -> None:
    """AMB-E13: a mail in doubt is not sent again, also where it was to be a webhook when it was posted."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port)
        desk.template()
        channels = {"hook": lambda: desk.hook(agent.url, "a"), "mail": lambda: desk.mail("a")}
        desk.post(channels[before]())
        channel = channels[after]()
        place, now = desk.lanes.place(desk.uid, channel, 0, desk.clock.now()), desk.store.time(desk.clock.now())
        ledger = desk.store.ledger
        (offer,) = ledger.offers(now, 10)
        claim = ledger.claim(offer, "mover", now, now, 0)
        assert claim is not None
        window = ledger.window(claim, None, Demand(1, 1, now), now)
        assert window is not None
        moved = {window.units[0].id: Result(Stage.PENDING, {}, now, place)}
        ledger.release(claim, Settling(1, moved, now, 1), None, None, now)
        (offer,) = ledger.offers(now, 10)
        assert offer.number == place.lane
        claim = ledger.claim(offer, "dies in it", now, now, 0)
        assert claim is not None
        window = ledger.window(claim, None, Demand(1, 1, now), now)
        assert window is not None
        assert window.units[0].attempts == 0
        desk.work()
        assert (post.count(), len(agent.requests)) == (0, 1 if repeats else 0)
    assert desk.stages() == {Stage.SENT if repeats else Stage.UNKNOWN: 1}


# --- limits ---


def test_a_connections_limits_hold_for_all_who_send_by_it(desk: Desk) -> None:
    """E-44, E-45, C-31: connections at once and mails in a span, over lanes, channels and campaigns together."""
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(_one: Taken) -> bytes:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return b"250 taken"

    with smtp_counter(answer) as post:
        desk.relay(post.port, maxConnections=2, limits=[{"max": 5, "per": "1s"}])
        desk.template()
        channels = [desk.mail(f"letters-{number}") for number in range(3)]
        uids = [desk.uid, desk.campaign("hard")]
        for number in range(15):
            desk.post(channels[number % 3], key=f"m-{number}", turn=number, uid=uids[number % 2])
        desk.work()
        assert (post.count(), post.twice()) == (15, {"ana@home.example"})
        assert post.most_within(1) <= 5
    assert most <= 2
    assert len({one.message.split(b"Message-ID")[1][:60] for one in post.taken}) == 15
