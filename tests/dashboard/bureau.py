"""A project whose accounts were really contacted, some in vain; its dashboard shows what came of it.

with agency(room) as office:
    contacted(office)
    with shown(office, monkeypatch) as page: …
"""

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
