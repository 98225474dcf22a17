"""What comes back by mail: whom it is about, what is believed, and that nothing is lost or counted twice (AMB-E16)."""

import os
import signal
import smtplib
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from reconciler.mail.inbox import Letter
from reconciler.mail.token import Meant, Seal, plain_code
from reconciler.model.returns import Return, Sign
from tests.daemons import until
from tests.smtp_counter import Counter, Taken, smtp_counter
from tests.smtp_sink import free_port
from tests.web.shop import SECRET, Shop

ADA, BO, CY = "ada@r.example", "bo@r.example", "cy@r.example"


def bounce(
    to: str,
    address: str = "somebody@elsewhere.example",
    status: str = "5.1.1",
    said: str = "550 5.1.1 no such user",
    copy: str = "",
) -> bytes:
    """A delivery report to `to` about `address`; with the Message-ID of what was sent, if one is given."""
    returned = f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {copy}\nSubject: Hi\n" if copy else ""
    final = f"Final-Recipient: rfc822; {address}\n" if address else ""
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: <{to}>\nSubject: Undelivered\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"{final}Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n{returned}--b--\n"
    ).encode()


def drop(shop: Shop, name: str, data: bytes) -> Path:
    """A letter that a mail server has delivered into the Maildir."""
    temporary = shop.root / "bounces" / "tmp" / name
    temporary.write_bytes(data)
    place = shop.root / "bounces" / "new" / name
    temporary.rename(place)
    return place


def seen(shop: Shop) -> int:
    return len([one for one in os.listdir(shop.root / "bounces" / "cur") if one.endswith("S")])


def sent_to(counter: Counter, address: str) -> Taken:
    return next(one for one in counter.taken if one.recipient == address)


def message_id(one: Taken) -> str:
    return next(line for line in one.message.decode().splitlines() if line.startswith("Message-ID:")).partition(": ")[2]


@pytest.fixture
def sent(shop: Shop, counter: Counter) -> Counter:
    """Three mails that went out."""
    shop.list_of([ADA, BO, CY])
    shop.campaign("spring", "Sale: https://shop.example/sale")
    shop.launch()
    return counter


def test_a_bounce_is_of_the_unit_that_its_address_names(shop: Shop, sent: Counter) -> None:
    """Whatever address it speaks of: mail that was forwarded returns from elsewhere."""
    ada, bo, cy = (sent_to(sent, one) for one in (ADA, BO, CY))
    assert ada.sender.startswith("bounce+") and "@r.example" not in ada.sender
    drop(shop, "1.a", bounce(ada.sender, "forwarded@elsewhere.example"))
    drop(shop, "2.b", bounce("bounce@shop.example", BO, copy=message_id(bo)))
    drop(shop, "3.c", bounce(cy.sender, CY, "5.7.1", "550 5.7.1 rejected as spam"))
    drop(shop, "4.d", b"From: x@y.example\n\nHello\n")
    with shop.serving():
        until(lambda: seen(shop) == 4, "the letters' acknowledgement")
    assert shop.signs("spring") == [(ADA, "bounced"), (BO, "bounced"), (CY, "blocked")]
    assert shop.reasons() == {(ADA, ""): "hard_bounce", (BO, ""): "hard_bounce"}


@pytest.mark.parametrize("sort", ["unsigned", "of another", "changed", "none", "message-id"])
def test_a_forged_bounce_takes_nobody_away(shop: Shop, sent: Counter, sort: str) -> None:
    """Who writes to our bounce address without a code that we have signed is noted, and no more."""
    uid = shop.uid("spring")
    ada = sent_to(sent, ADA).sender
    to = {
        "unsigned": f"bounce+{plain_code(Meant(uid, 1))}@shop.example",
        "of another": f"bounce+{Seal('x' * 20).code(Meant(uid, 1))}@shop.example",
        "changed": ada.replace("@", "a@"),
    }.get(sort, "bounce@shop.example")
    copy = f"<{plain_code(Meant(uid, 1))}.{'0' * 40}@shop.example>" if sort == "message-id" else ""
    drop(shop, "1.a", bounce(to, BO, copy=copy))
    with shop.serving():
        until(lambda: seen(shop) == 1, "the letter's acknowledgement")
    assert shop.signs("spring") == [] and not shop.suppressions()
    assert [one.data.get("hearsay") for one in shop.history(BO)] == [True]


def test_a_code_signed_with_the_secret_before_is_good(
    shop: Shop, sent: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "the secret that came after it")
    monkeypatch.setenv("SHOP_BEFORE", SECRET)
    settings = (shop.root / "muster.yaml").read_text()
    secret = '"secret": {"env": "SHOP_SECRET"}'
    assert secret in settings
    (shop.root / "muster.yaml").write_text(
        settings.replace(secret, f'{secret}, "previousSecret": {{"env": "SHOP_BEFORE"}}', 1)
    )
    drop(shop, "1.a", bounce(sent_to(sent, ADA).sender))
    with shop.serving():
        until(lambda: seen(shop) == 1, "the letter's acknowledgement")
    assert shop.signs("spring") == [(ADA, "bounced")]


def test_complaints_and_leaving_by_mail_are_believed(shop: Shop, sent: Counter) -> None:
    complaint = (
        "From: fbl@isp.example\nTo: fbl@shop.example\nSubject: spam\nContent-Type: multipart/report;"
        " report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        "User-Agent: x/1\nVersion: 1\n\n--b\nContent-Type: message/rfc822\n\n"
        f"Message-ID: {message_id(sent_to(sent, ADA))}\n\nx\n--b--\n"
    )
    drop(shop, "1.a", complaint.encode())
    drop(shop, "2.b", f"From: Bo <{BO}>\nTo: leave@shop.example\nSubject: unsubscribe\n\n\n".encode())
    with shop.serving():
        until(lambda: seen(shop) == 2, "the letters' acknowledgement")
    assert shop.reasons() == {(ADA, ""): "complaint", (BO, ""): "unsubscribed"}
    assert shop.signs("spring") == [(ADA, "complained")]


def test_killed_at_any_moment_nothing_is_lost_and_nothing_counts_twice(shop: Shop, sent: Counter) -> None:
    """kill -9 again and again while letters are taken up; each is recorded once in the end."""
    senders = [sent_to(sent, one).sender for one in (ADA, BO, CY)]
    for number in range(150):
        drop(shop, f"{number:03}.x", bounce(senders[number % 3], said=f"550 5.1.1 no such user {number}"))
    for share in (5, 40, 90):
        with shop.serving() as server:
            until(lambda share=share: seen(shop) >= share, "some letters' acknowledgement")  # type: ignore[misc]
            server.running.send(signal.SIGKILL)
            server.running.ended()
    with shop.serving() as server:
        until(lambda: seen(shop) == 150, "the last letter's acknowledgement")
        server.running.send(signal.SIGTERM)
        assert server.running.ended() == 0
    with shop.open() as store:
        tally = store.returns.tally(shop.uid("spring"))
    assert {sign.value: count for sign, count in tally.items()} == {"bounced": (150, 3)}
    assert set(shop.reasons().values()) == {"hard_bounce"}


def test_killed_between_the_record_and_the_answer_the_letter_comes_again_and_counts_once(
    shop: Shop, sent: Counter
) -> None:
    """Recorded by whoever was killed, not acknowledged: as if it had never been seen."""
    from reconciler.kinds.email.launched import Mailings
    from reconciler.kinds.email.returning import Returning
    from reconciler.mail.inbox_maildir import Maildir

    place = drop(shop, "1.a", bounce(sent_to(sent, ADA).sender))
    with shop.open() as store:
        for letter in Maildir(shop.root / "bounces").letters():
            Returning(Seal(SECRET), Mailings()).letter(store, letter, datetime.now(UTC))
    assert place.exists()
    with shop.serving():
        until(lambda: seen(shop) == 1, "its acknowledgement")
    assert shop.signs("spring") == [(ADA, "bounced")]


def test_a_mail_server_hands_letters_over_by_lmtp(tmp_path: Path, counter: Counter) -> None:
    port = free_port()
    shop = Shop(
        tmp_path / "other", counter.port,
        {"returns": {"mailboxes": [{"name": "post", "lmtp": f"127.0.0.1:{port}"}, {"name": "old", "mbox": "old.mbox"}]}},
    )  # fmt: skip
    shop.list_of([ADA, BO])
    shop.campaign("spring")
    shop.launch()
    to = sent_to(counter, ADA).sender
    mbox = b"From x Mon Jan  4 09:00:00 2027\n" + bounce(sent_to(counter, BO).sender) + b"\n"
    (shop.root / "old.mbox").write_bytes(mbox)
    with shop.serving() as server:
        with smtplib.LMTP("127.0.0.1", port, local_hostname="relay.example", timeout=30) as relay:
            assert relay.sendmail("", [to], bounce("undisclosed@x.example", "who@knows.example")) == {}
        until(lambda: not (shop.root / "old.mbox").read_bytes(), "the empty mbox")
        server.running.send(signal.SIGTERM)
        assert server.running.ended() == 0
    assert shop.signs("spring") == [(ADA, "bounced"), (BO, "bounced")]


def test_a_mailbox_that_is_not_there_is_told_and_stops_nothing(shop: Shop, sent: Counter) -> None:
    import shutil

    shutil.rmtree(shop.root / "bounces")
    with shop.serving() as server:
        server.running.says("a mailbox was not looked through", mailbox="bounces")
        assert server.get("/readyz").status == 200


@contextmanager
def refusing(answers: dict[str, str]) -> Any:
    """An SMTP server that says these at RCPT."""

    class Handler:
        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
            if address in answers:
                return answers[address]
            envelope.rcpt_tos.append(address)
            return "250 ok"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            return "250 ok"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def test_a_no_at_the_door_is_told_like_a_bounce(tmp_path: Path) -> None:
    """AMB-E16: an unknown user at once; a policy never; a full mailbox counts as soft."""
    full = "di@r.example"
    answers = {
        ADA: "550 5.1.1 no such user", BO: "550 5.7.1 blocked by policy", full: "552 5.2.2 mailbox full",
    }  # fmt: skip
    with refusing(answers) as port:
        shop = Shop(tmp_path / "shop", port)
        shop.list_of([ADA, BO, CY, full])
        shop.campaign("spring")
        shop.launch()
    assert shop.signs("spring") == [(ADA, "bounced"), (BO, "blocked"), (full, "deferred")]
    assert shop.reasons() == {(ADA, ""): "hard_bounce"}


class History:
    """Mailings to one address, one a day, and what became of each; in one store."""

    def __init__(self, shop: Shop, at: datetime) -> None:
        self.shop, self.at = shop, at

    def hear(self, fates: Sequence[str], first: int = 1) -> list[bool]:
        """Whether Ada is suppressed after each of these, of mailings with numbers of their own."""
        from reconciler.kinds.email.returning import Heard, take
        from reconciler.mail.verdict import Fate

        found = []
        with self.shop.open() as store:
            for number, fate in enumerate(fates, first):
                self.at += timedelta(days=1)
                take(store, [Heard(f"t{number}", number, ADA, Fate(fate))], self.at)
                found.append(bool(store.returns.suppressed([ADA], ())))
        return found


@pytest.fixture
def history(shop: Shop) -> History:
    return History(shop, datetime(2026, 1, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("fates", "after"),
    [
        (["soft"] * 5, 5),
        (["unknown", "soft"] * 3, 5),
        (["soft"] * 4 + ["delivered"] + ["soft"] * 4, None),
        (["soft"] * 4 + ["policy", "delayed"] + ["soft"], 7),
        (["policy"] * 20, None),
        (["delayed"] * 20, None),
        (["hard"], 1),
        (["complaint"], 1),
        (["unsubscribe"], 1),
    ],
)
def test_when_an_address_is_given_up(history: History, fates: list[str], after: int | None) -> None:
    """AMB-E16."""
    found = history.hear(fates)
    assert (found.index(True) + 1 if any(found) else None) == after


def test_five_returns_of_one_mailing_are_one(history: History) -> None:
    """A webhook and a letter may tell of the same mail, and several servers on its way."""
    from reconciler.kinds.email.returning import Heard, take
    from reconciler.mail.verdict import Fate

    with history.shop.open() as store:
        for number in range(10):
            take(store, [Heard(f"t{number}", 7, ADA, Fate.SOFT)], history.at)
        assert not store.returns.suppressions()


def test_an_open_and_a_person_s_word_begin_the_count_anew(history: History) -> None:
    history.hear(["soft"] * 4)
    with history.shop.open() as store:
        store.returns.record([Return("o", 4, ADA, Sign.OPENED, history.at + timedelta(hours=1))])
    assert not any(history.hear(["soft"] * 4, first=10))
    assert history.hear(["soft"], first=20) == [True]
    code, out, _ = history.shop.world.cli("email", "unsuppress", ADA)
    assert (code, out) == (0, f"{ADA} gets mail again\n")
    history.at = datetime.now(UTC)
    assert history.hear(["soft"] * 5, first=30) == [False, False, False, False, True]


def test_mail_that_was_sent_between_and_did_not_return_has_arrived(shop: Shop, counter: Counter) -> None:
    from reconciler.kinds.email.returning import Heard, take
    from reconciler.mail.verdict import Fate

    shop.list_of([ADA])
    shop.campaign("between")
    shop.launch()
    sent_at = datetime.now(UTC)
    with shop.open() as store:
        for number in range(4):
            take(store, [Heard(f"a{number}", 100 + number, ADA, Fate.SOFT)], sent_at - timedelta(days=9 - number))
        take(store, [Heard("b", 200, ADA, Fate.SOFT)], sent_at + timedelta(days=1))
        assert not store.returns.suppressions(), "the one between has arrived"
        take(store, [Heard("c", store.ledger.uid(_between()), ADA, Fate.SOFT)], sent_at + timedelta(days=2))
        assert store.returns.suppressions(), "it has returned, after all"


def _between() -> Any:
    from reconciler.model.ref import Ref

    return Ref("EmailCampaign", "between", 1)


def test_suppressions_by_hand(shop: Shop) -> None:
    """AMB-E16: manual, in the project or in one list; listed as text and JSON."""
    cli = shop.world.cli
    assert cli("email", "suppress", "Ada@R.example").out.startswith(
        f"{ADA} gets no more mail in the whole project (manual, "
    )
    assert cli("email", "suppress", ADA, "--reason", "complaint").out.endswith("already\n")
    assert cli("email", "suppress", BO, "--list", "legal").code == 0
    table = cli("email", "suppressions").out
    assert [line.split()[:2] for line in table.splitlines()] == [["ADDRESS", "REASON"], [ADA, "manual"], [BO, "manual"]]
    assert "user:tester" in table
    assert cli("email", "suppressions", "--list", "legal", "--format", "json").out.count("address") == 1
    assert (
        cli("email", "unsuppress", BO).err
        == f"error: {BO} is not suppressed in the whole project; it is in --list legal\n"
    )
    assert cli("email", "unsuppress", BO, "--list", "legal").code == 0
    assert cli("email", "unsuppress", ADA).code == 0
    assert cli("email", "suppressions").out == "nobody is suppressed\n"
    for wrong in (
        ("suppress", "not an address"),
        ("suppress", ADA, "--list", "../x"),
        ("unsuppress", "\x1b[2J@r.example"),
    ):
        answer = cli("email", *wrong)
        assert answer.code == 64 and "\x1b" not in answer.err


def test_a_letter_that_says_nothing_is_acknowledged(shop: Shop) -> None:
    from reconciler.kinds.email.launched import Mailings
    from reconciler.kinds.email.returning import Returning

    with shop.open() as store:
        assert Returning(None, Mailings()).letter(store, Letter("i", b"\0\xff", "p"), datetime.now(UTC)) is None


def test_without_a_server_a_plain_code_is_believed(tmp_path: Path) -> None:
    with smtp_counter() as counter:
        shop = Shop(tmp_path / "plain", counter.port)
        shop.world.write("../muster.yaml", '{"returns": {"mailboxes": [{"name": "bounces", "maildir": "bounces"}]}}')
        for room in ("new", "cur", "tmp"):
            (shop.root / "bounces" / room).mkdir(parents=True)
        shop.list_of([ADA])
        shop.campaign("spring", tracking=None, unsubscribe=None)
        shop.launch()
        sender = sent_to(counter, ADA).sender
    assert sender == f"bounce+{plain_code(Meant(shop.uid('spring'), 1))}@shop.example"
    drop(shop, "1.a", bounce(sender))
    with shop.serving() as server:
        until(lambda: seen(shop) == 1, "its acknowledgement")
        assert server.get("/c/whatever").status == 404
    assert shop.signs("spring") == [(ADA, "bounced")]
