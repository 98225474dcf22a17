"""Rewards are paid by the program's server, each once by its key, or handed over by an export (R-10, R-13, AMB-R10)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from reconciler.app import SystemClock
from reconciler.hooks.again import LONGEST, wait
from reconciler.hooks.call import Fate as Answer
from reconciler.hooks.call import Reply, signature
from reconciler.model.reward import Fate
from tests.daemons import PATIENCE, ROOT, until
from tests.hooks.servers import Request, Script, Serving, serving
from tests.leads.rows import desk_of
from tests.referral.bureau import FRIEND, Bureau

SECRET = "only the two of us know this"


@contextmanager
def payer(bureau: Bureau, script: Script, **webhook: object) -> Iterator[Serving]:
    """A server that pays, and the program names; the present is the machine's, as for PostgreSQL it must be."""
    bureau.clock = SystemClock()
    with serving(script) as server:
        hook = {"url": server.url, "allowPrivate": True, "secret": {"env": "PAYER_SECRET"}, **webhook}
        bureau.program(fulfilment={"webhook": hook})
        yield server


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYER_SECRET", SECRET)


def test_what_is_due_is_told_once_signed_and_under_its_own_key(bureau: Bureau) -> None:
    """R-10, AMB-R4: waiting periods are waited for, what is in review is left, and an ended campaign pays."""
    with payer(bureau, lambda found: found.answer(200)) as server:
        later = {**FRIEND, "to": "advocate", "wait": "1d"}
        bureau.put("summer", "live", [FRIEND, later, {**FRIEND, "on": "first_deposit", "approval": "manual"}])
        bureau.refer("fred", bureau.share("ada"))
        bureau.event("fred", "first_deposit")
        bureau.put("summer", "ended", [FRIEND, later, {**FRIEND, "on": "first_deposit", "approval": "manual"}])
        bureau.work()
        bureau.work()
        (request,) = server.requests
    assert bureau.fates() == {"fulfilled": 1, "pending": 1, "review": 1}
    (paid,) = bureau.rewards(Fate.FULFILLED)
    told = json.loads(request.body)
    assert request.headers["idempotency-key"] == paid.id == told["id"]
    assert request.headers["x-muster-signature-256"] == signature(SECRET, request.body)
    assert (told["beneficiary"], told["value"], told["currency"], told["campaign"]) == (
        "fred", "50.00", "USD", "ReferralCampaign/summer@1",
    )  # fmt: skip


def test_a_stop_blocks_what_is_not_begun(bureau: Bureau) -> None:
    """R-13, AMB-R6, AMB-R10: it was in the job already when its campaign stopped."""
    with payer(bureau, lambda found: found.answer(200)) as server:
        bureau.put("summer", "live", [FRIEND])
        bureau.refer("fred", bureau.share("ada"))
        with bureau.store() as store:
            tuple(bureau.app().workers(store)["ReferralProgram"].reports())
        bureau.put("summer", "stopped", [FRIEND])
        bureau.work()
        assert server.requests == []
    assert bureau.fates() == {"void": 1}


def test_who_does_not_answer_is_told_again_under_the_same_key(bureau: Bureau) -> None:
    """R-10: busy, then silent, then well: paid once, as the key says."""

    def script(found: Request) -> None:
        (lambda: found.answer(503), found.hang_up, lambda: found.answer(200))[min(found.number, 2)]()

    with payer(bureau, script, retry={"attempts": 5, "backoff": "1s"}) as server:
        bureau.put("summer", "live", [FRIEND])
        bureau.refer("fred", bureau.share("ada"))
        bureau.work()
        assert len({one.headers["idempotency-key"] for one in server.requests}) == 1
        assert bureau.fates() == {"fulfilled": 1}, (bureau.rewards(), bureau.said)
        assert len(server.requests) == 3, bureau.said


def test_what_cannot_be_paid_has_failed_and_may_be_tried_again(bureau: Bureau) -> None:
    """R-10: refused for good; a person lets it be tried again, and it is paid under the same key."""
    answers = [422, 200]
    with payer(bureau, lambda found: found.answer(answers[found.number])) as server:
        bureau.put("summer", "live", [FRIEND])
        (one,) = bureau.refer("fred", bureau.share("ada"))
        bureau.work()
        (failed,) = bureau.rewards(Fate.FAILED)
        assert failed.reason == "it answered 422"
        with bureau.store() as store:
            assert store.rewards.retry(one.id, bureau.clock.now())
        bureau.work()
        assert len(server.requests) == 2
    assert bureau.fates() == {"fulfilled": 1}


def test_what_may_have_been_paid_is_not_said_to_be_void(bureau: Bureau) -> None:
    """AMB-R6: the server hung up behind the whole request, then the campaign was stopped."""
    with payer(bureau, lambda found: found.hang_up(), retry={"attempts": 2, "backoff": "1s"}):
        bureau.put("summer", "live", [FRIEND])
        (one,) = bureau.refer("fred", bureau.share("ada"))
        now = bureau.clock.now()
        with bureau.store() as store:
            assert store.rewards.begin(one.id, now) is not None
            store.rewards.settle(one.id, Fate.SENDING, "nobody knows", now)
        bureau.put("summer", "stopped", [FRIEND])
        with bureau.store() as store:
            found = store.rewards.begin(one.id, now)
            assert found is not None and found.fate is Fate.FAILED and "nobody knows" in found.reason
            assert not store.rewards.retry(one.id, now), "a stopped campaign pays nothing, whoever asks"
    assert bureau.fates() == {"failed": 1}


@pytest.mark.parametrize("fate", [Fate.APPROVED, Fate.FAILED])
def test_what_was_surely_not_paid_when_its_campaign_stopped_is_void_for_good(bureau: Bureau, fate: Fate) -> None:
    """R-13, AMB-R2, AMB-R6: it was under way at the stop, the answer came after it; a relaunch revives nothing."""
    bureau.put("summer", "live", [FRIEND])
    (one,) = bureau.refer("fred", bureau.share("ada"))
    now = bureau.clock.now()
    with bureau.store() as store:
        program, begun = bureau.offering(store).uid, store.rewards.begin(one.id, now)
        assert begun is not None and begun.fate is Fate.SENDING
    bureau.put("summer", "stopped", [FRIEND])
    with bureau.store() as store:
        assert store.rewards.settle(one.id, fate, "it answered 503", now)
    assert bureau.fates() == {"void": 1}
    bureau.put("summer", "live", [FRIEND])
    assert bureau.fates() == {"void": 1}
    with bureau.store() as store:
        assert store.rewards.payable(program, now, 10) == []


def test_what_is_not_due_or_not_looked_at_is_in_no_job(bureau: Bureau) -> None:
    """R-25: what was put there too early would be dropped, and not be paid when its time has come."""
    bureau.put("summer", "live", [{**FRIEND, "wait": "1d"}, {**FRIEND, "to": "advocate", "approval": "manual"}])
    waits, looked_at = sorted(bureau.refer("fred", bureau.share("ada")), key=lambda one: one.fate)
    with bureau.store() as store:
        program, now = bureau.offering(store).uid, bureau.clock.now()
        due = now + timedelta(days=1)
        assert store.rewards.payable(program, due - timedelta(seconds=1), 10) == []
        early = store.rewards.begin(waits.id, due - timedelta(seconds=1))
        assert early is not None and early.fate is Fate.PENDING
        unseen = store.rewards.begin(looked_at.id, due)
        assert unseen is not None and unseen.fate is Fate.REVIEW
        assert store.rewards.payable(program, due, 10) == [waits.id]
        assert store.rewards.review(looked_at.id, Fate.APPROVED, "a customer", now)
        assert store.rewards.payable(program, now, 10) == [looked_at.id]


def test_an_export_takes_what_is_payable_once(bureau: Bureau) -> None:
    """R-10, R-13: without a webhook; the same name gives the same rewards."""
    bureau.put("summer", "live", [{**FRIEND, "wait": "1d"}])
    (one,) = bureau.refer("fred", bureau.share("ada"))
    with bureau.store() as store:
        program, now = bureau.offering(store).uid, bureau.clock.now()
        assert store.rewards.hand_over(program, "june", now, 100) == []
        due = now + timedelta(days=1)
        (handed,) = store.rewards.hand_over(program, "june", due, 100)
        assert store.rewards.hand_over(program, "june", due, 100) == [handed]
        assert store.rewards.hand_over(program, "july", due, 100) == []
    assert (handed.id, handed.fate, handed.batch) == (one.id, Fate.FULFILLED, "june")


def test_a_worker_killed_in_the_middle_of_a_call_pays_once_by_the_key(bureau: Bureau) -> None:
    """R-10: the next worker asks again under the same key, for nobody knows what the first one brought about."""
    command = [sys.executable, str(ROOT / "cli.py"), "-C", str(bureau.world.root)]
    command += ["--store", bureau.world.url] if bureau.world.url else []
    killed: list[subprocess.Popen[bytes]] = []

    def script(found: Request) -> None:
        if found.number == 0:
            until(lambda: killed, "the worker")
            os.kill(killed[0].pid, signal.SIGKILL)
            found.hang_up()
        else:
            found.answer(200)

    with payer(bureau, script, retry={"backoff": "1s"}) as server:
        bureau.put("summer", "live", [FRIEND])
        (one,) = bureau.refer("fred", bureau.share("ada"))
        process = subprocess.Popen([*command, "worker", "--until-idle"], stderr=subprocess.DEVNULL)
        killed.append(process)
        assert process.wait(PATIENCE) == -signal.SIGKILL
        assert bureau.fates() == {"sending": 1}
        assert subprocess.run([*command, "worker", "--until-idle"], check=False, timeout=PATIENCE).returncode == 0
        assert len(server.requests) > 1
        assert {each.headers["idempotency-key"] for each in server.requests} == {one.id}
    assert bureau.fates() == {"fulfilled": 1}


@pytest.mark.parametrize("stage", ["pending", "sending"])
def test_what_was_told_to_a_webhook_that_is_gone_is_left_to_a_person(bureau: Bureau, stage: str) -> None:
    """Nobody is asked any more whether it was paid: it has failed, and may be tried again, or handed over."""
    bureau.clock = SystemClock()
    bureau.put("summer", "live", [FRIEND])
    (one,) = bureau.refer("fred", bureau.share("ada"))
    with bureau.store() as store:
        uid, now = bureau.offering(store).uid, store.time(bureau.clock.now())
        store.ledger.stand(uid, ("",), now)
        assert store.rewards.post(uid, now, 10) == 1
        assert store.rewards.begin(one.id, now) is not None
        desk_of(store).writing(lambda sql: sql.run("UPDATE unit SET stage = ?", (stage,)))
        assert store.ledger.doubt(uid, now) == (stage == "sending")
        (worker,) = (each for kind, each in bureau.app().workers(store).items() if kind == "ReferralProgram")
        assert list(worker.reports()) == []
    bureau.work()
    (failed,) = bureau.rewards()
    assert failed.fate is Fate.FAILED and "nobody knows" in failed.reason
    with bureau.store() as store:
        assert store.rewards.retry(one.id, bureau.clock.now())
        (handed,) = store.rewards.hand_over(bureau.offering(store).uid, "june", bureau.clock.now(), 10)
        assert (handed.id, handed.fate) == (one.id, Fate.FULFILLED)


def test_waits_for_who_pays_double_up_to_the_longest() -> None:
    """Also where a manifest begins with the longest span that it may name."""
    later = Reply(Answer.LATER, "not now")
    assert wait(2, timedelta(seconds=30), later.wait) == timedelta(minutes=2)
    assert wait(99, timedelta(days=999_999), later.wait) == wait(99, timedelta(seconds=30), later.wait) == LONGEST
