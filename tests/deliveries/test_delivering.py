"""Sold leads on their way to buyers: real servers, the real engine, every store."""

import email
import email.policy
import hashlib
import hmac
import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.hooks.again import LONGEST, wait
from reconciler.kinds.leads import deliveries
from reconciler.kinds.leads.deliveries import units_of
from reconciler.kinds.leads.redelivering import deliver_again
from reconciler.kinds.leads.undelivered import undelivered
from reconciler.model.ref import Ref
from reconciler.model.work import Demand, Offer, Stage
from reconciler.views.lead_undelivered import begun_again
from tests.deliveries.desk import SECRETS, Desk
from tests.deliveries.sold import EMAIL, FIELDS, WEBHOOK
from tests.deliveries.sold import contract as sold_contract
from tests.engine.desk import move
from tests.hooks.servers import Request, serving
from tests.leads import desk as leads_desk
from tests.leads import rows
from tests.smtp_counter import smtp_counter


def hook(url: str, **more: Any) -> dict[str, Any]:
    return {**WEBHOOK, "url": url, **more}


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def test_a_webhook_gets_the_lead_signed_and_keyed(desk: Desk) -> None:
    """L-45: what the buyer receives, and by what he knows that it is ours and that he has it already."""
    with serving(lambda request: request.answer(200)) as buyer:
        desk.contract(hook(buyer.url, secret={"env": "ACME_SECRET"}, fields=["phone", "plate"]), {"method": "portal"})
        assert desk.sell(1) == 1
        assert desk.sell(1) == 0
        desk.work()
    (request,) = buyer.requests
    body = json.loads(request.body)
    assert body["id"] == "sold-1"
    assert body["fields"] == {"phone": FIELDS["phone"], "plate": "XX-1"}
    assert body["price"] == {"amount": "18.50", "currency": "EUR"}
    assert request.headers["idempotency-key"] == "sold-1-0"
    expected = hmac.new(SECRETS["ACME_SECRET"].encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-muster-signature-256"] == f"sha256={expected}"
    assert desk.stages() == {Stage.SENT: 1}


def test_a_buyer_who_is_away_is_called_again(desk: Desk) -> None:
    """L-45: with the same key, until he takes it."""

    def script(request: Request) -> None:
        if request.number == 0:
            request.hang_up()
        else:
            request.answer(503 if request.number == 1 else 200)

    with serving(script) as buyer:
        desk.contract(hook(buyer.url, retry={"attempts": 3, "backoff": "1s"}))
        desk.sell(1)
        desk.work()
    assert [request.headers["idempotency-key"] for request in buyer.requests] == ["sold-1-0"] * 3
    assert len({request.body for request in buyer.requests}) == 1
    assert desk.stages() == {Stage.SENT: 1}


@pytest.mark.parametrize(
    ("status", "retry", "calls"),
    [(503, None, 1), (503, {"attempts": 2, "backoff": "1s"}, 2), (422, {"attempts": 5}, 1)],
)
def test_who_does_not_take_it_is_given_up(desk: Desk, status: int, retry: dict[str, Any] | None, calls: int) -> None:
    with serving(lambda request: request.answer(status)) as buyer:
        desk.contract(hook(buyer.url, **({"retry": retry} if retry else {})))
        desk.sell(1)
        desk.work()
    assert len(buyer.requests) == calls
    assert desk.stages() == {Stage.FAILED: 1}
    assert desk.first(Stage.FAILED)["text"] == f"it answered {status}"


def test_statuses_that_mean_taken(desk: Desk) -> None:
    with serving(lambda request: request.answer(202)) as buyer:
        desk.contract(hook(buyer.url, success=[200]), hook(buyer.url, success=[202]))
        desk.sell(1)
        desk.work()
    assert desk.stages() == {Stage.SENT: 1, Stage.FAILED: 1}


def test_a_private_address_needs_a_word(desk: Desk) -> None:
    """L-45: never to an address that a manifest may not name; and it is said why."""
    with serving(lambda request: request.answer(200)) as buyer:
        desk.contract(hook(buyer.url, allowPrivate=False, retry={"attempts": 8, "backoff": "30s"}))
        desk.sell(1)
        desk.work()
        assert not buyer.connections
    assert desk.stages() == {Stage.FAILED: 1}
    assert desk.first(Stage.FAILED)["text"] == "its address is a private one, which needs allowPrivate: true"


def test_one_buyer_keeps_no_other_delivery_waiting(desk: Desk) -> None:
    """Each delivery has a lane: one that stalls holds up only itself."""
    with serving(lambda _request: time.sleep(20)) as stalling, serving(lambda request: request.answer(200)) as quick:
        desk.contract(hook(stalling.url, timeout="20s"), hook(quick.url))
        for number in range(5):
            desk.sell(number)
        with desk.working():
            until(lambda: len(quick.requests) == 5, "the quick one")
            assert len(stalling.requests) <= 1
            stalling.stop()
            for request in stalling.requests:
                with suppress(OSError):
                    request.sock.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("state", ["present", "deleted"])
def test_what_was_sold_is_delivered_in_every_state(desk: Desk, state: str) -> None:
    """AMB-L5: also when the contract, or the version, is deleted before it left."""
    with serving(lambda request: request.answer(200)) as buyer, smtp_counter() as post:
        desk.relay(post.port)
        desk.contract(hook(buyer.url), EMAIL)
        desk.sell(1)
        desk.contract(state=state)
        desk.work()
        assert (len(buyer.requests), post.count()) == (1, 1)
    assert desk.stages() == {Stage.SENT: 2}


def test_a_mail_that_waits_keeps_its_connection_whatever_the_contract_says_since(desk: Desk) -> None:
    """AMB-L5: a contract that sends no mails any more, but more webhooks, takes no way from what was sold before."""
    with serving(lambda request: request.answer(200)) as buyer, smtp_counter() as post:
        desk.relay(post.port)
        desk.contract(hook(buyer.url), EMAIL)
        desk.sell(1)
        desk.contract(hook(buyer.url), hook(buyer.url))
        desk.sell(2)
        with desk.working():
            until(lambda: post.count() == 1, "the mail")
            until(lambda: desk.stages() == {Stage.SENT: 4}, "all of it")


def test_mails_that_wait_for_a_connection_that_is_gone_are_sent_by_todays(desk: Desk) -> None:
    """Nothing is sold any more, which would lead them there: who sends out again does."""
    with smtp_counter() as post:
        desk.contract({**EMAIL, "smtp": "gone"})
        desk.sell(1)
        desk.relay(post.port)
        assert deliver_again(desk.store, desk.uid, sold_contract(EMAIL), desk.clock.now(), Stage.FAILED) == 0
        with desk.working():
            until(lambda: post.count() == 1, "the mail")
            until(lambda: desk.stages() == {Stage.SENT: 1}, "its record")


def test_test_leads_go_where_send_test_says_so(desk: Desk) -> None:
    """L-18: and nowhere else."""
    with serving(lambda request: request.answer(200)) as yes, serving(lambda request: request.answer(200)) as no:
        desk.contract(hook(yes.url, sendTest=True), hook(no.url), {**EMAIL, "sendTest": False}, {"method": "portal"})
        desk.sell(1, is_test=True)
        desk.work()
        assert [json.loads(request.body)["test"] for request in yes.requests] == [True]
        assert not no.connections
    assert desk.stages() == {Stage.SENT: 1}


def test_a_webhook_in_doubt_is_called_again_and_a_mail_is_not(desk: Desk) -> None:
    """A worker dies after the call and before the record: the key makes the webhook one; the mail is listed."""
    with serving(lambda request: request.answer(200)) as buyer, smtp_counter() as post:
        desk.relay(post.port)
        desk.contract(hook(buyer.url), EMAIL)
        desk.sell(1)
        now = desk.store.time(desk.clock.now())
        for offer in desk.store.ledger.offers(now, 10):  # a worker takes a unit up, and is never heard of again
            claim = desk.store.ledger.claim(offer, f"dead {offer.number}", now, now, 0)
            assert claim is not None
            window = desk.store.ledger.window(claim, None, Demand(1, 1, now), now)
            assert window is not None
            assert len(window.units) == 1
        assert desk.stages() == {Stage.SENDING: 2}
        desk.sell(2)
        desk.work()
        assert sorted(request.headers["idempotency-key"] for request in buyer.requests) == ["sold-1-0", "sold-2-0"]
        assert post.count() == 1
    assert desk.stages() == {Stage.SENT: 3, Stage.UNKNOWN: 1}
    assert [doubt.key for doubt in desk.store.ledger.unknown(desk.uid)] == ["outbound:1:1"]


def test_a_webhook_in_doubt_is_called_again_after_as_many_attempts_as_a_contract_may_ask_for(desk: Desk) -> None:
    """Its worker dies late in a long row of attempts: nobody else would ever send it."""
    with serving(lambda request: request.answer(200)) as buyer:
        desk.contract(hook(buyer.url, retry={"attempts": 100, "backoff": "1s"}))
        desk.sell(1)
        lost = "UPDATE unit SET stage = 'sending', attempts = 100 WHERE uid = ?"
        rows.desk_of(desk.store).writing(lambda sql: sql.run(lost, (desk.uid,)))
        assert desk.store.ledger.doubt(desk.uid, desk.clock.now()) == 1
        (worker,) = desk.workers(desk.store).values()
        assert list(worker.reports()) == []
        desk.work()
        assert len(buyer.requests) == 1
    assert desk.stages() == {Stage.SENT: 1}


def test_a_webhook_in_doubt_is_found_again_where_nothing_else_is_due(desk: Desk) -> None:
    """Somebody noted that its fate is not known and died in turn: it is pending from then on. Not so a mail."""
    with serving(lambda request: request.answer(200)) as buyer, smtp_counter() as post:
        desk.relay(post.port)
        desk.contract(hook(buyer.url), EMAIL)
        desk.sell(1)
        now = desk.store.time(desk.clock.now())
        for offer in desk.store.ledger.offers(now, 10):
            claim = desk.store.ledger.claim(offer, f"dead {offer.number}", now, now, 0)
            assert claim is not None
            window = desk.store.ledger.window(claim, None, Demand(1, 1, now), now)
            assert window is not None
            again = desk.store.ledger.claim(offer_of(offer, claim.owner), f"next {offer.number}", now, now, 0)
            assert again is not None
            desk.store.ledger.release(again, None, None, None, now)
        assert desk.stages() == {Stage.PENDING: 1, Stage.UNKNOWN: 1}
        assert [offer.number for offer in desk.store.ledger.offers(now, 10)] == [0]
        desk.work()
        assert (len(buyer.requests), post.count()) == (1, 0)
    assert desk.stages() == {Stage.SENT: 1, Stage.UNKNOWN: 1}


def offer_of(offer: Offer, owner: str) -> Offer:
    return replace(offer, owner=owner)


def mails(post: Any) -> list[Any]:
    return [email.message_from_bytes(one.message, policy=email.policy.default) for one in post.taken]


def test_a_mail_lists_the_fields(desk: Desk) -> None:
    """L-45: without a template; nothing in a value becomes a line or a header."""
    with smtp_counter() as post:
        desk.relay(post.port)
        desk.contract({**EMAIL, "fields": ["email", "phone"], "subject": "Lead {{ lead.id }}: {{ phone }}"})
        desk.sell(1, email="ana@home.example", phone="1\r\nBcc: evil@x.example\nprice: 0", plate="XX")
        desk.work()
        (mail,), (taken_,) = mails(post), post.taken
    assert desk.stages() == {Stage.SENT: 1}
    assert (taken_.sender, taken_.recipient) == ("desk@sender.example", "leads@acme.example")
    assert mail["Subject"] == "Lead sold-1: 1 Bcc: evil@x.example price: 0"
    assert mail["Bcc"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    lines = mail.get_content().splitlines()
    assert lines[:2] == ["email: ana@home.example", "phone: 1 Bcc: evil@x.example price: 0"]
    assert "plate: XX" not in lines
    assert "price: 18.50 EUR" in lines


def test_a_mail_keeps_its_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same Message-ID at every attempt, another for another lead."""
    answers = iter([b"451 4.3.0 later", b"250 2.0.0 taken", b"250 2.0.0 taken"])
    seen: list[str] = []

    def answer(one: Any) -> bytes:
        seen.append(str(email.message_from_bytes(one.message)["Message-ID"]))
        return next(answers)

    with smtp_counter(answer) as post:
        desk.relay(post.port)
        desk.contract(EMAIL)
        monkeypatch.setattr(deliveries, "BACKOFF", 1.0)
        desk.sell(1)
        desk.work()
        desk.sell(2)
        desk.work()
    assert sorted(Counter(seen).values()) == [1, 2]
    assert desk.stages() == {Stage.SENT: 2}


def test_a_template_writes_it(desk: Desk) -> None:
    """Fields by name, `lead`, and nothing where a lead lacks what the template mentions."""
    with smtp_counter() as post:
        desk.relay(post.port, returnPath="bounce@sender.example")
        desk.contract({**{k: v for k, v in EMAIL.items() if k != "from"}, "template": "sold"})
        desk.sell(1)
        desk.supporting(
            "Template", "sold", subject="{{ lead.workflow }}", text={"inline": "Call {{ phone }} {{ nickname }}!"}
        )
        desk.work()
        (mail,), (taken_,) = mails(post), post.taken
    assert mail["Subject"] == "quote-form"
    assert mail["From"] == "bounce@sender.example"
    assert taken_.sender == "bounce@sender.example"
    assert mail.get_content().strip() == f"Call {FIELDS['phone']} !"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (None, "is not there any more"),
        ({"text": {"file": "sold.txt"}}, "write it inline"),
        ({"text": {"inline": "{{ phone"}}, "cannot be written"),
    ],
)
def test_what_cannot_be_written_now_waits_for_who_mends_it(desk: Desk, spec: dict[str, Any] | None, why: str) -> None:
    """What was sold is owed: the lane says what is wrong, and nothing is given up."""
    with smtp_counter() as post:
        desk.relay(post.port)
        desk.contract({**EMAIL, "template": "sold"})
        if spec:
            desk.supporting("Template", "sold", **spec)
        desk.sell(1)
        with desk.working():
            until(lambda: desk.view().lanes[1].trouble is not None, "the trouble")
    trouble = desk.view().lanes[1].trouble
    assert trouble is not None
    assert why in trouble.message
    assert trouble.is_permanent
    assert desk.stages() == {Stage.PENDING: 1}


@pytest.mark.parametrize("missing", ["connection", "secret"])
def test_what_is_not_there_is_waited_for(desk: Desk, missing: str) -> None:
    desk.environment.clear()
    desk.contract(EMAIL if missing == "connection" else hook("http://127.0.0.1:1/", secret={"env": "ACME_SECRET"}))
    desk.sell(1)
    with desk.working():
        until(lambda: any(lane.trouble for lane in desk.view().lanes), "the trouble")
    messages = [lane.trouble.message for lane in desk.view().lanes if lane.trouble]
    words = (
        "SmtpConnection/lead-relay@1 is not there any more"
        if missing == "connection"
        else "the environment has no ACME_SECRET"
    )
    assert messages == [words]
    assert desk.stages() == {Stage.PENDING: 1}


def test_limits_of_the_connection_hold(desk: Desk) -> None:
    """Whoever sends by it: mailings and sold leads draw on the same."""
    with smtp_counter() as post:
        desk.relay(post.port, limits=[{"max": 2, "per": "1s"}])
        desk.contract(EMAIL)
        for number in range(5):
            desk.sell(number)
        desk.work()
        assert post.most_within(1.0) <= 2
    assert desk.stages() == {Stage.SENT: 5}


def test_the_mail_server_is_down(desk: Desk) -> None:
    """No attempt is counted: the lane rests, and goes on when it is back."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    desk.relay(port)
    desk.contract(EMAIL)
    desk.sell(1)
    with desk.working():
        until(lambda: desk.view().lanes[1].trouble is not None, "the trouble")
    assert desk.stages() == {Stage.PENDING: 1}
    with smtp_counter() as post:
        move(desk.store, *_mended(post.port))
        desk.work()
    assert desk.stages() == {Stage.SENT: 1}


def _mended(port: int) -> tuple[Any, ...]:
    from reconciler.model.ref import Ref

    spec = {"host": "127.0.0.1", "port": port, "tls": "none"}
    return Ref("SmtpConnection", "lead-relay"), "present", {"spec": spec}


def test_waits_double_up_to_a_day() -> None:
    waits = [wait(attempts, timedelta(seconds=30)) for attempts in (0, 1, 2, 7)]
    assert waits == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(seconds=30 * 128)]
    assert wait(99, timedelta(seconds=30)) == LONGEST
    assert wait(99, timedelta(days=999_999)) == LONGEST, "the longest that a manifest may say"


def test_what_begins_anew_is_said_of_one_as_of_many() -> None:
    assert [begun_again(count).partition(";")[0] for count in (0, 1, 2)] == [
        "nothing begins anew", "1 delivery begins anew", "2 deliveries begin anew",
    ]  # fmt: skip


def test_what_failed_is_told_and_sent_out_again_once_it_is_mended(desk: Desk) -> None:
    """L-45: with its reason; as the contract says by then, under the same key; what is unknown is left alone."""
    with serving(lambda request: request.answer(200)) as buyer, smtp_counter(lambda _one: b"550 5.7.1 no") as post:
        desk.relay(post.port)
        desk.contract(hook(buyer.url, allowPrivate=False), EMAIL)
        uid = leads_desk.campaign(desk.store, "cars")
        found = [sale(desk, uid) for _ in range(2)]
        desk.work()
        told = list(undelivered(desk.store, desk.uid))
        assert [(one.sale, one.number, one.by, one.stage, one.attempts) for one in told] == [
            (code, number, by, Stage.FAILED, 1)
            for code in found
            for number, by in enumerate(("webhook", "email through lead-relay"))
        ]
        assert told[0].why == "its address is a private one, which needs allowPrivate: true"
        assert told[1].why.endswith("no")
        post.answer = lambda _one: b"250 2.0.0 taken"
        desk.contract(hook(buyer.url))
        assert deliver_again(desk.store, desk.uid, desk.spec, desk.clock.now(), Stage.FAILED) == 2, (
            "only what the contract still sends in the same way"
        )
        assert deliver_again(desk.store, desk.uid, desk.spec, desk.clock.now(), Stage.FAILED) == 0
        desk.work()
        assert [request.headers["idempotency-key"] for request in buyer.requests] == [f"{code}-0" for code in found]
        desk.contract(hook(buyer.url), EMAIL)
        assert deliver_again(desk.store, desk.uid, desk.spec, desk.clock.now(), Stage.FAILED) == 2
        desk.work()
        assert post.count() == 2
    assert desk.stages() == {Stage.SENT: 4}
    assert list(undelivered(desk.store, desk.uid)) == []


def test_a_mail_in_doubt_goes_out_again_when_somebody_says_so(desk: Desk) -> None:
    """L-45: whoever has asked the buyer, and heard that it did not arrive; never by itself, nor with what has failed."""
    with smtp_counter() as post:
        desk.relay(post.port)
        desk.contract(EMAIL)
        sale(desk, leads_desk.campaign(desk.store, "cars"))
        now = desk.store.time(desk.clock.now())
        (offer,) = desk.store.ledger.offers(now, 10)
        claim = desk.store.ledger.claim(offer, "dead", now, now, 0)
        assert claim is not None
        assert desk.store.ledger.window(claim, None, Demand(1, 1, now), now) is not None
        desk.store.ledger.doubt(desk.uid, now)
        assert deliver_again(desk.store, desk.uid, desk.spec, now, Stage.FAILED) == 0
        desk.work()
        assert desk.stages() == {Stage.UNKNOWN: 1}
        assert deliver_again(desk.store, desk.uid, desk.spec, now, Stage.UNKNOWN) == 1
        desk.work()
        assert post.count() == 1
    assert desk.stages() == {Stage.SENT: 1}


@pytest.mark.parametrize("state", ["published", "sundowned", "deleted"])
def test_a_test_that_did_not_arrive_is_gone_with_the_test(desk: Desk, state: str) -> None:
    """L-14, L-19, AMB-L2: while its version is in test it can be mended; then it is on no list, and never sent again."""
    with serving(lambda request: request.answer(200)) as buyer:
        desk.contract(hook(buyer.url, allowPrivate=False, sendTest=True))
        uid = leads_desk.campaign(desk.store, "cars", state="test")
        code = sale(desk, uid, is_test=True)
        desk.work()
        assert [one.sale for one in undelivered(desk.store, desk.uid)] == [code]
        desk.contract(hook(buyer.url, sendTest=True))
        leads_desk.move(desk.store, Ref("LeadCampaign", "cars", 1), state)
        assert list(undelivered(desk.store, desk.uid)) == []
        assert deliver_again(desk.store, desk.uid, desk.spec, desk.clock.now(), Stage.FAILED) == 0
        leads_desk.move(desk.store, Ref("LeadCampaign", "cars", 1), "test")
        assert deliver_again(desk.store, desk.uid, desk.spec, desk.clock.now(), Stage.FAILED) == 1
        desk.work()
    assert len(buyer.requests) == 1


def sale(desk: Desk, uid: int, is_test: bool = False) -> str:
    """A lead sold for good, or as a test: its row, and its units."""
    lead_id, _ = rows.lead(desk.store, uid, is_test=is_test)
    sale_id, code = rows.sale(desk.store, uid, lead_id, is_test=is_test, contract=desk.uid)
    sold = desk.store.lead_books.sales([sale_id], ("test",))[sale_id]
    units = units_of(sold, desk.store.lead_sales.leads([lead_id])[lead_id], desk.spec)
    now = desk.store.time(desk.clock.now())
    assert desk.store.ledger.post(desk.uid, [replace(unit, due_at=now) for unit in units]) == len(units) > 0
    return code
