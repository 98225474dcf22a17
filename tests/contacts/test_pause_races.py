"""A pause at any moment, with many threads at work: after it nothing starts, and what was in flight is recorded."""

import random
import time
from collections.abc import Callable

from tests.contacts.agency import Agency, account, agency
from tests.email.mailroom import Mailroom, until

ACCOUNTS = 120
ROUNDS = 4
SLOW = 0.02
"""Seconds that the agent takes for a call: some are always in flight."""


def answering(office: Agency) -> Callable[[object], tuple[int, dict[str, object]]]:
    def answer(_body: object) -> tuple[int, dict[str, object]]:
        time.sleep(SLOW)
        return 200, {"reached": True}

    return answer


def test_after_a_pause_nothing_starts_and_what_is_in_flight_is_recorded(room: Mailroom) -> None:
    """C-08, C-11, AMB-C1, AMB-C2, C-13: at random moments; cancelled stays cancelled, resuming contacts the others once."""
    with agency(room) as office:
        office.answer = answering(office)
        office.strategy(office.step("sms"))
        office.accounts([account(number) for number in range(1, ACCOUNTS + 1)])
        office.campaign("active")
        office.apply()
        with room.running(threads=8):
            for number in range(1, ROUNDS + 1):
                point = random.randrange(number * 20, number * 20 + 10)
                until(lambda point=point: len(office.heard) >= point, f"{point} calls", 60)  # type: ignore[misc]
                office.campaign("paused")
                office.apply()
                calls = len(office.heard)
                stages = office.stages()
                assert "processing" not in stages and "pending" not in stages
                assert stages["completed"] == calls, "what was in flight is recorded"
                ((cancelled,),) = office.rows("SELECT count(*) FROM contact_item WHERE stage = 'cancelled'")
                office.enqueue()
                assert office.stages() == stages, "a paused campaign queues nobody"
                assert len(office.heard) == calls, "nothing starts after a pause"
                office.campaign("active")
                office.apply()
                assert office.rows("SELECT count(*) FROM contact_item WHERE stage = 'cancelled'") == [(cancelled,)]
            until(lambda: office.stages().get("completed") == ACCOUNTS, "the end", 60)
        assert sorted(one.account for one in office.contacts()) == sorted(f"A{n}" for n in range(1, ACCOUNTS + 1))
        assert {one.times for one in office.contacts()} == {1}
