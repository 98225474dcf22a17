"""Mails that come back, and others: what each says, of whom, and by which rule it was seen."""

import pytest

from reconciler.mail.bounce import read_mail
from reconciler.mail.bounce_words import FORMS
from reconciler.mail.verdict import Fate
from tests.mail.samples import EXPECTED, FOLDER, UNSUBSCRIBE, sample


def test_every_mail_has_its_expectation() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_a_mail_says(name: str, ends: bytes) -> None:
    """AMB-E16: what suppresses an address is told from what does not."""
    verdict = read_mail(sample(name).replace(b"\n", ends), unsubscribe=UNSUBSCRIBE)
    expected = EXPECTED[name]
    if expected is None:
        assert verdict is None
        return
    assert verdict is not None
    assert (verdict.fate.value, verdict.rule) == (expected["fate"], expected["rule"])
    found = {one.address: [one.fate.value, *([one.status] if one.status else [])] for one in verdict.findings}
    for address, wanted in expected["to"].items():
        assert found.get(address, [])[: len(wanted)] == wanted
    assert set(found) == set(expected["to"])
    for key, value in (("id", verdict.message_id), ("came", verdict.came_to), ("mta", verdict.reporting_mta)):
        if key in expected:
            assert value == expected[key]


def test_every_form_and_every_fate_has_a_mail() -> None:
    rules = {one["rule"] for one in EXPECTED.values() if one}
    assert {f"text:{name}" for name, _ in FORMS} <= rules
    assert {one["fate"] for one in EXPECTED.values() if one} == {fate.value for fate in Fate}


def test_the_envelope_knows_better_than_the_headers() -> None:
    verdict = read_mail(sample("dsn-hard"), came_to="news+real@post.lanterns.example")
    assert verdict is not None
    assert verdict.came_to == "news+real@post.lanterns.example"


def test_only_our_own_address_unsubscribes() -> None:
    assert read_mail(sample("unsubscribe"), unsubscribe=("away@post.lanterns.example",)) is None
    assert read_mail(sample("unsubscribe")) is None


NEVER_HARD = [
    "552 5.2.2 mailbox full",
    "550 5.1.1 <a@b.example>: mailbox is full",
    "550 5.1.1 user over quota",
    "550 user unknown: quota exceeded",
    "550 5.7.1 no such user",
    "554 5.7.1 blocked using zen.spamhaus.org; no such user here",
    "550 5.1.1 no such user, or your message looks like spam",
    "550 5.1.1 rejected by policy: unknown user",
    "550 listed at spamcop.net: user unknown",
    "550 5.1.1 address blacklisted",
    "550 5.1.1 DMARC check failed, recipient not found",
    "550 5.1.1 SPF: no such user",
    "552 5.3.4 message too large",
    "451 4.1.1 user unknown",
    "450 user unknown",
    "550 4.2.1 no such user",
    "550 5.1.1 the domain cannot be found: connection timed out",
    "550 5.1.1 greylisted: unknown recipient",
    "550 relaying denied, unknown user",
    "550 5.1.8 sender address rejected: domain not found",
    "550 mailbox temporarily disabled",
    "554 no such recipient: your IP has a poor reputation",
    "552 Postfach des Empfängers ist voll, Empfänger unbekannt",
    "550 boîte aux lettres pleine, utilisateur inconnu",
    "550 buzón lleno, usuario desconocido",
]
HARD = [
    "550 5.1.1 user unknown",
    "550 No such user here",
    "550 <a@b.example>... Recipient unknown",
    "550 Requested action not taken: mailbox unavailable",
    "550 5.2.1 account disabled",
    "550 5.1.2 host not found",
    "550 unrouteable address",
    "550 The email account that you tried to reach does not exist",
    "550 this person no longer works here",
    "556 5.1.10 null MX",
    "550 Benutzer unbekannt",
    "550 cette adresse n'existe pas",
    "550 пользователь не найден",
]


def report(diagnostic: str, status: str) -> bytes:
    return (
        b"From: mailer-daemon@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status; charset=utf-8\n\nReporting-MTA: dns; mx.example\n\n"
        b"Final-Recipient: rfc822; a@b.example\nAction: failed\n"
        + f"Status: {status}\nDiagnostic-Code: smtp; {diagnostic}\n--b--\n".encode()
    )


def letter(diagnostic: str) -> bytes:
    return (
        "From: mailer-daemon@mx.example\nSubject: failure notice\nContent-Type: text/plain; charset=utf-8\n\n"
        f"Your message could not be delivered.\n\n<a@b.example>:\n{diagnostic}\n"
    ).encode()


@pytest.mark.parametrize("how", ["report", "letter"])
@pytest.mark.parametrize("text", NEVER_HARD)
def test_full_blocked_or_passing_is_never_hard(text: str, how: str) -> None:
    """AMB-E16: a mailbox that is full, a block, a spam verdict suppresses nobody at once, whatever the code says."""
    verdict = read_mail(report(text, "5.0.0") if how == "report" else letter(text))
    assert verdict is not None
    assert {one.fate for one in verdict.findings} <= {Fate.SOFT, Fate.POLICY}
    assert [one.address for one in verdict.findings] == ["a@b.example"]


def test_a_security_status_is_policy_whatever_the_words() -> None:
    verdict = read_mail(report("554 5.7.1 the mailbox is full, try again later", "5.0.0"))
    assert verdict is not None
    assert verdict.fate is Fate.POLICY


def test_what_the_letter_says_further_down_counts_for_its_only_recipient() -> None:
    verdict = read_mail(letter("Recipient unknown.\n\nWhat its server said:\n\n4.4.4 Temporary server error"))
    assert verdict is not None
    assert [(one.address, one.fate) for one in verdict.findings] == [("a@b.example", Fate.SOFT)]


@pytest.mark.parametrize("status", ["5.1.1", "5.0.0"])
@pytest.mark.parametrize("text", NEVER_HARD)
def test_a_status_of_the_report_does_not_make_it_hard(text: str, status: str) -> None:
    verdict = read_mail(report(text, status))
    assert verdict is not None
    assert verdict.fate is not Fate.HARD


@pytest.mark.parametrize("how", ["report", "letter"])
@pytest.mark.parametrize("text", HARD)
def test_no_such_address_is_hard(text: str, how: str) -> None:
    verdict = read_mail(report(text, "5.0.0") if how == "report" else letter(text))
    assert verdict is not None
    assert verdict.fate is Fate.HARD


@pytest.mark.parametrize(
    "subject", ["Your mailbox is full", "No such user: a comedy", "Delayed: the warning only edition"]
)
def test_the_subject_of_what_we_sent_says_nothing(subject: str) -> None:
    mail = letter("550 5.1.1 user unknown").replace(b"failure notice", f"Undeliverable: {subject}".encode())
    verdict = read_mail(mail)
    assert verdict is not None
    assert verdict.fate is Fate.HARD
    bare = read_mail(mail.replace(b"550 5.1.1 user unknown", b"it did not work out"))
    assert bare is not None
    assert bare.fate is Fate.UNKNOWN
