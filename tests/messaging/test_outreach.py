"""One message to one person: what leaves, what comes back, and what is not sent at all. (I-01, I-17, C-31)"""

import email
import email.policy
import hashlib
import hmac
import json
from dataclasses import replace
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pytest

from reconciler.kinds.messaging.channels import unreachable
from reconciler.kinds.messaging.outreach import Fate, Outreach
from reconciler.mail.letter import Attachment
from reconciler.model.errors import Permanent
from tests.hooks.servers import serving
from tests.mail.test_injection import SMUGGLED
from tests.messaging.desk import ANA, INVOICE, SECRETS, Desk
from tests.smtp_counter import Counter, smtp_counter

pytestmark = pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
"""What is said to one person hangs on no store."""


def mails(post: Counter) -> list[EmailMessage]:
    found = [email.message_from_bytes(one.message, policy=email.policy.default) for one in post.taken]
    return [one for one in found if isinstance(one, EmailMessage)]


def reached(desk: Desk, *args: Any, **more: Any) -> Any:
    """What became of a message, said at once."""
    outreach = desk.outreach
    try:
        return outreach.reach(desk.message(*args, **more), desk.clock.now())
    finally:
        outreach.close()


# --- mail ---


def test_a_mail_is_from_the_channel_and_to_the_contact(desk: Desk) -> None:
    """C-31: sender, answers, and a name by which the mail is known however often it is sent."""
    with smtp_counter() as post:
        desk.relay(post.port)
        desk.template(html={"inline": "<p>{{ contact.name }}</p>"})
        channel = desk.mail(replyTo="ask@sender.example")
        told = [reached(desk, channel, key=key) for key in ("m-1", "m-1", "m-2")]
        first, again, other = mails(post)
    assert [one.fate for one in told] == [Fate.REACHED] * 3
    assert (post.taken[0].sender, post.taken[0].recipient) == ("billing@sender.example", "ana@home.example")
    assert (str(first["From"]), str(first["To"])) == ("Billing <billing@sender.example>", "Ana <ana@home.example>")
    assert (first["Reply-To"], first["Subject"]) == ("ask@sender.example", "Invoice INV-1")
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Unsubscribe"] is None
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    body = first.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "120.50 is open."


def test_bounces_come_back_to_the_connection(desk: Desk) -> None:
    with smtp_counter() as post:
        desk.relay(post.port, returnPath="bounce@sender.example")
        desk.template()
        reached(desk, desk.mail())
    assert post.taken[0].sender == "bounce@sender.example"


def test_attachments_go_along_by_mail(desk: Desk) -> None:
    """And not to agents, who are told what to say."""
    with smtp_counter() as post, serving(lambda request: request.answer(200)) as agent:
        desk.relay(post.port)
        desk.template()
        for channel in (desk.mail(), desk.hook(agent.url)):
            one = desk.message(channel)
            text = replace(one.text, attachments=(Attachment("terms.pdf", "application/pdf", b"%PDF"),))
            assert desk.outreach.reach(replace(one, text=text), desk.clock.now()).fate is Fate.REACHED
        (mail,) = mails(post)
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("terms.pdf", b"%PDF")
    assert b"PDF" not in agent.requests[0].body


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (b"250 2.0.0 taken", Fate.REACHED),
        (b"451 4.2.0 later", Fate.LATER),
        (b"550 5.1.1 nobody", Fate.REFUSED),
        (b"999 what", Fate.UNKNOWN),
    ],
)
def test_what_a_mail_server_says(desk: Desk, answer: bytes, fate: Fate) -> None:
    with smtp_counter(lambda _one: answer) as post:
        desk.relay(post.port)
        desk.template()
        assert reached(desk, desk.mail()).fate is fate


def test_a_server_that_is_out_is_later(desk: Desk) -> None:
    desk.relay(1)
    desk.template()
    told = reached(desk, desk.mail())
    assert told.fate is Fate.LATER
    assert not told.is_unheard


def test_a_single_mail_asks_the_rates_of_its_connection(desk: Desk) -> None:
    """Tests of a campaign count like everybody else's mails (E-45)."""
    with smtp_counter() as post:
        desk.relay(post.port, limits=[{"max": 2, "per": "1h"}])
        desk.template()
        channel = desk.mail()
        told = [reached(desk, channel, key=f"m-{number}") for number in range(3)]
        assert post.count() == 2
    assert [one.fate for one in told] == [Fate.REACHED, Fate.REACHED, Fate.LATER]
    assert told[2].wait is not None
    assert told[2].wait.total_seconds() > 3500


# --- agents ---


def test_an_agent_is_told_all_that_it_needs_signed_and_keyed(desk: Desk) -> None:
    """C-31: amounts are exact, and nothing among the values can pass for what we say ourselves."""
    with serving(lambda request: request.answer(200)) as agent:
        desk.template()
        channel = desk.hook(agent.url, medium="sms", secret={"env": "SMS_SECRET"})
        values = {"account": {"balance": Decimal("99.9900")}, "key": "stolen", "channel": "other", "message": "no"}
        message = replace(desk.message(channel), values={"invoice": INVOICE, **values})
        assert desk.outreach.reach(message, desk.clock.now()).fate is Fate.REACHED
    (request,) = agent.requests
    assert json.loads(request.body) == {
        "key": "m-1",
        "channel": "sms",
        "medium": "sms",
        "action": "reminder",
        "contact": ANA,
        "invoice": INVOICE,
        "account": {"balance": "99.9900"},
        "message": {"template": "nudge", "subject": "Invoice INV-1", "text": "120.50 is open."},
    }
    assert request.headers["idempotency-key"] == "m-1"
    expected = hmac.new(SECRETS["SMS_SECRET"].encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-muster-signature-256"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("status", "body", "fate", "text"),
    [
        (200, b"", Fate.REACHED, "it answered 200"),
        (204, b"", Fate.REACHED, "it answered 204"),
        (202, b'{"reached": true}', Fate.REACHED, "it answered 202"),
        (200, b'{"reached": false, "reason": "no answer"}', Fate.NOT_REACHED, "no answer"),
        (200, b'{"reached": false}', Fate.NOT_REACHED, "the agent has reached nobody"),
        (200, b'{"reached": false, "reason": 7}', Fate.NOT_REACHED, "the agent has reached nobody"),
        (200, b'{"reached": "false"}', Fate.REACHED, "it answered 200"),
        (200, b'{"reached": false', Fate.REACHED, "it answered 200"),
        (200, b"[false]", Fate.REACHED, "it answered 200"),
        (200, b"\xff\xfe", Fate.REACHED, "it answered 200"),
        (200, b"[" * 60_000, Fate.REACHED, "it answered 200"),
        (503, b'{"reached": false}', Fate.LATER, "it answered 503"),
        (422, b"", Fate.REFUSED, "it answered 422"),
    ],
)
def test_what_an_agent_answers(desk: Desk, status: int, body: bytes, fate: Fate, text: str) -> None:
    """C-31: taken is reached, unless the agent says that nobody was."""
    with serving(lambda request: request.answer(status, body)) as agent:
        desk.template()
        told = reached(desk, desk.hook(agent.url))
    assert (told.fate, told.text, told.code) == (fate, text, status)


def test_an_agents_words_steer_no_terminal(desk: Desk) -> None:
    body = json.dumps({"reached": False, "reason": "\x1b[2Jbusy\r\nagain " + "x" * 5000}).encode()
    with serving(lambda request: request.answer(200, body)) as agent:
        desk.template()
        told = reached(desk, desk.hook(agent.url))
    assert told.text.startswith("[2Jbusy again xxx")
    assert told.text.isprintable()
    assert len(told.text) <= 300


def test_an_agent_that_hangs_up_may_have_reached_somebody(desk: Desk) -> None:
    with serving(lambda request: request.hang_up()) as agent:
        desk.template()
        told = reached(desk, desk.hook(agent.url))
    assert (told.fate, told.is_unheard) == (Fate.UNKNOWN, True)


def test_statuses_that_mean_taken_are_the_channels(desk: Desk) -> None:
    with serving(lambda request: request.answer(207)) as agent:
        desk.template()
        assert reached(desk, desk.hook(agent.url, success=[207])).fate is Fate.REACHED
        assert reached(desk, desk.hook(agent.url, success=[200])).fate is Fate.REFUSED


def test_a_private_agent_needs_a_word(desk: Desk) -> None:
    with serving(lambda request: request.answer(200)) as agent:
        desk.template()
        told = reached(desk, desk.hook(agent.url, allowPrivate=False))
        assert not agent.connections
    assert told.fate is Fate.REFUSED
    assert "allowPrivate" in told.text


# --- what is not sent ---


@pytest.mark.parametrize(
    ("medium", "contact", "why"),
    [
        ("email", {"phone": "+1"}, "the contact has no email"),
        ("email", {"email": " "}, "the contact has no email"),
        ("email", {"email": None}, "the contact has no email"),
        ("email", {"email": "ana"}, "'ana' is not an address"),
        ("email", {"email": "a@b.example>,<c@d.example"}, "'a@b.example>,<c@d.example' is not an address"),
        ("sms", {"email": "ana@home.example"}, "the contact has no phone"),
        ("voice", {"phone": ""}, "the contact has no phone"),
        ("letter", {"phone": "+1"}, "the contact has no address"),
        ("letter", {"address": "1 Main St"}, ""),
        ("sms", {"phone": 15550100}, ""),
        ("other", {}, ""),
        ("", {}, ""),
    ],
)  # fmt: skip
def test_what_a_medium_needs(desk: Desk, medium: str, contact: dict[str, Any], why: str) -> None:
    """I-17, C-31: before anybody is called, so that another way can be taken."""
    with serving(lambda request: request.answer(200)) as agent, smtp_counter() as post:
        desk.relay(post.port)
        desk.template()
        more = {"medium": medium} if medium else {}
        channel = desk.mail() if medium == "email" else desk.hook(agent.url, **more)
        found = unreachable(channel, contact)
        assert found.partition(":")[0] == why
        told = reached(desk, channel, contact)
        assert (told.fate, told.text) == ((Fate.UNFIT, found) if why else (Fate.REACHED, "it answered 200"))
        assert (len(agent.requests), post.count()) == (0 if why else 1, 0)


@pytest.mark.parametrize(
    ("text", "invoice", "why"),
    [
        ("{{ invoice.brand }}", INVOICE, "there is no value for brand"),
        ("{{ nobody.name }}", INVOICE, "there is no value for nobody"),
        ("{{ invoice.number }}", {"number": "x" * 70_000, "amountDue": "1"}, "a value of more than"),
        ("{{ 1 / (invoice.amountDue | decimal) }}", {**INVOICE, "amountDue": "0"}, "divided by zero"),
        ("{{ invoice.number }}", {**INVOICE, "number": "\ud800"}, "half of a surrogate pair"),
        ("{{ invoice.note }}" * 20, {**INVOICE, "note": "x" * 60_000}, "the text becomes too long"),
    ],
)
@pytest.mark.parametrize("medium", ["email", "sms"])
def test_what_cannot_be_written_for_one_person(desk: Desk, medium: str, text: str, invoice: Any, why: str) -> None:
    """It is that person's message which is not sent, and it is said why."""
    with serving(lambda request: request.answer(200)) as agent, smtp_counter() as post:
        desk.relay(post.port)
        desk.template(text=text)
        channel = desk.mail() if medium == "email" else desk.hook(agent.url, medium="sms")
        told = reached(desk, channel, invoice=invoice)
        assert told.fate is Fate.UNFIT
        assert why in told.text
        assert desk.outreach.unfit(desk.message(channel, invoice=invoice), desk.clock.now()) == told.text
        assert (agent.connections, post.connections) == (0, 0)


def test_values_that_no_agent_should_have_to_read(desk: Desk) -> None:
    with serving(lambda request: request.answer(200)) as agent:
        desk.template()
        told = reached(desk, desk.hook(agent.url), rows=[{"n": "x" * 60_000}] * 5)
        assert not agent.requests
    assert (told.fate, told.text) == (Fate.UNFIT, "message and values are more than 256 KiB")


@pytest.mark.parametrize("value", SMUGGLED)
def test_no_value_becomes_a_header_or_another_recipient(desk: Desk, value: str) -> None:
    """Names, numbers and addresses come from files of others."""
    with smtp_counter() as post:
        desk.relay(post.port)
        desk.template()
        channel = desk.mail()
        said = reached(desk, channel, {**ANA, "name": value}, invoice={**INVOICE, "number": value})
        addressed = reached(desk, channel, {**ANA, "email": f"ana@home.example{value}"})
        recipients = {one.recipient for one in post.taken}
        found = mails(post)
    assert said.fate in (Fate.REACHED, Fate.UNFIT)
    assert addressed.fate in (Fate.REACHED, Fate.UNFIT)
    assert all(one.rpartition("@")[2].startswith("home.example") for one in recipients)
    for mail in found:
        assert mail["Bcc"] is None
        assert len(mail.get_all("To", [])) == len(mail.get_all("Subject", [])) == 1
        assert len(mail["To"].addresses) == 1


@pytest.mark.parametrize("medium", ["email", "letter"])
def test_no_value_becomes_markup(desk: Desk, medium: str) -> None:
    """Of a mail, and of the html that an agent prints."""
    with serving(lambda request: request.answer(200)) as agent, smtp_counter() as post:
        desk.relay(post.port)
        desk.template(html={"inline": "<p>{{ contact.name }}</p>"})
        channel = desk.mail() if medium == "email" else desk.hook(agent.url, medium="letter")
        contact = {**ANA, "name": "<script>alert(1)</script>", "address": "1 Main St"}
        assert reached(desk, channel, contact).fate is Fate.REACHED
        mail = mails(post)[0].get_body(("html",)) if medium == "email" else None
        html = mail.get_content() if mail else json.loads(agent.requests[0].body)["message"]["html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html


# --- what cannot be said to anybody ---


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"subject": None}, "Template/nudge names no subject"),
        ({"text": "{{ invoice.number"}, "Template/nudge cannot be used through Channel/letters"),
        ({"text": "{% include 'x' %}"}, "Template/nudge cannot be used through Channel/letters"),
    ],
)
def test_a_text_that_is_of_no_use_is_said_to_whoever_wrote_it(desk: Desk, spec: dict[str, Any], why: str) -> None:
    desk.relay(1)
    desk.template(**{key: value for key, value in spec.items() if value})
    channel, message = desk.mail(), None
    message = desk.message(channel)
    if "subject" in spec:
        message = replace(message, text=replace(message.text, subject=None))
    with pytest.raises(Permanent, match=why):
        desk.outreach.reach(message, desk.clock.now())


def test_a_webhook_needs_no_subject(desk: Desk) -> None:
    with serving(lambda request: request.answer(200)) as agent:
        desk.template()
        message = desk.message(desk.hook(agent.url))
        told = desk.outreach.reach(replace(message, text=replace(message.text, subject=None)), desk.clock.now())
    assert told.fate is Fate.REACHED
    assert "subject" not in json.loads(agent.requests[0].body)["message"]


def test_a_secret_that_is_not_there_stops_the_call(desk: Desk) -> None:
    with serving(lambda request: request.answer(200)) as agent:
        desk.template()
        with pytest.raises(Permanent, match="NOT_HERE"):
            reached(desk, desk.hook(agent.url, secret={"env": "NOT_HERE"}))
        assert not agent.requests


def test_letters_are_kept_open_and_told_apart(desk: Desk) -> None:
    """A template or channel that was changed is read anew, however often the same message is written."""
    with smtp_counter() as post:
        desk.relay(post.port)
        outreach: Outreach = desk.outreach
        for text, sender in (("one", "a@s.example"), ("two", "a@s.example"), ("two", "b@s.example")):
            desk.template(text=text)
            channel = desk.mail(**{"from": {"email": sender}})
            assert outreach.reach(desk.message(channel, key=f"{text} {sender}"), desk.clock.now()).fate is Fate.REACHED
        outreach.close()
        found = [(one.get_content().strip(), str(one["From"])) for one in mails(post)]
        assert post.connections == 1
    assert found == [("one", "a@s.example"), ("two", "a@s.example"), ("two", "b@s.example")]
