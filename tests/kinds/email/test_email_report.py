"""Reports of campaigns: numbers that add up, on every store, whoever reads them. (E-25, E-30, E-35, E-41, AMB-E15)"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds.email.failure import failures
from reconciler.kinds.email.report import Campaign, Counts, Rates, report
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Return, Sign
from reconciler.model.work import Demand, Phase, Result, Settling, Stage
from reconciler.views.csv_text import csv_line
from reconciler.views.email_report import render_report
from reconciler.views.email_report_rows import HEAD, report_to_csv, report_to_json
from reconciler.views.email_report_svg import report_to_svg
from tests.engine.desk import claimed
from tests.postgres import Server
from tests.world import World

SPRING = Ref("EmailCampaign", "spring", 1)
NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
NASTY = "no\x1b[2J\x9b31m such\r\nuser\u202e"
"""What a server may say: it clears the screen, paints it red, and turns the rest around."""
MANIFEST = "apiVersion: muster/v1\nkind: EmailCampaign\nmetadata: {name: spring}\nstate: draft\nspec: {}\n"


def nothing() -> None:
    """Long work that nobody watches over."""


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> Iterator[World]:
    server = postgres if request.param == "postgres" else None
    found = World(tmp_path / "office", server, server.store() if server else "")
    found.write("../muster.yaml", "timezone: Asia/Kolkata\n")
    found.write("spring.yaml", MANIFEST)
    found.stored(str(SPRING), "running")
    yield found
    found.remove()


Fate = tuple[str, Stage, dict[str, object]]


def sent(store: Store, fates: Sequence[Fate], at: datetime = NOW) -> int:
    """A campaign through two connections, in turn, whose mails met with these fates; its uid."""
    ledger, uid, vias = store.ledger, store.ledger.uid(SPRING), ("main", "spare")
    ledger.prepare(uid, "running", nothing)
    ledger.add(uid, [(key, {"to": key}) for key, _, _ in fates])
    ledger.assign(uid, vias, lambda position: position % 2, nothing)
    ledger.enter(uid, Phase.OPEN, at)
    by_key = {key: Result(stage, answer) for key, stage, answer in fates if stage.is_final}
    for lane in range(min(2, len(fates))):
        claim = claimed(store, f"w{lane}", lane, at)
        assert claim is not None
        window = ledger.window(claim, None, Demand(1, 1000, at + timedelta(minutes=5)), at)
        assert window is not None
        results = {unit.id: by_key[unit.key] for unit in window.units if unit.key in by_key}
        ledger.release(claim, Settling(1, results, at, len(results)), None, None, at)
    ledger.enter(uid, Phase.STOPPED, at)
    ledger.cancel(uid, at, nothing)
    ledger.enter(uid, Phase.CLOSED, at)
    return uid


def ok(key: str) -> Fate:
    return key, Stage.SENT, {"class": "sent", "code": 250, "text": "ok"}


def heard(store: Store, uid: int, sign: Sign, keys: Sequence[str], at: datetime = NOW, **data: object) -> None:
    store.returns.record([Return(f"{sign}{uid}{key}{at}", uid, key, sign, at, data) for key in keys])


def a_spring(world: World) -> int:
    """Ten recipients: six sent, two refused in different words, one suppressed, one in doubt; some of it came back."""
    with closing(world.app().store()) as store:
        uid = sent(
            store,
            [
                *(ok(f"n{number}@big.example") for number in range(5)),
                ok("x@small.example"),
                ("r1@big.example", Stage.FAILED, {"class": "refused", "code": 550, "enhanced": "5.1.1", "text": NASTY}),
                ("r2@big.example", Stage.FAILED, {"class": "refused", "code": 552, "text": "=cmd|' /C calc'!A0"}),
                ("s@small.example", Stage.SUPPRESSED, {"reason": "unsubscribed"}),
                ("d@small.example", Stage.UNKNOWN, {"class": "unknown", "text": "the line went dead"}),
            ],
        )
        later = NOW + timedelta(hours=2, minutes=20)
        heard(store, uid, Sign.OPENED, ["n0@big.example", "n1@big.example", "x@small.example"])
        heard(store, uid, Sign.OPENED, ["n0@big.example"], later)
        heard(store, uid, Sign.CLICKED, ["n0@big.example"], later, link="0")
        heard(store, uid, Sign.BOUNCED, ["n4@big.example"], later, rule="dsn", status="5.1.1", text="user unknown")
        heard(store, uid, Sign.BOUNCED, ["n4@big.example"], later + timedelta(hours=1), rule="dsn", text="told again")
        heard(store, uid, Sign.BOUNCED, ["r1@big.example"], rule="smtp", status="5.1.1", text="refused before")
        heard(store, uid, Sign.COMPLAINED, ["n3@big.example"], later)
    return uid


def test_rates_are_shares_of_what_was_sent_each_mail_once(world: World) -> None:
    """AMB-E15, AMB-E17."""
    a_spring(world)
    found = json.loads(world.cli("email", "report", "spring", "--format", "json").out)
    assert found["rates"] == {
        "open": 0.5, "click": round(1 / 6, 6), "click_to_open": round(1 / 3, 6), "bounce": round(1 / 6, 6),
        "complaint": round(1 / 6, 6), "unsubscribe": 0.0, "delivery": round(5 / 6, 6),
    }  # fmt: skip
    counts = found["counts"]
    assert {name: counts[name] for name in ("total", "sent", "failed", "suppressed", "unknown", "left")} == {
        "total": 10, "sent": 6, "failed": 2, "suppressed": 1, "unknown": 1, "left": 0,
    }  # fmt: skip
    assert (counts["delivered"], counts["opened"], counts["bounced"]) == (5, 3, 1)


def test_hours_are_those_of_the_project(world: World) -> None:
    """Hours of a zone that is half an hour off: 09:00 UTC is 14:30 in Kolkata."""
    a_spring(world)
    hours = json.loads(world.cli("email", "report", "spring", "--format", "json").out)["hours"]
    assert [
        (one["from"], one["counts"]["sent"], one["counts"]["opened"], one["counts"]["clicked"]) for one in hours
    ] == [
        ("2027-01-04T14:00:00+05:30", 6, 3, 0),
        ("2027-01-04T16:00:00+05:30", 0, 0, 1),
    ]


def test_connections_domains_and_reasons(world: World) -> None:
    a_spring(world)
    found = json.loads(world.cli("email", "report", "spring", "--format", "json").out)
    assert [(one["connection"], one["counts"]["total"]) for one in found["connections"]] == [("main", 5), ("spare", 5)]
    assert [(one["domain"], one["counts"]["total"], one["counts"]["sent"]) for one in found["domains"]] == [
        ("big.example", 7, 5), ("small.example", 3, 1),
    ]  # fmt: skip
    assert [(one["what"], one["reason"], one["code"], one["mails"]) for one in found["reasons"]] == [
        ("bounced", "dsn", "5.1.1", 1), ("failed", "refused", "550 5.1.1", 1), ("failed", "refused", "552", 1),
        ("suppressed", "unsubscribed", "", 1),
    ]  # fmt: skip
    assert [one["address"] for one in found["unknown"]] == ["d@small.example"]


def test_the_text_tells_all_of_it_and_nothing_moves_the_terminal(world: World) -> None:
    """E-25: the full report; what servers say in it is shown, and does nothing."""
    a_spring(world)
    out = world.cli("email", "report", "spring").out
    for line in (
        "Recipients            10",
        "Sent                   6  60.0 % of recipients",
        "Delivered              5  83.3 % of sent",
        "Opened                 3  50.0 % of sent",
        "Clicked                1  16.7 % of sent  33.3 % of opened",
        "2027-01-04 14:00  ████████████████        6        3        0        0",
        "big.example           7         5         2    40.0 %    20.0 %    20.0 %",
    ):
        assert line in out
    failed = world.cli("email", "failures", "spring").out
    for text in (out, failed):
        assert "such" in text
        assert not [char for char in text if not char.isprintable() and char != "\n"]


def test_csv_holds_no_formula(world: World) -> None:
    a_spring(world)
    out = world.cli("email", "report", "spring", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["part"] for row in rows} == {"campaign", "hour", "connection", "domain", "reason"}
    (first,) = [row for row in rows if row["part"] == "campaign"]
    assert (first["total"], first["sent"], first["open_rate"]) == ("10", "6", "0.5")
    assert "'=cmd|' /C calc'!A0" in {row["text"] for row in rows}
    log = list(csv.DictReader(io.StringIO(world.cli("email", "failures", "spring", "--format", "csv").out)))
    assert not [cell for row in (*rows, *log) for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "＝1", "\n=1"])  # noqa: RUF001
def test_a_cell_that_could_be_a_formula_is_text(cell: str) -> None:
    ((found,),) = csv.reader([csv_line([cell])])
    assert found[0] in "'�"


@given(st.lists(st.one_of(st.text(), st.integers(0), st.none()), min_size=1, max_size=5))
def test_a_csv_row_is_one_line_that_reads_back(cells: list[object]) -> None:
    line = csv_line(cells)
    assert line.count("\n") == 1
    (row,) = csv.reader([line])
    if len(cells) > 1:
        assert len(row) == len(cells)
    assert not any(cell.lstrip()[:1] in tuple("=+-@") for cell in row if cell.strip())


def test_a_picture_of_the_hours(world: World) -> None:
    a_spring(world)
    picture = ElementTree.fromstring(world.cli("email", "report", "spring", "--format", "svg").out)
    titles = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert "2027-01-04 14:00: 6 sent" in titles
    assert "2027-01-04 16:00: 1 clicked" in titles


def test_the_failure_log_streams_what_is_asked_for(world: World) -> None:
    """E-30, E-35."""
    a_spring(world)
    lines = [
        json.loads(line) for line in world.cli("email", "failures", "spring", "--format", "jsonl").out.splitlines()
    ]
    assert [(one["address"], one["what"], one["class"], one["code"]) for one in lines] == [
        ("r1@big.example", "failed", "refused", "550 5.1.1"),
        ("r2@big.example", "failed", "refused", "552"),
        ("d@small.example", "unknown", "unknown", ""),
        ("n4@big.example", "bounced", "dsn", "5.1.1"),
    ]
    assert lines[0]["text"] == NASTY
    assert lines[0]["connection"] == "main"
    masked = world.cli("email", "failures", "spring", "--mask", "--stage", "bounced").out
    assert "n…@big.example" in masked
    assert "n4" not in masked
    code, _, err = world.cli("email", "failures", "spring", "--stage", "sent")
    assert (code, "'sent' is none of failed, unknown" in err) == (64, True)


def test_a_report_outlives_its_manifest_and_the_archive(world: World) -> None:
    """E-41, E-38, E-39: retained when archived, also without the manifest; listed where that is asked for."""
    a_spring(world)
    before = world.cli("email", "report", "spring", "--format", "csv").out
    world.stored(str(SPRING), "completed", flags=["archived"])
    (world.manifests / "spring.yaml").unlink()
    assert "spring" not in world.cli("get").out, "E-38: hidden from the default list"
    assert "spring" in world.cli("get", "--archived").out, "E-39: shown where asked for"
    assert "spring" in world.cli("get", "--all").out
    assert world.cli("email", "report", "EmailCampaign/spring", "--format", "csv").out == before


def test_a_cancelled_campaign_has_a_partial_report(world: World) -> None:
    """E-35, E-30: what was sent is told, and that it is not all."""
    with closing(world.app().store()) as store:
        sent(store, [ok("a@x.example"), ("b@x.example", Stage.PENDING, {}), ("c@x.example", Stage.PENDING, {})])
    for state in ("cancelled", "failed"):
        world.stored(str(SPRING), state)
        out = world.cli("email", "report", "spring").out
        assert f"partial: {state} before 2 of 3 mails were sent" in out
        assert "Sent                   1  33.3 % of recipients" in out


def test_nothing_is_told_of_what_was_not_launched(world: World, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    code, out, err = world.cli("email", "report", "spring", "--out", str(file))
    assert (code, out) == (64, "")
    assert "EmailCampaign/spring@1 was not launched yet" in err
    assert not file.exists()
    code, _, err = world.cli("email", "report", "autumn")
    assert (code, "the store knows no EmailCampaign/autumn" in err) == (64, True)


def test_a_report_into_a_file(world: World, tmp_path: Path) -> None:
    a_spring(world)
    file = tmp_path / "report.json"
    assert world.cli("email", "report", "spring", "--format", "json", "--out", str(file)) == (0, "", "")
    assert json.loads(file.read_text("utf-8"))["ref"] == str(SPRING)
    code, _, err = world.cli("email", "report", "spring", "--out", str(tmp_path / "none" / "x"))
    assert (code, "cannot be written" in err) == (64, True)


def test_rates_of_nothing_are_none() -> None:
    """AMB-E4: nobody divides by no recipients."""
    rates = Rates.of(Counts())
    assert (rates.open, rates.click_to_open, rates.delivery) == (None, None, None)


FATES = st.lists(
    st.tuples(
        st.sampled_from(["a.example", "b.example", *(f"d{number}.example" for number in range(25))]),
        st.sampled_from([Stage.SENT, Stage.FAILED, Stage.SUPPRESSED, Stage.UNKNOWN, Stage.PENDING]),
        st.sets(st.sampled_from(list(Sign)), max_size=4),
        st.integers(0, 100),
    ),
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(fates=FATES, zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]))
def test_the_parts_add_up_to_the_whole(
    tmp_path_factory: pytest.TempPathFactory, fates: list[tuple[str, Stage, set[Sign], int]], zone: str
) -> None:
    """Over hours, connections and domains the mails and signs are those of the campaign."""
    from tests.engine.desk import campaign
    from tests.store.stores import STORES

    with closing(STORES["sqlite"](tmp_path_factory.mktemp("sum"))) as store:
        campaign(store, SPRING)
        keys = [f"n{number}@{domain}" for number, (domain, *_) in enumerate(fates)]
        uid = sent(store, [(key, stage, {"code": 1}) for key, (_, stage, _, _) in zip(keys, fates, strict=True)])
        for key, (_, _, signs, hours) in zip(keys, fates, strict=True):
            for sign in signs:
                heard(store, uid, sign, [key], NOW + timedelta(hours=hours))
        one = report(store.sums, uid, Campaign(SPRING, "cancelled", (), zone, NOW, NOW, is_over=True))
        log = list(failures(store.sums, uid, ("failed", "cancelled", "bounced")))
    whole = one.counts
    assert whole.total == len(fates)
    for parts in (one.connections, one.domains):
        assert sum((Counter(each.stages) for _, each in parts), Counter()) == Counter(whole.stages)
        assert sum((Counter(each.signs) for _, each in parts), Counter()) == Counter(whole.signs)
    assert len(one.domains) <= 21
    assert sum(each.sent for _, each in one.hours) == whole.sent
    assert sum((Counter(each.signs) for _, each in one.hours), Counter()) == Counter(whole.signs)
    assert [at for at, _ in one.hours] == sorted(at for at, _ in one.hours)
    assert sum(why.mails for why in one.reasons if why.what == "failed") == whole.stages.get(Stage.FAILED, 0)
    assert len(log) == sum(whole.stages.get(stage, 0) for stage in (Stage.FAILED, Stage.CANCELLED)) + whole.heard(
        Sign.BOUNCED
    )
    rates = [share for share in (one.rates.delivery, one.rates.bounce) if share is not None]
    assert all(share >= 0 for share in rates)
    assert render_report(one, color=False) and report_to_json(one) and report_to_svg(one)
    assert {line.count(",") for line in report_to_csv(one) if '"' not in line} <= {len(HEAD) - 1}
