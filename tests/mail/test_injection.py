"""Whatever stands in a CSV, a subject or a file's name: the mail has the headers and bodies that were asked for, no others."""

import html
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.mail.body import outgoing
from reconciler.mail.check import check
from reconciler.mail.compose import Mail, open_letter
from reconciler.mail.headers import one_line
from reconciler.mail.letter import Attachment, Mailbox, Unsubscribe
from tests.mail.letters import AT, Server, composed, letter, part, received, recipient, unfit

SMUGGLED = (
    "a\r\nBcc: eve@evil.example",
    "a\nBcc: eve@evil.example",
    "a\rBcc: eve@evil.example",
    "a\r\n\r\n<script>",
    "a\r\n .\r\n.\r\nMAIL FROM:<x>",
    "a\x00b",
    "a\u2028Bcc: eve@evil.example\u2029b",
    "a\x85Bcc: eve@evil.example",
    "a\x0bb\x0cc\x1cd\x1ee",
    "=?utf-8?q?=0D=0ABcc:_eve=40evil.example?=",
    "=?utf-8?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    "=?utf-8?q?=00?= =?utf-8?q?x?=",
    'Doe, Jan" <eve@evil.example>, "x',
    "(comment) \\",
    "<eve@evil.example>",
    "--=_alternative_",
    "x" * 3_000,
    "é" * 400,
    "a" + " " * 500 + "b",
    ".",
    "",
)
HEADERS = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id",
    "Feedback-ID", "Precedence", "MIME-Version", "Content-Type",
]  # fmt: skip

written = st.one_of(st.sampled_from(SMUGGLED), st.text(st.characters(exclude_categories=("Cs",)), max_size=120))


@settings(max_examples=150, deadline=None)
@given(value=written, name=written, sender=written, file=written)
def test_a_mail_says_what_was_put_in_and_nothing_else(value: str, name: str, sender: str, file: str) -> None:
    """Subjects, names, bodies and file names, from anywhere."""
    one = letter(
        sender=Mailbox("news@northlight.example", one_line(sender[:200]) or None),
        reply_to="answers@northlight.example",
        subject="Hi {{ name }}!",
        html="<p>Hi\n{{ name }}</p>\n\n<p>{{ name }}</p>",
        text="Hi {{ name }}\n\n.\nFrom me\n{{ name }}!",
        attachments=(Attachment(_file_name(file), "application/pdf", b"\x00\r\n--=_mixed_\xff"),),
        list_id="news.northlight.example",
        feedback_id=value,
        unsubscribe=Unsubscribe(mailto="leave@northlight.example"),
    )
    assert check(one) == []
    made = open_letter(one, Server()).compose(recipient(values={"name": value}, name=name), AT)
    if not isinstance(made, Mail):
        assert len(value) > 1_900, made
        return
    data = made.unsigned()
    assert made.outgoing() == outgoing(data)
    lines_are_sound(data)
    mail = received(data)
    assert list(mail.keys()) == [name for name in HEADERS if name != "Feedback-ID" or value]
    assert mail["Subject"] == one_line(f"Hi {value}!")
    assert [a.addr_spec for a in (*mail["From"].addresses, *mail["To"].addresses)] == [
        "news@northlight.example",
        "jan@buro.example",
    ]
    assert display(made, "From") == (one.sender.name or "")
    assert display(made, "To") == one_line(name[:200])
    assert lines(part(mail, "plain")) == lines(f"Hi {value}\n\n.\nFrom me\n{value}!")
    escaped = html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    assert lines(part(mail, "html")) == lines(f"<p>Hi\n{escaped}</p>\n\n<p>{escaped}</p>")
    attached = next(iter(mail.iter_attachments()))
    assert isinstance(attached, EmailMessage)
    assert attached.get_content() == b"\x00\r\n--=_mixed_\xff"
    assert attached["Content-Disposition"].params["filename"] == _file_name(file)


def display(mail: Mail, header: str) -> str:
    """The name in an address header: the parser of `policy.default` leaves a space between two encoded words of a name."""
    raw = message_from_bytes(mail.unsigned(), policy=compat32)[header]
    return str(make_header(decode_header(parseaddr(raw.replace("\r\n", ""))[0])))


def _file_name(text: str) -> str:
    return one_line(re.sub(r"[/\\]", "", text)[:200]) or "file.pdf"


def lines(text: str) -> list[str]:
    """The lines of a body; the last line's end belongs to the frame."""
    return re.sub(r"\r\n|\r", "\n", text).rstrip("\n").split("\n")


def lines_are_sound(data: bytes) -> None:
    """ASCII, CRLF at each end and nowhere else, at most 998 bytes between (RFC 5322)."""
    assert data.isascii()
    assert data.endswith(b"\r\n")
    assert b"\x00" not in data
    whole = data.split(b"\r\n")
    assert not [line for line in whole if b"\r" in line or b"\n" in line]
    assert max(len(line) for line in whole) <= 998


@pytest.mark.parametrize("value", SMUGGLED)
def test_no_value_adds_a_header(value: str) -> None:
    made = open_letter(letter(subject="{{ v }}!")).compose(recipient(values={"v": value[:900]}, name=value), AT)
    assert isinstance(made, Mail)
    assert b"bcc" not in {line.partition(b":")[0].lower() for line in made.head.split(b"\r\n")}
    assert received(made.unsigned())["Bcc"] is None


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "jan", "jan@", "@buro.example", "jan@buro.example\r\nBcc: eve@evil.example",
        "jan@buro.example>, <eve@evil.example",
        "jan@buro.example,eve@evil.example", "jan @buro.example", '"jan"@buro.example', "jan@[127.0.0.1]", "jan@buro..example",
        "jan@-buro.example", "jan@buro.example.", ".jan@buro.example", "j..n@buro.example", "jan@bu\u2028ro.example",
        "jan@b\u0000ro.example", "x" * 65 + "@buro.example", "jan@" + "a" * 64 + ".example", "jan@" + "a." * 130 + "example",
        "-oQ/tmp@[x]", "jan@buro.example\n", "jan@\u2024.example", "jan@xn--.example\u3002\r",
    ],
)  # fmt: skip
def test_what_is_not_an_address_is_this_recipients_failure(address: str) -> None:
    """Refused as a value; no connection ever sees it."""
    assert unfit(letter(), recipient(address=address)).why == "address"


def test_letters_beyond_ascii_before_the_at_are_flagged() -> None:
    assert unfit(letter(), recipient(address="jörg@buro.example")).why == "smtputf8"


def test_a_domain_in_its_own_letters_goes_out_in_its_wire_form() -> None:
    """IDNA 2008: ß is a letter, not ss."""
    made = composed(letter(sender=Mailbox("news@nördlicht.example")), recipient(address="jan@straße.example"))
    assert made.to == "jan@xn--strae-oqa.example"
    mail = received(made.unsigned())
    assert mail["To"] == "jan@xn--strae-oqa.example"
    assert mail["From"] == "news@xn--nrdlicht-n4a.example"


def test_half_of_a_surrogate_pair_is_this_recipients_failure() -> None:
    assert unfit(letter(text="{{ v }}"), recipient(values={"v": "\ud800"})).why == "text"
    assert unfit(letter(), recipient(name="\udfff")).why == "text"


@pytest.mark.parametrize(
    ("wrong", "part_"),
    [
        ({"subject": "Hi\r\nBcc: eve@evil.example"}, "subject"),
        ({"subject": " \n "}, "subject"),
        ({"sender": Mailbox("news@x.example\r\nBcc: y@z.example")}, "from"),
        ({"sender": Mailbox("news@x.example", "News\nBcc: y@z.example")}, "from"),
        ({"reply_to": "a@b.example\n"}, "replyTo"),
        ({"list_id": "news.example>\r\nBcc: x"}, "listId"),
        ({"unsubscribe": Unsubscribe(mailto="a@b.example>, <https://evil.example")}, "unsubscribe"),
        ({"unsubscribe": Unsubscribe(url="https://x.example/>\r\nBcc: x")}, "unsubscribe"),
        ({"unsubscribe": Unsubscribe(url="javascript:alert(1)")}, "unsubscribe"),
        ({"attachments": (Attachment("a\r\nX: y.pdf", "application/pdf", b""),)}, "attachment 1"),
        ({"attachments": (Attachment("../a.pdf", "application/pdf", b""),)}, "attachment 1"),
        ({"attachments": (Attachment("a.pdf", "application/pdf\r\nX: y", b""),)}, "attachment 1"),
        ({"attachments": (Attachment("a.eml", "message/rfc822", b""),)}, "attachment 1"),
        ({"attachments": (Attachment("a.png", "image/png", b"", "x>\r\nX: y"),)}, "attachment 1"),
    ],
)  # fmt: skip
def test_a_letter_that_would_break_its_headers_is_faulty_before_it_is_sent(
    wrong: dict[str, object], part_: str
) -> None:
    """E-42: refused when it is checked, with the part that is wrong."""
    assert [fault.part for fault in check(letter(**wrong))] == [part_]
