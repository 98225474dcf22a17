"""What operators ask and decide: `muster referral …` (R-13, R-14, R-25, AMB-R9)."""

import json

import pytest

from reconciler.app import SystemClock
from reconciler.kinds.referral.asked import AdvocateSaid
from reconciler.model.instant import to_text
from reconciler.model.reward import Fate
from tests.referral.bureau import ADVOCATE, FRIEND, Bureau

MANUAL = {**FRIEND, "approval": "manual"}


@pytest.fixture
def desk(bureau: Bureau) -> Bureau:
    """The command line knows no clock but the machine's."""
    bureau.clock = SystemClock()
    return bureau


def test_a_person_approves_and_denies(desk: Bureau) -> None:
    """R-25: what waits for review is listed, decided, and told with who decided."""
    desk.put("summer", "live", [MANUAL, {**ADVOCATE, "wait": "7d"}])
    code = desk.share("ada")
    desk.refer("fred", code)
    desk.refer("gina", code)
    waiting = json.loads(desk.world.cli("referral", "rewards", "--state", "review", "--format", "json").out)
    assert [one["beneficiary"] for one in waiting] == ["fred", "gina"]
    fred, gina = (one["id"] for one in waiting)
    assert desk.world.cli("referral", "approve", fred).code == 0
    assert desk.world.cli("referral", "deny", gina, "--reason", "returned").code == 0
    again = desk.world.cli("referral", "approve", gina)
    assert again.code == 4 and "denied by tester: returned" in again.err
    (early,) = [one.id for one in desk.rewards(Fate.PENDING) if one.friend == "gina"]
    assert desk.world.cli("referral", "deny", early, "--reason", "returned").code == 0, "within its waiting period too"
    assert desk.fates() == {"approved": 1, "denied": 2, "pending": 1}
    assert desk.world.cli("referral", "approve", "r-none").code == 64


def test_makegoods_are_paid_in_live_paused_and_ended_and_refused_in_stopped(desk: Bureau) -> None:
    """R-14, AMB-R9: each state, in the words of the law; repeated, it is the same reward."""

    def make(key: str) -> tuple[int, str]:
        said = ("--value", "12.50", "--currency", "USD", "--reason", "lost", "--key", key)
        found = desk.world.cli("referral", "makegood", "summer", "ada", *said)
        return found.code, found.out + found.err

    desk.put("summer", "not_launched")
    with desk.reception() as reception:
        reception.enrol(AdvocateSaid("ada"))
    assert make("early") == (
        4, "error: ReferralCampaign/summer@1 is not_launched: it is not launched; there is nothing to make good\n",
    )  # fmt: skip
    for state in ("live", "paused", "ended"):
        desk.put("summer", state)
        assert make(state)[0] == 0
        assert "made before" in make(state)[1]
    assert desk.fates() == {"approved": 3}
    desk.put("summer", "stopped")
    assert make("late") == (4, "error: ReferralCampaign/summer@1 is stopped: a stopped campaign makes nothing good\n")
    assert desk.fates() == {"void": 3}
    for odd in (("--value", "0"), ("--value", "1,5"), ("--value", "1e9"), ("--currency", "usd")):
        given = {"--value": "1", "--currency": "USD", "--reason": "x", odd[0]: odd[1]}
        assert (
            desk.world.cli("referral", "makegood", "summer", "ada", *(x for pair in given.items() for x in pair)).code
            == 64
        )
    unknown = desk.world.cli(
        "referral", "makegood", "summer", "who", "--value", "1", "--currency", "USD", "--reason", "x"
    )
    assert unknown.code == 64 and "knows no advocate" in unknown.err


def test_an_export_is_the_same_file_twice(desk: Bureau) -> None:
    """R-10, R-13: what is payable, once; in the file nothing is a formula."""
    desk.put("summer", "live", [FRIEND])
    code = desk.share("ada")
    desk.open("=cmd()", code)
    desk.event("=cmd()")
    first = desk.world.cli("referral", "export", "--batch", "june")
    assert first.code == 0 and "'=cmd()" in first.out and "fulfilled" in first.out
    assert desk.world.cli("referral", "export", "--batch", "june").out == first.out
    assert len(desk.world.cli("referral", "export", "--batch", "july").out.splitlines()) == 1, "the head alone"
    assert desk.world.cli("referral", "export", "--batch", "../x").code == 64


def test_a_reward_and_an_event_are_explained_rule_by_rule(desk: Bureau) -> None:
    """R-25: each rule's verdict, also of an event that earned nothing."""
    desk.put(
        "summer",
        "live",
        [FRIEND, {**ADVOCATE, "on": "first_deposit"}, {**ADVOCATE, "limit": {"count": 1, "per": "year"}}],
    )
    code = desk.share("ada", household="here")
    desk.refer("fred", code)
    desk.refer("gina", code)
    desk.event("who")
    (gained,) = [one for one in desk.rewards() if one.friend == "gina" and one.role == "friend"]
    said = desk.world.cli("referral", "explain", gained.id).out
    assert f"{gained.id}: 50.00 USD to friend gina, pending" in said
    assert ", payable from 20" in said and "." not in said.partition("payable from ")[2].splitlines()[0], (
        "to the minute"
    )
    assert "+ friend:account_created:0  earned" in said
    assert "- advocate:first_deposit:0  another step: it rewards first_deposit" in said
    assert "ReferralCampaign/summer@1 is live: it pays" in said
    told = json.loads(desk.world.cli("referral", "explain", "gina-account_created", "--format", "json").out)
    assert {(one["role"], one["state"], one["reason"]) for one in told["rewards"]} == {
        ("friend", "pending", ""), ("advocate", "denied", "the limit of 1 is reached"),
    }  # fmt: skip
    assert "this friend came by no link" in desk.world.cli("referral", "explain", "who-account_created").out
    assert desk.world.cli("referral", "explain", "nothing").code == 64


def test_files_are_taken_in_and_faults_told_by_line(desk: Bureau) -> None:
    """R-25: advocates, links and events, twice: the second time changes nothing."""
    desk.put("summer", "live")
    root = desk.world.root
    (root / "people.csv").write_text(
        "id,email,household\nada,ada@r.example,1 Main\nbob,no address,\n,x@r.example,\ncid,,\n"
    )
    (root / "links.csv").write_text("advocate\nada\ncid\n")
    file = str(root / "people.csv")
    for _ in range(2):
        found = desk.world.cli("referral", "import", file, "--rows", "advocates")
        assert found.code == 1 and f"{file}:3: `email` is no address" in found.err and f"{file}:4: " in found.err
        assert "2 advocates taken in, 2 not" in found.err
    (root / "nobody.csv").write_text("name\nada\n")
    headless = desk.world.cli("referral", "import", str(root / "nobody.csv"), "--rows", "advocates")
    assert headless.code == 3 and "there is no column 'id'" in headless.err and "manifest" not in headless.err
    assert desk.world.cli("referral", "import", str(root / "none.csv"), "--rows", "advocates").code == 3
    (root / "one.csv").write_text("id\nada\n")
    one = desk.world.cli("referral", "import", str(root / "one.csv"), "--rows", "advocates")
    assert (one.code, one.err.strip()) == (0, "1 advocate taken in")
    links = desk.world.cli("referral", "import", str(root / "links.csv"), "--rows", "links").out.splitlines()
    assert links[0] == "advocate,code" and len(links) == 3
    assert desk.world.cli("referral", "import", str(root / "links.csv"), "--rows", "links").out.splitlines() == links
    code = links[1].split(",")[1]
    events = [{"id": f"e{n}", "friend": f"f{n}", "event": "account_created", "code": code} for n in range(5)]
    (root / "events.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in [*events, {**events[0], "friend": "x"}])
    )
    for _ in range(2):
        found = desk.world.cli("referral", "import", str(root / "events.jsonl"), "--rows", "events")
        assert "5 events taken in, 1 not" in found.err and "events.jsonl:6: another event" in found.err
    assert desk.fates() == {"pending": 10}
    listed = desk.world.cli("referral", "participants", "--format", "csv").out.splitlines()
    assert [one.split(",")[0] for one in listed] == ["id", "ada", "cid"] and code in listed[1]
    assert "@" not in desk.world.cli("referral", "participants", "--format", "json").out
    shown = json.loads(desk.world.cli("referral", "show", "--format", "json").out)
    assert shown["campaigns"][0]["owed"] == {"USD": "375.00"} and shown["rewards"] == {"pending": 10}
    assert "owes 375.00 USD in 10 rewards" in desk.world.cli("referral", "show").out
    head, first, *_ = desk.world.cli("referral", "participants").out.splitlines()
    assert head.split() == ["ID", "SINCE", "CODES"] and first.index(code) == head.index("CODES")
    head, *rows = desk.world.cli("referral", "rewards").out.splitlines()
    assert head.split() == ["REWARD", "EARNED", "STATE", "VALUE", "FOR", "CAMPAIGN", "PAYABLE", "WHY"]
    assert {row.index("summer@1") for row in rows} == {head.index("CAMPAIGN")} and len(rows) == 10
    assert desk.world.cli("referral", "rewards", "--state", "void").out == "there are none\n"
    assert desk.world.cli("referral", "participants", "--role", "friend").out.startswith("ID")


def test_accesses_are_taken_in_as_of_when_they_were(desk: Bureau) -> None:
    """R-06, R-25: who opened the offer before the pause keeps it, though that is heard of later; twice changes nothing."""
    desk.put("summer", "live")
    code = desk.share("ada")
    early = to_text(desk.clock.now())
    desk.put("summer", "paused")
    file = desk.world.root / "opened.csv"
    file.write_text(f"friend,code,at\nfred,{code},{early}\ngina,{code},\nhal,nothing,{early}\n,{code},\n")
    for _ in range(2):
        found = desk.world.cli("referral", "import", str(file), "--rows", "accesses")
        assert found.code == 1 and "2 accesses taken in, 2 not" in found.err
        assert f"{file}:4: no link of this program has this code" in found.err
    assert {one.beneficiary for one in desk.event("fred")} == {"fred", "ada"}
    assert not desk.event("gina")


def test_a_program_has_to_be_named_where_there_are_several(desk: Bureau) -> None:
    desk.manifest("ReferralProgram", "others", {"timezone": "UTC"})
    desk.put("summer", "live")
    found = desk.world.cli("referral", "show")
    assert found.code == 64 and "friends, others" in found.err
    assert desk.world.cli("referral", "show", "--program", "others").code == 0
    assert desk.world.cli("referral", "show", "--program", "none").code == 64
