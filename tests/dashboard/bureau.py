"""A project whose accounts were really contacted, some in vain; its dashboard shows what came of it.

with agency(room) as office:
    contacted(office)
    office.world.clock = office.clock
    with showroom(office.world) as page: …
"""

from contextlib import closing

from reconciler.kinds.collections.loading import load
from tests.contacts.agency import Agency, account

HOSTILE = 'A"<script>alert(1)</script>\u202e'


def contacted(office: Agency) -> None:
    """Four accounts: one promised and paid, one is called in vain, one has opted out; one has a hostile name."""
    office.answer = lambda body: (200, {"reached": False, "reason": "nobody picked up <script>alert(2)</script>"})
    office.settings(schedulerCycle="5m", limits={"perDay": 1})
    office.strategy(
        office.step("mail"), office.step("voice", wait="1d", retries=1, retryDelay="1d"), office.step("sms")
    )
    rows = [account(1, score=512), account(2), account(3, optedOut=True), account(4, contactName=HOSTILE)]
    rows.append({**account(5), "number": HOSTILE})
    office.accounts(rows)
    office.campaign(
        "active", end="2027-03-31", title="Spring <b>30</b>", objective='Reach half of them "by" <i>March</i>'
    )
    office.apply()
    office.turn()
    assert office.stages() == {"completed": 4}, office.stages()


def taken_in(office: Agency) -> None:
    """What the source says by now, as `muster collections load` takes it in; and a look of a worker."""
    with closing(office.room.app()) as app:
        store = app.store()
        for loaded in load(store, app.shelf(store), [], office.clock.now(), lambda: None):
            assert not loaded.faults, loaded.faults
    office.turn()
