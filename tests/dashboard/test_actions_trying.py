"""Tests from a page, through a real mail server: letters to colleagues alone (E-04), and a campaign tried whole (I-15)."""

from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from reconciler.model.audit import Entry, Sought
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.staff import Person, named
from tests.email.mailroom import Mailroom
from tests.receivables.test_campaign_test import ANA, CAMPAIGN, COLLEAGUE, HEAD, MANIFESTS
from tests.smtp_sink import Sink, smtp_sink
from tests.world import World

INVOICES = "/resources/ReceivablesCampaign/overdue-consumers@1/do/send-test"
LETTER = "/resources/EmailCampaign/spring@1/do/send-test"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with smtp_sink(tmp_path, dump=True) as running:
        yield running


@pytest.fixture
def room(world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """Both campaigns as drafts, with the real runtimes."""
    named(world, monkeypatch)
    world.write("billing.yaml", MANIFESTS.format(port=sink.port, url="http://127.0.0.1:9/never"))
    world.write("second.txt", "Still open: {{ invoice.amountDue }} after {{ invoice.daysOverdue }} days.")
    world.write("invoices.csv", HEAD + ANA)
    mails = Mailroom(world, world.clock)
    mails.template()
    mails.relay("a", sink.port)
    mails.recipients("all", ["ana@customer.example"])
    mails.campaign("draft")
    world.stored_all()
    app = world.app()
    app.given = None
    monkeypatch.setattr(world, "app", lambda: app)
    with showroom(world) as opened:
        yield opened


def test_a_letter_goes_to_colleagues_alone(room: Room, sink: Sink) -> None:
    """E-04."""
    olga = Person(room, "olga")
    came = olga.goes_on(olga.does(LETTER, to="me@home.example, you@home.example"))
    assert "The test letter is out." in came.words
    assert sorted(sink.recipients()) == ["me@home.example", "you@home.example"]
    mail = message_from_bytes(sink.messages()[0].message, policy=default)
    assert mail["Subject"] == "[Test] Hi"
    assert Person(room, "vera").get(LETTER).status == 403


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b.example\r\nBcc: c@d.example", " ".join(f"u{n}@x.example" for n in range(21))]
)
def test_what_is_no_address_is_refused(room: Room, sink: Sink, to: str) -> None:
    came = Person(room, "olga").does(LETTER, to=to)
    assert came.status == 409
    assert sink.messages() == []


def test_a_campaign_is_tried_whole(room: Room, world: World, sink: Sink) -> None:
    """I-14, I-15, AMB-I4: shown without sending; sent, it is kept and lets the campaign be launched."""
    olga = Person(room, "olga")
    shown = olga.does(INVOICES, dry="yes")
    assert "step 1, day 0 e-mail through mail: Template/first" in shown.words
    assert sink.messages() == []
    came = olga.does(INVOICES, to=COLLEAGUE)
    assert "The test passes." in came.words
    assert set(sink.recipients()) == {COLLEAGUE}


def test_what_is_said_to_the_customer_is_behind_the_curtain(room: Room, world: World, sink: Sink) -> None:
    """ADR 47: masked, whether it is shown or sent; an operator asks for it, and the audit has that."""
    olga = Person(room, "olga")
    for fields in ({"dry": "yes"}, {"to": COLLEAGUE}):
        found = olga.does(INVOICES, **fields)
        assert "step 1, day 0 e-mail through mail: Template/first" in found.words
        assert "What the letters say is left out" in found.words
        assert not [word for word in ("Dear", "Ana", "customer.example", "0.0 is open") if word in found.words]
    (line,) = [one for one in _audited(world) if "test shown" in one.detail]
    assert "names and addresses" not in line.detail
    sent = len(sink.messages())
    found = olga.does(INVOICES, personal="shown", to=COLLEAGUE)
    assert "Dear Ana" in found.words and "left out" not in found.words
    assert len(sink.messages()) == sent, "it is only shown"
    (line,) = [one for one in _audited(world) if "names and addresses were shown" in one.detail]
    assert (line.actor, line.action, line.target) == ("user:olga", "send-test", f"ReceivablesCampaign/{CAMPAIGN}@1")


def _audited(world: World) -> Sequence[Entry]:
    with world.store() as store:
        return store.audit.find(Sought(), 100)


def test_the_customer_is_never_written_to(room: Room, sink: Sink) -> None:
    """AMB-I4: not by a test."""
    came = Person(room, "olga").does(INVOICES, to="ana@customer.example")
    assert (came.status, "a test goes to colleagues alone" in came.words) == (409, True)
    assert sink.messages() == []


def test_other_kinds_have_no_test(room: Room) -> None:
    assert Person(room, "olga").get("/resources/Template/first@1/do/send-test").status == 404
