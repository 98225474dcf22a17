"""`muster email`: count, explain, look at and try a mailing that nobody has received, and settle what is in doubt."""

import json
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from reconciler.app import SystemClock
from reconciler.commands.previewing import file_name
from reconciler.model.returns import Suppression
from reconciler.model.work import Demand, Rate, Result, Settling, Stage
from tests.email.mailroom import SPRING, Mailroom
from tests.mail.liar import liar
from tests.smtp_counter import Taken, smtp_counter


def drawn_up(room: Mailroom, port: int = 9, **spec: object) -> None:
    """A draft, on disk alone."""
    room.relay("a", port)
    room.relay("b", port)
    room.world.write("all.csv", "email,name\nAna@r.example,Ana\nbo@r.example,Bo\nANA@r.example,Ana again\nnobody,X\n")
    room.manifest("RecipientList", "all", {"source": {"csv": "all.csv"}})
    room.recipients("staff", ["bo@r.example"])
    room.manifest("Segment", "named", {"list": "all", "where": 'contact.name == "Ana"'})
    room.campaign("draft", {"a": 70, "b": 30}, **spec)  # type: ignore[arg-type]


def as_json(room: Mailroom, *arguments: str) -> dict[str, object]:
    answer = room.cli("email", *arguments, "--format", "json")
    found: dict[str, object] = json.loads(answer.out)
    return found


# Estimate.


def test_estimate_counts_by_list_reason_and_connection(small: Mailroom) -> None:
    """E-05, E-43, E-44: total, per list, left out by reason, duplicates, invalid by list and line, per connection."""
    drawn_up(small, targets={"include": [{"list": "all"}, {"segment": "named"}], "exclude": [{"list": "staff"}]})
    found = as_json(small, "estimate", "spring")
    assert (found["total"], found["duplicates"], found["removed"]) == (1, 1, {"excluded": 1})
    assert found["connections"] == {"a": 1, "b": 0}
    assert found["reached"] == [
        {"ref": "RecipientList/all", "role": "include", "rows": 3},
        {"ref": "Segment/named", "role": "include", "rows": 1},
        {"ref": "RecipientList/staff", "role": "exclude", "rows": 1},
    ]
    assert [(one["ref"], one["line"], one["code"]) for one in found["faults"]] == [  # type: ignore[attr-defined]
        ("RecipientList/all", 5, "bad-address")
    ]
    text = small.cli("email", "estimate", "EmailCampaign/spring").out
    assert text.startswith("EmailCampaign/spring@1: 1 recipient: 1 by a, 0 by b\n")
    assert "RecipientList/all:5" in text


def test_an_estimate_makes_no_store_and_needs_none(small: Mailroom) -> None:
    """E-05: of a draft that nobody has applied."""
    drawn_up(small)
    assert small.cli("email", "estimate", "spring").code == 0
    assert not (small.world.root / ".muster" / "state.db").exists()


def test_an_estimate_of_a_broken_list_is_no_number(small: Mailroom) -> None:
    drawn_up(small)
    (small.world.manifests / "all.csv").write_text('email\n"a@r.example\n')
    answer = small.cli("email", "estimate", "spring")
    assert (answer.code, "unknown" in answer.out, "RecipientList/all:2" in answer.out) == (3, True, True)
    assert as_json(small, "estimate", "spring")["total"] is None
    (small.world.manifests / "all.csv").unlink()
    answer = small.cli("email", "estimate", "spring")
    assert (answer.code, answer.out) == (3, "")
    assert "all.csv" in answer.err


def test_an_estimate_comes_to_what_the_launch_comes_to(room: Mailroom) -> None:
    """E-05, E-43."""
    drawn_up(room)
    with closing(room.open()) as store:
        store.returns.suppress([Suppression("bo@r.example", "complaint", room.clock.now())])
    found = as_json(room, "estimate", "spring")
    assert (found["total"], found["removed"]) == (1, {"complaint": 1})
    room.launch({"a": 70, "b": 30})
    assert room.stages() == {Stage.PENDING: 1}


@pytest.mark.parametrize("campaign", ["winter", "RecipientList/all", "EmailCampaign/spring@7", "--", "@1/"])
def test_a_campaign_that_is_none_is_a_usage_error(small: Mailroom, campaign: str) -> None:
    drawn_up(small)
    assert small.cli("email", "estimate", campaign).code == 64


# Explain.


def test_explain_says_what_decides(small: Mailroom) -> None:
    """E-05, E-43: every list, segment and suppression that names the address."""
    drawn_up(small, targets={"include": [{"list": "all"}], "exclude": [{"list": "staff"}]})
    assert "in, by RecipientList/all" in small.cli("email", "explain", "spring", "ANA@R.example").out
    found = as_json(small, "explain", "spring", "bo@r.example")
    assert (found["reached"], found["decidedBy"]["ref"]) == (False, "RecipientList/staff")  # type: ignore[index]
    assert "out: no list" in small.cli("email", "explain", "spring", "carl@r.example").out
    assert small.cli("email", "explain", "spring", "no address").code == 64


def test_explain_knows_who_has_left(room: Mailroom) -> None:
    """AMB-E16."""
    drawn_up(room)
    at = SystemClock().now()
    with closing(room.open()) as store:
        store.returns.suppress([Suppression("bo@r.example", "unsubscribed", at)])
    answer = room.cli("email", "explain", "spring", "bo@r.example").out
    assert "out, by unsubscribed since" in answer


def test_terminals_are_not_steered_by_lists(small: Mailroom) -> None:
    """Escapes in a row are shown as what they are not: text."""
    drawn_up(small)
    (small.world.manifests / "all.csv").write_text("email\n\x1b[2Jx\n")
    assert "\x1b" not in small.cli("email", "estimate", "spring").out


# Preview.


def test_preview_writes_the_mail_and_its_page(small: Mailroom) -> None:
    """E-04: what Ana would see, and nothing over what is there."""
    small.template(html={"inline": "<p>Hello {{ name }} <a href='{{ unsubscribe_url }}'>leave</a></p>"})
    drawn_up(small, unsubscribe={"oneClick": True}, tracking={"opens": True, "clicks": True})
    look = small.world.root / "look"
    answer = small.cli("email", "preview", "spring", "--out", "look")
    assert answer.code == 0, answer.err
    eml, page = look / "spring-ana@r_example.eml", look / "spring-ana@r_example.html"
    assert sorted(look.iterdir()) == [eml, page]
    mail = message_from_bytes(eml.read_bytes(), policy=policy.default)
    assert mail["To"] == "Ana@r.example"
    assert "Hello Ana" in page.read_text()
    page.write_text("mine")
    again = small.cli("email", "preview", "spring", "--out", "look")
    assert (again.code, page.read_text()) == (64, "mine")
    assert small.cli("email", "preview", "spring", "--out", "look", "--force").code == 0
    assert page.read_text() != "mine"


def test_preview_of_somebody_else(small: Mailroom) -> None:
    drawn_up(small)
    assert small.cli("email", "preview", "spring", "--to", "BO@r.example", "--out", "look").code == 0
    assert b"Hello Bo" in (small.world.root / "look/spring-bo@r_example.eml").read_bytes()
    assert small.cli("email", "preview", "spring", "--contact", '{"name": "Zoe"}', "--out", "look").code == 0
    assert b"Hello Zoe" in (small.world.root / "look/spring-anybody@example_com.eml").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("--to", "carl@r.example"),
        ("--contact", "[]"),
        ("--contact", '{"email": "x\\n@r.example"}'),
        ("--contact", '{"name": {"a": 1}}'),
        ("--contact", "{" * 5000),
        ("--contact", '{"nick": "Z"}'),
        ("--contact", '{"name": "Z"}', "--to", "bo@r.example"),
    ],
)
def test_preview_for_nobody_is_a_usage_error(small: Mailroom, options: tuple[str, ...]) -> None:
    drawn_up(small)
    answer = small.cli("email", "preview", "spring", *options, "--out", "look")
    assert answer.code == 64, answer
    assert not (small.world.root / "look").exists()


def test_preview_leaves_its_folder_by_no_address_and_no_link(small: Mailroom, tmp_path: Path) -> None:
    """Whatever an address holds, the file is one of the folder; a link there is replaced, not followed."""
    assert file_name("spring-../../etc/passwd@x.example") == "spring-_etc_passwd@x_example"
    assert "/" not in file_name("/" * 300) and len(file_name("a" * 300)) == 100
    drawn_up(small)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    look = small.world.root / "look"
    look.mkdir()
    link = look / "spring-ana@r_example.eml"
    link.symlink_to(precious)
    assert small.cli("email", "preview", "spring", "--out", "look").code == 64
    assert small.cli("email", "preview", "spring", "--out", "look", "--force").code == 0
    assert precious.read_text() == "mine"
    assert not link.is_symlink()


# Test.


def test_a_test_goes_to_the_given_addresses_alone(room: Mailroom) -> None:
    """E-04, E-07: of a draft; marked, untracked, with no row, no sign and no way to leave."""
    with smtp_counter() as counter:
        room.template(
            html={"inline": "<a href='https://x.example/'>x</a> <a href='{{ unsubscribe_url }}'>leave</a> {{ name }}"}
        )
        drawn_up(
            room, counter.port, unsubscribe={"oneClick": True, "mailto": "leave@sender.example"},
            tracking={"opens": True, "clicks": True},
        )  # fmt: skip
        room.apply()
        answer = room.cli(
            "email", "test", "spring", "--to", "me@home.example", "--to", "You@home.example", "--to", "me@HOME.example"
        )
        assert answer.code == 0, answer.err
        assert counter.recipients() == ["me@home.example", "You@home.example"]
        mail = message_from_bytes(counter.taken[0].message, policy=policy.default)
        assert (mail["Subject"], mail["To"]) == ("[Test] Hi", "me@home.example")
        assert b"Ana" in counter.taken[0].message
        assert "leave@sender.example" not in str(mail["List-Unsubscribe"])
        assert mail["List-Unsubscribe-Post"] is None
        assert (
            room.cli("email", "test", "spring", "--to", "me@home.example", "--no-mark", "--as", "bo@r.example").code
            == 0
        )
        last = message_from_bytes(counter.taken[-1].message, policy=policy.default)
        assert last["Subject"] == "Hi"
        assert b"Bo" in counter.taken[-1].message
        assert last["Message-ID"] != mail["Message-ID"], "mailboxes show one mail of an id"
    with closing(room.open()) as store:
        uid = store.ledger.uid(SPRING)
        assert store.ledger.view(uid, room.clock.now()) is None
        assert store.returns.signs(uid) == []
        assert store.returns.suppressions() == []
    assert room.state() == "draft"


def test_a_test_keeps_to_the_limits_that_campaigns_draw_on(room: Mailroom) -> None:
    """E-04: at most two in a second, of trials too."""
    with smtp_counter() as counter:
        drawn_up(room, counter.port)
        room.relay("a", counter.port, limits=[{"max": 2, "per": "1s"}])
        to = [word for n in range(5) for word in ("--to", f"u{n}@home.example")]
        assert room.cli("email", "test", "spring", *to).code == 0
        assert counter.count() == 5
        assert counter.most_within(1.0) <= 2


def test_a_test_does_not_wait_an_hour(room: Mailroom) -> None:
    """E-04: it says until when the limit is used up, exit 7."""
    with smtp_counter() as counter:
        drawn_up(room, counter.port)
        room.relay("a", counter.port, limits=[{"max": 1, "per": "1h"}])
        assert room.cli("email", "test", "spring", "--to", "me@home.example").code == 0
        answer = room.cli("email", "test", "spring", "--to", "me@home.example")
        assert (answer.code, counter.count()) == (7, 1)
        assert "used up until" in answer.err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--to", "nobody"), 64),
        (("--to", "me@home.example", "--via", "c"), 64),
        (("--to", "me@home.example", "--contact", '{"x": 1}'), 1),
        ((), 64),
        (tuple(word for n in range(21) for word in ("--to", f"u{n}@home.example")), 64),
    ],
)
def test_a_test_that_cannot_be_sent_says_so(small: Mailroom, options: tuple[str, ...], code: int) -> None:
    drawn_up(small)
    answer = small.cli("email", "test", "spring", *options)
    assert answer.code == code, answer


def test_a_test_that_is_refused_exits_1_and_shows_no_password(small: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """E-04: what the server said, in a line, without what it may have repeated."""
    monkeypatch.setenv("RELAY", "tops3cret")
    with liar({"EHLO": b"250-liar\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 bad password tops3cret\r\n"}) as server:
        drawn_up(small)
        small.relay("a", server.port, auth={"user": "u", "password": {"env": "RELAY"}})
        answer = small.cli("email", "test", "spring", "--to", "me@home.example")
    assert answer.code == 1
    assert "unusable at AUTH" in answer.out
    assert "tops3cret" not in answer.out + answer.err
    monkeypatch.delenv("RELAY")
    answer = small.cli("email", "test", "spring", "--to", "me@home.example")
    assert (answer.code, "RELAY" in answer.err) == (64, True)


# Resolve.


def test_what_a_broken_connection_leaves_in_doubt_is_listed_and_not_sent_again(room: Mailroom) -> None:
    """AMB-E13: given away, and the answer never came; the campaign completes and says who."""
    doubted = [f"u{n}@r.example" for n in (2, 5, 7)]

    def answer(one: Taken) -> bytes:
        if one.recipient in doubted:
            raise EOFError
        return b"250 2.0.0 taken"

    with smtp_counter(answer) as counter:
        room.relay("a", counter.port)
        room.recipients("all", 10)
        room.launch()
        room.work()
    assert room.stages() == {Stage.SENT: 7, Stage.UNKNOWN: 3}
    assert room.state() == "completed"
    found = as_json(room, "resolve", "spring")["unknown"]
    assert [(one["address"], one["via"]) for one in found] == [(one, "a") for one in doubted]  # type: ignore[attr-defined]
    assert "3 recipients may or may not have got it" in room.cli("email", "resolve", "spring").out


@pytest.mark.parametrize("state", ["running", "paused"])
def test_resend_makes_them_pending_again(room: Mailroom, state: str) -> None:
    """AMB-E13: one of them, then all."""
    doubtful(room, state)
    assert room.cli("email", "resolve", "spring", "--resend", "U2@r.example").code == 0
    assert room.stages() == {Stage.PENDING: 8, Stage.UNKNOWN: 2}
    assert room.cli("email", "resolve", "spring", "u2@r.example").code == 64, "it is not in doubt any more"
    assert room.cli("email", "resolve", "spring", "--leave", "u5@r.example").code == 0
    assert "u5" not in room.cli("email", "resolve", "spring").out
    assert room.cli("email", "resolve", "spring", "--resend").code == 0
    assert room.stages() == {Stage.PENDING: 9, Stage.UNKNOWN: 1}
    assert "nobody is in doubt" in room.cli("email", "resolve", "spring").out


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
def test_nothing_is_sent_again_by_what_is_over(room: Mailroom, state: str) -> None:
    """E-24, E-29, E-34, AMB-E13: refused in the law's words; to leave it is allowed."""
    doubtful(room, state)
    answer = room.cli("email", "resolve", "spring", "--resend")
    assert answer.code == 4
    assert "campaign sends nothing again" in answer.err
    assert room.stages() == {Stage.PENDING: 7, Stage.UNKNOWN: 3}
    assert room.cli("email", "resolve", "spring", "--leave").code == 0
    assert room.cli("email", "resolve", "spring", "--leave", "--resend").code == 64


def doubtful(room: Mailroom, state: str) -> None:
    """Ten recipients, three of them unknown, in a state."""
    room.relay("a", 9, maxConnections=1)
    room.recipients("all", 10)
    room.launch()
    with closing(room.open()) as store:
        ledger, now = store.ledger, store.time(room.clock.now())
        (offer,) = ledger.offers(now, 10)
        claim = ledger.claim(offer, "somebody/1/x", now, now + timedelta(minutes=1), 0)
        assert claim is not None
        window = ledger.window(claim, None, Demand(1, 10, now + timedelta(minutes=1)), now)
        assert window is not None
        lost = {"u2@r.example", "u5@r.example", "u7@r.example"}
        results = {one.id: Result(Stage.UNKNOWN) for one in window.units if one.key in lost}
        ledger.release(claim, Settling(1, results, now, 3), None, None, now)
    if state != "running":
        room.world.stored(str(SPRING), state)


# Duplicate.


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
def test_a_duplicate_has_the_content_but_not_the_schedule(small: Mailroom, state: str) -> None:
    """E-26, E-31, E-36, E-65, AMB-E11: content, targeting, SMTP and tracking; no schedule, no archive flag, a new name."""
    import yaml

    drawn_up(small, tracking={"opens": True}, schedule=[{"at": "2027-02-01T10:00", "state": "running"}])
    file = small.world.manifests / "emailcampaign-spring.yaml"
    whole = json.loads(file.read_text()) | {"archived": state != "failed"}
    if state == "failed":
        whole.pop("archived")
    file.write_text(json.dumps(whole))
    small.world.stored_all({str(SPRING): state})
    answer = small.cli("duplicate", "EmailCampaign/spring")
    assert answer.code == 0, answer.err
    made = yaml.safe_load((small.world.manifests / "spring-copy.yaml").read_text())
    assert made["metadata"]["name"] == "spring-copy"
    assert made.get("state", "draft") == "draft"
    assert "schedule" not in made and "archived" not in made
    for member in ("subject", "from", "content", "targets", "smtp", "tracking"):
        assert made["spec"][member] == whole["spec"][member], member


def test_rates_of_trials_and_campaigns_are_one(room: Mailroom) -> None:
    """E-04, AMB-E12: what a trial has drawn, a campaign waits for."""
    with closing(room.open()) as store:
        now, rate = room.clock.now(), Rate("smtp:a", 2, timedelta(hours=1))
        until_ = now + timedelta(minutes=2)
        assert store.ledger.spend([rate], "one", now, until_) is None
        assert store.ledger.spend([rate], "two", now, until_) is None
        again = store.ledger.spend([rate], "three", now, until_)
        assert again is not None
        store.ledger.have_spent("one", now)
        assert store.ledger.spend([rate], "three", now + timedelta(hours=1, seconds=1), until_) is None
