"""`muster receivables load`, `import`, `invoices` and their like of collections, as people and programs call them."""

import csv
import io
import json

import pytest

from tests.intake.sources import Sources

AWAITING = "awaiting_payment"


@pytest.fixture
def ledger(sources: Sources) -> Sources:
    sources.rows(f"a,{AWAITING},10\nb,paid,0\n")
    sources.ledger(currency="EUR")
    return sources


def test_what_was_read_is_told(ledger: Sources) -> None:
    assert ledger.world.cli("receivables", "load") == (
        0, "InvoiceSource/ledger@1: 2 added, 0 changed, 0 the same, 0 no longer listed\n", "",
    )  # fmt: skip
    ledger.rows("b,paid,1\nc,,1\n")
    code, out, err = ledger.world.cli("receivables", "load", "ledger")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "InvoiceSource/ledger@1: 0 added, 1 changed, 0 the same, 1 no longer listed",
        "  1 row left out:",
        "  campaigns.d/data/invoices.csv:3: bad-value: column 'status' is empty or not there;"
        " correct it at its source; the row is left out until then",
    ]


def test_what_was_read_is_told_to_programs(ledger: Sources) -> None:
    ledger.rows("b,paid,1\nc,,1\n")
    code, out, _ = ledger.world.cli("receivables", "load", "--format", "json")
    (told,) = json.loads(out)["sources"]
    assert code == 1
    assert (told["source"], told["whole"], told["added"], told["leftOut"]) == ("InvoiceSource/ledger@1", True, 1, 1)
    assert told["faults"][0]["line"] == 3


def test_a_file_that_is_not_whole_exits_3_and_lists_nothing_as_gone(ledger: Sources) -> None:
    ledger.world.cli("receivables", "load")
    ledger.rows('"b,paid,1\n')
    code, out, _ = ledger.world.cli("receivables", "load")
    assert code == 3
    assert "it was not read to its end: nothing is listed as gone" in out
    (ledger.world.manifests / "data/invoices.csv").unlink()
    code, _, err = ledger.world.cli("receivables", "load")
    assert code == 3
    assert "data/invoices.csv" in err
    assert ledger.listed() == "a b"


def test_one_source_that_cannot_be_opened_keeps_no_other_from_being_read(ledger: Sources) -> None:
    ledger.put("InvoiceSource", "also", {"source": {"inline": [{"id": "z", "status": "paid", "amountDue": 1}]}})
    ledger.apply()
    (ledger.world.manifests / "data/invoices.csv").unlink()
    code, out, _ = ledger.world.cli("receivables", "load")
    assert (code, out) == (3, "InvoiceSource/also@1: 1 added, 0 changed, 0 the same, 0 no longer listed\n")


def test_a_load_that_opens_no_source_says_why_and_nothing_else(ledger: Sources) -> None:
    (ledger.world.manifests / "data/invoices.csv").unlink()
    code, out, err = ledger.world.cli("receivables", "load")
    assert (code, out) == (3, "")
    assert "does not exist" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("receivables", "load", "nobody"), "there is no InvoiceSource 'nobody' in use; there is ledger"),
        (("receivables", "import", "FILE", "--source", "nobody"), "there is no InvoiceSource 'nobody'"),
        (("receivables", "invoices", "--source", "nobody"), "there is no InvoiceSource 'nobody'"),
        (("collections", "load", "nobody"), "there is none; apply its manifest first"),
        (("collections", "import", "FILE"), "there is no AccountSource in use"),
    ],
)
def test_a_source_that_nobody_knows_is_a_mistake_of_the_call(
    ledger: Sources, arguments: tuple[str, ...], words: str
) -> None:
    file = str(ledger.world.write("../today.csv", "number,status,amountDue\n"))
    code, out, err = ledger.world.cli(*(file if one == "FILE" else one for one in arguments))
    assert (code, out) == (64, "")
    assert words in err


def test_a_project_without_sources_reads_nothing(sources: Sources) -> None:
    assert sources.world.cli("receivables", "load") == (
        0,
        "no source that is applied says where its rows come from\n",
        "",
    )


def test_an_import_takes_rows_and_misses_none(ledger: Sources) -> None:
    """As if they had been posted: a later reading of the source does not miss what only was imported."""
    ledger.load()
    file = str(ledger.world.write("../today.csv", "number,status,amountDue\nb,voided,0\nnew,paid,0\nnew,paid,1\n"))
    code, out, _ = ledger.world.cli("receivables", "import", file)
    assert code == 1
    assert out.startswith("InvoiceSource/ledger@1: 1 added, 1 changed, 0 the same\n  1 row left out:\n")
    assert f"{file}:4: twice:" in out or "today.csv:4: twice:" in out
    assert ledger.listed() == "a b new"
    assert ledger.invoices()["b"].row.status == "voided"
    ledger.load()
    assert ledger.listed() == "a b new"
    lines = str(ledger.world.write("../today.jsonl", '{"number": "b", "status": "paid", "amountDue": 3}\n'))
    assert ledger.world.cli("receivables", "import", lines, "--source", "ledger", "--format", "json").code == 0
    other = str(ledger.world.write("../today.txt", ""))
    assert ledger.world.cli("receivables", "import", other).code == 64


def test_an_import_says_which_source_where_there_are_several(ledger: Sources) -> None:
    ledger.put("InvoiceSource", "also", {"source": {"inline": []}})
    ledger.apply()
    file = str(ledger.world.write("../today.csv", "number,status,amountDue\nx,paid,0\n"))
    code, _, err = ledger.world.cli("receivables", "import", file)
    assert (code, "say --source NAME: there is also, ledger" in err) == (64, True)
    assert ledger.world.cli("receivables", "import", file, "--source", "ledger").code == 0


def test_accounts_are_loaded_and_imported_likewise(sources: Sources) -> None:
    """C-31."""
    sources.put("AccountSource", "portfolio", {"source": {"csv": "data/accounts.csv"}})
    sources.world.write("data/accounts.csv", "id,balance\nA,1\n")
    sources.apply()
    assert sources.world.cli("collections", "load").out.startswith("AccountSource/portfolio@1: 1 added")
    file = str(sources.world.write("../today.jsonl", '{"id": "B", "balance": 2.5}\n'))
    assert sources.world.cli("collections", "import", file).out == (
        "AccountSource/portfolio@1: 1 added, 0 changed, 0 the same\n"
    )


def test_invoices_are_listed(ledger: Sources) -> None:
    ledger.rows(f"a,{AWAITING},10,2027-01-02,\nb,paid,0,,yes\n", "number,status,amountDue,dueDate,onHold\n")
    ledger.load()
    code, out, _ = ledger.world.cli("receivables", "invoices")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["NUMBER", "STATUS", "AMOUNT", "DUE", "DUE", "SOURCE"],
        ["a", AWAITING, "10.00", "EUR", "2027-01-02", "ledger"],
        ["b", "paid", "0.00", "EUR", "ledger", "on", "hold"],
    ]
    assert ledger.world.cli("receivables", "invoices", "--status", "voided").out == "no such invoice\n"
    only = ledger.world.cli("receivables", "invoices", "--held", "--source", "ledger", "--format", "json")
    assert [one["number"] for one in json.loads(only.out)] == ["b"]
    assert json.loads(ledger.world.cli("receivables", "invoices", "--unlisted", "--format", "json").out) == []


def test_what_stands_in_a_cell_is_no_formula_and_moves_no_cursor(ledger: Sources) -> None:
    """Numbers come from outside: what a spreadsheet or a terminal would obey is only shown."""
    ledger.world.write("data/invoices.csv", 'number,status,amountDue\n"=HYPERLINK(""x"")",paid,-5\n@a,paid,0\n')
    ledger.load()
    out = ledger.world.cli("receivables", "invoices", "--format", "csv").out
    found = list(csv.DictReader(io.StringIO(out)))
    assert [one["number"] for one in found] == ['\'=HYPERLINK("x")', "'@a"]
    assert [one["amount_due"] for one in found] == ["-5.00", "0.00"]
    ledger.rows("c\x1b[2J,paid,0\n")
    out = ledger.world.cli("receivables", "load").out
    assert "\x1b" not in out
    ledger.rows("c,\x1b[2J,0\n")
    assert "\x1b" not in ledger.world.cli("receivables", "load").out
