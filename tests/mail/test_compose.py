"""A letter becomes mails: their structure, their headers, their links; and what each recipient's differs in."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reconciler.mail.check import check, variables_of
from reconciler.mail.compose import Mail, open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.letter import Attachment, Unsubscribe
from reconciler.mail.preview import Preview, preview
from reconciler.mail.reading import links_of
from reconciler.model.errors import Permanent
from tests.mail.letters import AT, Server, composed, letter, part, received, recipient, unfit

PDF = Attachment("terms.pdf", "application/pdf", b"%PDF-1.7\r\n\x00\xff")
LOGO = Attachment("logo.png", "image/png", b"\x89PNG", "logo")


def structure(mail: Any) -> Any:
    if mail.is_multipart():
        return (mail.get_content_subtype(), *(structure(one) for one in mail.iter_parts()))
    return mail.get_content_subtype()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"text": "Hi"}, "plain"),
        ({"text": "Hi", "html": "<p>Hi"}, ("alternative", "plain", "html")),
        ({"text": None, "html": "<p>Hi"}, ("alternative", "plain", "html")),
        ({"text": "Hi", "attachments": (PDF,)}, ("mixed", "plain", "pdf")),
        (
            {"html": "<img src='cid:logo'>", "attachments": (LOGO,)},
            ("related", ("alternative", "plain", "html"), "png"),
        ),
        (
            {"html": "<img src='cid:logo'>", "attachments": (PDF, LOGO)},
            ("mixed", ("related", ("alternative", "plain", "html"), "png"), "pdf"),
        ),
    ],
)
def test_a_mail_has_the_structure_that_it_needs(given: dict[str, Any], expected: object) -> None:
    mail = received(composed(letter(**given)).unsigned())
    assert structure(mail) == expected
    for one in mail.walk():
        if one.get_content_type() == "application/pdf":
            assert one.get_content() == PDF.data
            assert one.get_filename() == "terms.pdf"
        if one.get_content_type() == "image/png":
            assert one["Content-ID"] == "<logo>"
            assert one.get_content_disposition() == "inline"


@pytest.mark.parametrize(
    "text", ["", "one", "one\n", "one\n\ntwo\n", " a \n\t\n.\nFrom x\n", "é" * 500, "x" * 5_000, "Привет\n" * 40]
)
@pytest.mark.parametrize("frame", ["{{ v }}", "a\n{{ v }}b\nc\nd\n{{ v }}", "Здравствуйте\n{{ v }}"])
def test_a_body_says_what_was_put_in(text: str, frame: str) -> None:
    """Short and long lines, dots, tabs, no text at all; shared stretches with lines and without."""
    mail = received(composed(letter(text=frame, html=frame), recipient(values={"v": text})).unsigned())
    expected = frame.replace("{{ v }}", text).rstrip("\n")
    assert part(mail, "plain") == expected
    assert part(mail, "html") == expected


@pytest.mark.parametrize(
    ("text", "encoding"), [("Grüße aus Köln an alle, die uns lesen", "quoted-printable"), ("Привет", "base64")]
)
def test_most_people_can_read_the_source_of_their_mail(text: str, encoding: str) -> None:
    assert received(composed(letter(text=text)).unsigned())["Content-Transfer-Encoding"] == encoding


def test_the_headers_of_a_mail() -> None:
    """Date is the instant given, in UTC; two mails of one letter differ in what is each recipient's own."""
    at = datetime(2026, 5, 1, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    one = letter(
        subject="Dear {{ name }}",
        list_id="news.northlight.example",
        feedback_id="spring 2026:b",
        unsubscribe=Unsubscribe(mailto="leave+us@northlight.example"),
    )
    made = open_letter(one, Server()).compose(recipient(values={"name": "Jörg"}, name="Jörg"), at)
    assert isinstance(made, Mail)
    mail = received(made.unsigned())
    assert made.to == "jan@buro.example"
    assert mail["Date"] == "Fri, 01 May 2026 09:30:00 +0000"
    assert mail["Subject"] == "Dear Jörg"
    assert mail["To"] == "Jörg <jan@buro.example>"
    assert mail["From"] == "Northlight <news@northlight.example>"
    assert mail["List-Id"] == "<news.northlight.example>"
    assert mail["List-Unsubscribe"] == (
        "<https://t.northlight.example/u/r1>, <mailto:leave%2Bus@northlight.example?subject=unsubscribe>"
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Feedback-ID"] == "spring-2026-b:news.northlight.example:muster:northlightexamp"
    assert mail["Precedence"] == "bulk"
    assert mail["MIME-Version"] == "1.0"


def test_a_letter_to_one_person_is_no_list_mail() -> None:
    mail = received(composed(letter()).unsigned())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not {"Precedence", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "Reply-To"} & set(
        mail.keys()
    )


@pytest.mark.parametrize(
    ("how", "server", "header", "post"),
    [
        (Unsubscribe(), Server(), "<https://t.northlight.example/u/r1>", True),
        (Unsubscribe(), Server("http"), "<http://t.northlight.example/u/r1>", False),
        (Unsubscribe(one_click=False, url="https://x.example/leave"), Server(), "<https://x.example/leave>", False),
        (Unsubscribe(url="https://x.example/leave"), Server(), "<https://t.northlight.example/u/r1>", True),
        (
            Unsubscribe(one_click=False, mailto="a@x.example"),
            Server(),
            "<mailto:a@x.example?subject=unsubscribe>",
            False,
        ),
        (Unsubscribe(one_click=False), Server(), None, False),
        (Unsubscribe(), None, None, False),
    ],
)
def test_one_click_needs_https_and_our_own_server(
    how: Unsubscribe, server: Server | None, header: str | None, post: bool
) -> None:
    """RFC 8058."""
    mail = received(composed(letter(unsubscribe=how), links=server).unsigned())
    assert mail["List-Unsubscribe"] == header
    assert (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is post


def test_templates_may_name_where_to_leave() -> None:
    """A page of the sender's own, else ours, else what the template says instead; a contact's column cannot change it."""
    one = {"text": "{{ unsubscribe_url | default('mailto:us') }}"}
    to = recipient(values={"unsubscribe_url": "https://evil.example"})
    ours = received(composed(letter(**one, unsubscribe=Unsubscribe()), to, Server()).unsigned())
    assert part(ours, "plain") == "https://t.northlight.example/u/r1"
    own = received(composed(letter(**one, unsubscribe=Unsubscribe(url="https://x.example/")), to, Server()).unsigned())
    assert part(own, "plain") == "https://x.example/"
    assert part(received(composed(letter(**one)).unsigned()), "plain") == "mailto:us"


def test_a_recipients_value_wins_over_the_campaigns() -> None:
    one = letter(text="{{ city }} {{ offer }} {{ email }}", variables={"city": "Delft", "offer": 3})
    mail = received(composed(one, recipient(values={"city": "Gouda"})).unsigned())
    assert part(mail, "plain") == "Gouda 3 jan@buro.example"


LINKED = {
    "html": '<body class="x"><a href="https://x.example/?a=1&amp;b=2">one</a> <a class=c href=\'https://x.example/{{ n }}\'>'
    'own</a> <a href="mailto:us@x.example">mail</a> <a data-href="https://no.example">no</a> <A HREF="https://y.example/">two</A></body>',
    "text": "See https://x.example/?a=1&b=2. (https://z.example/) https://x.example/{{ n }}",
}  # fmt: skip


def test_clicks_are_counted_where_they_are_tracked() -> None:
    """One number for one address, in html and text; a link that is each recipient's own is left as it is."""
    one = letter(**LINKED, track_clicks=True)
    assert links_of(one) == ("https://x.example/?a=1&b=2", "https://y.example/", "https://z.example/")
    mail = received(composed(one, recipient(values={"n": "7"}), Server()).unsigned())
    html, text = part(mail, "html"), part(mail, "plain")
    assert 'href="https://t.northlight.example/c/0?k=r1&amp;s=1">one' in html
    assert "href='https://x.example/7'>own" in html
    assert 'HREF="https://t.northlight.example/c/1?k=r1&amp;s=1">two' in html
    assert 'href="mailto:us@x.example"' in html
    assert 'data-href="https://no.example"' in html
    assert text == (
        "See https://t.northlight.example/c/0?k=r1&s=1. (https://t.northlight.example/c/2?k=r1&s=1) https://x.example/7"
    )
    assert "/o/" not in html


def test_nothing_is_tracked_unless_it_is_asked_for() -> None:
    mail = received(composed(letter(**LINKED), recipient(values={"n": "7"}), Server()).unsigned())
    assert "t.northlight" not in part(mail, "html") + part(mail, "plain")
    unlinked = received(
        composed(letter(**LINKED, track_clicks=True, track_opens=True), recipient(values={"n": "7"})).unsigned()
    )
    assert "t.northlight" not in part(unlinked, "html") + part(unlinked, "plain")


def test_the_pixel_ends_the_body_and_the_preheader_begins_it() -> None:
    one = letter(**LINKED, track_opens=True, preheader="For {{ n }} only")
    html = part(received(composed(one, recipient(values={"n": "<b>\nx"}), Server()).unsigned()), "html")
    assert html.startswith('<body class="x"><div style="display:none;')
    assert ">For &lt;b&gt; x only</div>" in html
    assert (
        '<img src="https://t.northlight.example/o/r1" width="1" height="1" alt="" style="display:block;border:0"></body>'
        in html
    )


def test_a_value_does_not_become_a_counted_link() -> None:
    """Values that look like our placeholders are text: columns cannot name them, and are not read as templates."""
    one = letter(html="<p>{{ v }}</p><a href='https://x.example/'>x</a>", text=None, track_clicks=True)
    to = recipient(
        values={"v": "{{ _link_0 }}{{ 7 * 7 }}", "_link_0": "https://evil.example", "_fuel": "x", "_pixel": "x"}
    )
    html = part(received(composed(one, to, Server()).unsigned()), "html")
    assert "{{ _link_0 }}{{ 7 * 7 }}" in html
    assert "evil" not in html


def test_the_text_of_a_mail_that_has_only_html() -> None:
    html = (
        "<html><head><title>T</title><style>a{}</style></head><body><h1>Hello {{ name }}</h1><p>One\n two &amp; <b>three</b>.<br>"
        "<!-- no --><a href='https://x.example/?a=1&amp;b=2'>our page</a></p><ul><li>first<li>second</ul>"
        "{% if name == '<b>' %}<p>{{ name | upper }}</p>{% endif %}<img src='cid:x' alt='A picture'>"
        "<a href='{{ unsubscribe_url | default(\"mailto:us\") }}'>leave</a> <a href='https://y.example'>https://y.example</a></body>"
    )
    mail = received(
        composed(letter(html=html.replace("cid:", "https://"), text=None), recipient(values={"name": "<b>"})).unsigned()
    )
    assert part(mail, "plain") == (
        "Hello <b>\n\nOne two & three.\nour page (https://x.example/?a=1&b=2)\n\n- first\n- second\n\n<B>\n\n"
        "A pictureleave (mailto:us) https://y.example"
    )


def test_what_one_recipient_lacks_stops_nobody_else() -> None:
    made = open_letter(letter(html="<p>{{ name }}", preheader="{{ city }}"), Server())
    without = made.compose(recipient(values={"name": "Jan"}), AT)
    assert isinstance(without, Unfit)
    assert (without.why, without.part, without.name) == ("variable", "preheader", "city")
    assert isinstance(made.compose(recipient(values={"name": "Jan", "city": "Delft"}), AT), Mail)
    assert unfit(letter(), recipient(values={"v": "x" * 65_537})).why == "too-much"
    assert unfit(letter(), recipient(values={"v": [{"a": "x" * 65_537}]})).why == "too-much"


def test_the_same_arguments_give_the_same_bytes() -> None:
    one = letter(html="<p>{{ n }}", attachments=(PDF,), unsubscribe=Unsubscribe(), track_opens=True)
    to = recipient(values={"n": "1"})
    assert composed(one, to, Server()).unsigned() == composed(one, to, Server()).unsigned()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"text": None}, "html: the mail says nothing: give an html or a text"),
        ({"text": "{{ x"}, "text, line 1: unexpected end"),
        ({"subject": "{% if %}"}, "subject, line 1: "),
        ({"preheader": "{{ x | no }}"}, "preheader, line 1: there is no filter no"),
        ({"html": "\n{{ x() }}"}, "html, line 2: nothing is called"),
        ({"html": "<img src='cid:logo'>"}, "html: there is no attachment with the content id 'logo'"),
        ({"html": "x", "attachments": (LOGO, LOGO)}, "attachment 1: the content id 'logo' is used twice"),
        ({"attachments": (Attachment("a", "a/b", bytes(25_000_001)),)}, "attachments: they are more than 25,000,000 bytes"),
        ({"html": "<table>{% if x %}<style>{% endif %}</style>", "text": None}, "text: no text can be made from the html"),
    ],
)  # fmt: skip
def test_a_letter_that_can_be_sent_to_nobody_is_told_early(wrong: dict[str, Any], message: str) -> None:
    """E-42, AMB-E7: the same fault when it is checked and when it is launched all the same."""
    assert str(check(letter(**wrong))[0]).startswith(message)
    with pytest.raises(Permanent, match="^" + message.replace("(", r"\(")):
        open_letter(letter(**wrong))


def test_what_a_letter_takes_from_its_recipients() -> None:
    found = variables_of(
        letter(subject="{{ a }}", text="{{ a | default('') }}{{ b | default('') }}{{ c }}", variables={"c": 1})
    )
    assert {name: v.required for name, v in found.items()} == {"a": True, "b": False}


def test_a_preview_is_what_would_be_sent() -> None:
    """E-04: nothing is sent by looking."""
    made = open_letter(letter(html="<p>Hi {{ n }}</p>", subject="For {{ n }}"), Server())
    shown = preview(made, recipient(values={"n": "<Jan>"}), AT)
    assert isinstance(shown, Preview)
    assert (shown.subject, shown.html, shown.text) == ("For <Jan>", "<p>Hi &lt;Jan&gt;</p>", "Hello")
    assert (
        shown.eml
        == composed(
            letter(html="<p>Hi {{ n }}</p>", subject="For {{ n }}"), recipient(values={"n": "<Jan>"})
        ).unsigned()
    )
    assert isinstance(preview(made, recipient(), AT), Unfit)
    assert received(shown.eml)["Date"].datetime == AT.astimezone(UTC)
