"""What a worker does with collection campaigns, by a clock that stands still: cycles, contacts, and what becomes of them."""

from tests.contacts.agency import Agency, account


def test_accounts_are_contacted_step_by_step(office: Agency) -> None:
    """C-07, C-26: by mail, by sms two days later, and by voice: each once."""
    office.strategy(office.step("mail"), office.step("sms", wait="2d"), office.step("voice", wait="1d"))
    office.accounts([account(1), account(2)])
    office.campaign("active")
    office.apply()
    office.turn()
    assert [(one.account, one.medium) for one in office.contacts()] == [("A1", "email"), ("A2", "email")]
    office.clock.advance(days=1)
    office.turn()
    assert len(office.contacts()) == 2
    office.clock.advance(days=1)
    office.turn()
    office.clock.advance(days=1)
    office.turn()
    office.clock.advance(days=30)
    office.turn()
    assert [(one.account, one.medium) for one in office.contacts()[2:]] == [
        ("A1", "sms"), ("A2", "sms"), ("A1", "voice"), ("A2", "voice"),
    ]  # fmt: skip
    assert office.stages() == {"completed": 6}
