"""What a launch needs, and what becomes of one that lacks it: nothing later happens when an earlier step fails."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.app import SystemClock
from reconciler.kinds.email.gathering import Counting
from reconciler.model.returns import Suppression
from reconciler.model.work import Phase, Stage
from reconciler.store.passing import PassingKeys
from tests.email.mailroom import SPRING, Mailroom
from tests.smtp_counter import smtp_counter
from tests.world import FixedClock

PORT = 9
"""Nobody listens there: a campaign that is not launched connects to nothing."""


def ready(room: Mailroom, many: int = 3) -> None:
    room.relay("a", PORT)
    room.recipients("all", many)


def nothing_was_begun(room: Mailroom) -> bool:
    with closing(room.open()) as store:
        view = store.ledger.view(store.ledger.uid(SPRING), room.clock.now())
    return view is None or (view.phase is Phase.STAGED and Stage.PENDING not in view.stages)


# By a person: refused, and still a draft.


@pytest.mark.parametrize("part", ["subject", "from", "content", "targets", "smtp"])
def test_what_is_not_written_yet_denies_the_launch(small: Mailroom, part: str) -> None:
    """E-42, E-54, AMB-E3: subject, sender, content, targets and SMTP are all set, or there is no transition."""
    ready(small)
    small.campaign("running", **{part: None})  # type: ignore[arg-type]
    plan = small.plan()
    assert [one.ref for one in plan.blocked] == [SPRING]
    small.apply()
    assert small.state() in ("", "draft")


def test_a_list_that_is_not_there_is_named(small: Mailroom) -> None:
    """E-42, AMB-E3: missing-data at validation, and the launch waits, saying why."""
    ready(small)
    (small.world.manifests / "all.csv").unlink()
    small.campaign("running")
    found = [one for one in small.plan().diagnostics if one.code == "unknown-facts"]
    assert len(found) == 1
    assert "RecipientList/all" in found[0].detail
    assert SPRING in small.apply().waiting
    assert small.state() == "draft"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (b'email,name\na@x.example,A\n"b@x.example\n', "line 3"),
        (b"name\nA\n", "email"),
        (b"email\n\xff\xfe@x.example\n", "line 2"),
        (b"email\na@x.example\0\n", "line 2"),
    ],
)
def test_a_broken_list_makes_the_estimate_unknown_and_says_where(small: Mailroom, rows: bytes, said: str) -> None:
    """E-05, E-42: nobody is told a number that is not one; the warning names list, line and way out."""
    ready(small)
    (small.world.manifests / "all.csv").write_bytes(rows)
    small.campaign("running")
    (found,) = [one for one in small.plan().diagnostics if one.code == "unknown-facts"]
    assert found.detail.startswith("RecipientList/all")
    assert said in found.detail
    assert found.place.file.endswith("emailcampaign-spring.yaml")
    assert found.help
    answer = small.cli("apply", "--yes")
    assert said in answer.err
    assert small.state() == "draft"


def test_nobody_to_send_to_denies_a_launch(small: Mailroom) -> None:
    """AMB-E4: a launch by a person to nobody is refused."""
    ready(small, 0)
    small.campaign("running")
    plan = small.plan()
    assert [one.refusals[0].message for one in plan.blocked] == [
        "the targets hold nobody to send to; add recipients or ease the exclusions"
    ]


def test_a_template_with_a_fault_is_refused_at_the_launch(room: Mailroom) -> None:
    """E-42, E-47, AMB-E3: its words are returned, and no later step has begun."""
    ready(room)
    room.template("Hello {{ name")
    room.campaign("running")
    outcome = room.apply()
    assert "text, line 1" in outcome.failed[SPRING]
    room.world.write("hello.html", "<p>\nHello {{ name")
    room.template("Hello {{ name }}", html={"file": "hello.html"})
    assert "hello.html, line 2: " in room.apply().failed[SPRING]
    assert room.state() == "draft"
    assert nothing_was_begun(room)
    room.template("Hello {{ name }}")
    assert not room.apply().failed, "mended, it is launched"
    assert room.state() == "running"


# By the timer: failed, with the reason.


def scheduled(room: Mailroom) -> FixedClock:
    """The campaign waits for ten o'clock; its clock is given back, at nine."""
    room.clock = clock = FixedClock()
    room.campaign("draft", schedule=[{"at": "2027-01-04T10:00", "state": "running"}])
    room.apply()
    if room.state() != "scheduled":
        room.campaign("scheduled", schedule=[{"at": "2027-01-04T10:00", "state": "running"}])
        assert not room.apply().failed
    assert room.state() == "scheduled"
    return clock


def test_a_start_at_its_time_takes_the_recipients_of_that_time(small: Mailroom) -> None:
    """E-08, E-11, E-12, E-56, AMB-E5: who came between scheduling and start is in, who came after is not."""
    ready(small)
    clock = scheduled(small)
    small.recipients("all", 5)
    clock.advance(minutes=59)
    assert not small.apply().failed
    assert small.state() == "scheduled"
    clock.advance(minutes=1)
    small.apply()
    assert small.state() == "running"
    small.recipients("all", 9)
    small.apply()
    assert small.stages() == {Stage.PENDING: 5}


@pytest.mark.parametrize("what", ["template", "list", "file"])
def test_a_start_that_cannot_be_validated_fails_with_the_reason(room: Mailroom, what: str) -> None:
    """E-32, E-47, AMB-E3, AMB-E18: never silently back to draft, never tried for ever; history tells why."""
    ready(room)
    clock = scheduled(room)
    if what == "list":
        (room.world.manifests / "all.csv").write_bytes(b'email\n"a@x.example\n')
        said = "RecipientList/all line 2"
    elif what == "file":
        (room.world.manifests / "all.csv").unlink()
        said = "all.csv"
    else:
        room.template("{{ broken")
        room.apply()
        said = "text, line 1"
    clock.advance(hours=1)
    outcome = room.apply()
    assert not outcome.failed
    assert room.state() == "failed"
    last = room.events()[-1].body
    assert last["event"] == "miss-start"
    assert last["reason"].startswith("LaunchValidationFailed: ")
    assert said in last["reason"]
    assert said in room.cli("history", str(SPRING)).out
    assert nothing_was_begun(room)
    with closing(room.open()) as store:
        assert store.intents() == ()
    assert not room.apply().done, "that was the end of it"


def test_a_start_to_nobody_completes_at_once_with_a_warning(room: Mailroom) -> None:
    """AMB-E4: 0 of 0, and it says so."""
    ready(room)
    clock = scheduled(room)
    room.recipients("all", 0)
    clock.advance(hours=1)
    room.apply()
    assert room.state() == "running"
    room.report()
    assert room.state() == "completed"
    assert room.events()[-1].body["reason"] == "warning: there was nobody to send to, 0 of 0"


def test_a_start_that_is_too_late_is_missed_and_one_a_little_late_is_not(small: Mailroom) -> None:
    """AMB-E10: late by at most startingDeadline, an hour."""
    ready(small)
    clock = scheduled(small)
    clock.advance(hours=2, seconds=2)
    small.apply()
    assert small.state() == "failed"
    assert small.events()[-1].body["reason"] == "MissedSchedule"


def test_a_start_a_little_late_still_goes_out(small: Mailroom) -> None:
    """AMB-E10."""
    ready(small)
    clock = scheduled(small)
    clock.advance(hours=2)
    small.apply()
    assert small.state() == "running"


# In order, as of one instant, and over whatever happens in between.


def test_a_launch_that_is_broken_off_and_repeated_reads_conditions_as_of_its_own_time(small: Mailroom) -> None:
    """E-47, AMB-E5: gone on with an hour later, whoever was recent at the launch is in."""
    small.clock = clock = FixedClock()
    small.relay("a", PORT)
    small.world.write("all.csv", "email,last\na@x.example,2027-01-04T08:59:30Z\nb@x.example,2026-01-01T00:00:00Z\n")
    small.manifest("RecipientList", "all", {"source": {"csv": "all.csv"}, "types": {"last": "timestamp"}})
    small.manifest("Segment", "recent", {"list": "all", "where": 'contact.last > now - duration("60s")'})
    letter = small.world.write("hello.txt", "Hello")
    small.manifest("Template", "hello", {"text": {"file": "hello.txt"}})
    small.campaign("running", targets={"include": [{"segment": "recent"}]})
    app = small.app()
    with closing(app):
        reconciler = app.reconciler()
        plan, _ = reconciler.plan()
        letter.unlink()
        assert "hello.txt" in reconciler.apply(plan).failed[SPRING]
        letter.write_text("Hello")
        clock.advance(hours=1)
        (intent,) = reconciler.store.intents()
        reconciler.runtimes["EmailCampaign"].perform("snapshot-recipients", SPRING, f"{intent.key}/x", lambda: None)
        ledger = reconciler.store.ledger
        assert ledger.size(ledger.uid(SPRING)) == 1


# Counting.


def test_an_estimate_counts_whom_the_store_must_not_mail_by_reason(room: Mailroom) -> None:
    """E-05, E-43, AMB-E16: bounced and unsubscribed are left out, each counted once, in batches."""
    now = SystemClock().now()
    keys = PassingKeys()
    with closing(room.open()) as store, closing(keys):
        store.returns.suppress(
            [Suppression(f"u{n}@r.example", "hard_bounce", now) for n in range(0, 5000, 2)]
            + [Suppression(f"u{n}@r.example", "unsubscribed", now, "news") for n in range(0, 5000, 4)]
            + [Suppression(f"u{n}@r.example", "unsubscribed", now, "other") for n in range(5000)]
            + [Suppression("nobody@r.example", "manual", now)]
        )
        counting = Counting(keys, store.returns, lambda: None)
        assert keys.add([f"u{n}@r.example" for n in range(5001)]) == 5001
        assert counting.remove_standing(("news",)) == {"hard_bounce": 2500}
        assert counting.remove_standing(("other",)) == {"unsubscribed": 2500}
        assert list(keys.batches(10)) == [["u5000@r.example"]]


def test_bounced_and_unsubscribed_are_left_out_at_the_launch(room: Mailroom) -> None:
    """E-43, AMB-E5, AMB-E16: the estimate and the launch come to the same."""
    with smtp_counter() as counter:
        room.relay("a", counter.port)
        room.recipients("all", 10)
        room.recipients("staff", ["u9@r.example"])
        room.suppressions("news", ["U8@r.example"])
        now = room.clock.now()
        with closing(room.open()) as store:
            store.returns.suppress([
                Suppression("u0@r.example", "hard_bounce", now),
                Suppression("u1@r.example", "unsubscribed", now, "news"),
                Suppression("u2@r.example", "unsubscribed", now, "another list"),
            ])  # fmt: skip
        spec = {
            "targets": {"include": [{"list": "all"}], "exclude": [{"list": "staff"}]},
            "suppressions": ["news"],
        }
        room.launch(**spec)
        with closing(room.open()) as store:
            uid = store.ledger.uid(SPRING)
            found = [(one.key, one.reason, one.list) for one in store.returns.left_out(uid)]
            assert sorted(found) == [
                ("u0@r.example", "hard_bounce", ""),
                ("u1@r.example", "unsubscribed", "news"),
                ("u8@r.example", "list_import", "news"),
            ], "not who is excluded"
            assert not store.returns.left_out(uid + 1)
        room.work()
        assert sorted(counter.recipients()) == [f"u{n}@r.example" for n in range(2, 8)]


def test_whoever_is_suppressed_in_mid_run_gets_nothing(room: Mailroom) -> None:
    """AMB-E5: asked again just before each send; it may only take away."""
    with smtp_counter() as counter:
        room.relay("a", counter.port)
        room.recipients("all", 10)
        room.launch()
        with closing(room.open()) as store:
            store.returns.suppress([Suppression("u3@r.example", "unsubscribed", room.clock.now() + timedelta(0))])
        room.work()
        assert "u3@r.example" not in counter.recipients()
        assert room.stages() == {Stage.SENT: 9, Stage.SUPPRESSED: 1}
        assert room.state() == "completed"
        assert room.first_answer(Stage.SUPPRESSED) == {"reason": "unsubscribed"}


def test_keys_on_disk_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting a million recipients takes no memory that grows, and no file that stays."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    keys = PassingKeys()
    assert keys.add([f"{n:0500}" for n in range(60_000)]) == 60_000
    assert keys.add(["1" * 500, "1" * 500]) == 1
    assert keys.remove(["1" * 500, "1" * 500, "none"]) == 1
    assert sum(len(one) for one in keys.batches(999)) == 60_000
    assert list(tmp_path.iterdir()) == [], "it has no name"
    keys.close()
