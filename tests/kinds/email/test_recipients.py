"""Who receives a campaign, who does not, and why: lists of files, segments, exclusions and suppressions."""

import json
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.feed.address import NotAnAddress
from reconciler.feed.row import Fault, Row, Trouble
from reconciler.feed.rows import rows
from reconciler.feed.source import CsvFile, source_of
from reconciler.kinds.email.audience import Audience, Found, audience_of
from reconciler.kinds.email.estimate import estimate
from reconciler.kinds.email.explain import Explanation, explain
from reconciler.kinds.email.recipients import Resolution, resolve
from reconciler.kinds.email.staging import Candidate
from tests.staged import Gathered

ROOT = Path(__file__).parents[3]
NOW = datetime(2027, 3, 31, 12, tzinfo=UTC)


@dataclass
class Catalog:
    """Supporting manifests by kind and name, and their files."""

    folder: Path
    specs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def recipients(self, name: str, text: str | bytes, **more: Any) -> None:
        self._file("RecipientList", name, text, more)

    def suppressions(self, name: str, text: str | bytes | None, **more: Any) -> None:
        if text is None:
            self.specs["SuppressionList", name] = more
        else:
            self._file("SuppressionList", name, text, more)

    def segment(self, name: str, of: str, where: str) -> None:
        self.specs["Segment", name] = {"list": of, "where": where}

    def inline(self, name: str, *rows_: Mapping[str, Any]) -> None:
        self.specs["RecipientList", name] = {"source": {"inline": list(rows_)}}

    def _file(self, kind: str, name: str, text: str | bytes, more: dict[str, Any]) -> None:
        (self.folder / f"{name}.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        self.specs[kind, name] = {"source": {"csv": f"{name}.csv"}, **more}

    def audience(
        self, include: list[str], exclude: list[str] | None = None, suppress: tuple[str, ...] = ()
    ) -> Audience:
        """`name` is a list, `@name` a segment."""
        targets = {"include": _targets(include), "exclude": _targets(exclude or [])}
        return audience_of({"targets": targets, "suppressions": list(suppress)}, self.find)

    def find(self, kind: str, name: str) -> Found:
        return Found(self.specs[kind, name], lambda written: source_of(written, str(self.folder), str))


def _targets(names: list[str]) -> list[dict[str, str]]:
    return [{"segment": name[1:]} if name.startswith("@") else {"list": name} for name in names]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path)
    made.recipients(
        "nl", "email,city,last\na@x.example,Oslo,2027-03-01\nB@x.example,Rome,2026-01-01\nc@x.example,Oslo,\n"
    )
    made.specs["RecipientList", "nl"]["types"] = {"last": "date"}
    made.recipients("us", "e_mail,city\nb@X.example,Reno\nd@x.example,Oslo\n", email="e_mail")
    made.segment("oslo", "nl", 'contact.city == "Oslo"')
    made.segment("recent", "nl", 'contact.last >= now - duration("2160h")')
    made.segment("reno", "us", 'contact.city == "Reno"')
    made.inline("staff", {"email": "D@x.example"})
    made.suppressions("stop", "address,reason\nA@X.EXAMPLE,complaint\n", email="address")
    made.suppressions("bounces", None, collects=["hard_bounce"])
    return made


def resolved(
    catalog: Catalog, *what: Any, standing: dict[str, tuple[str, str]] | None = None
) -> tuple[list[str], Resolution]:
    gathered = Gathered(standing or {})
    resolution = resolve(catalog.audience(*what), gathered, NOW)
    assert resolution.total == len(gathered.found)
    return gathered.mailboxes, resolution


# Who is in.


def test_equal_addresses_are_one_recipient_and_the_first_row_counts(catalog: Catalog) -> None:
    """E-43: duplicates collapse case-insensitively, over all lists; the order is that of the campaign and its lists."""
    gathered = Gathered()
    resolution = resolve(catalog.audience(["nl", "us"]), gathered, NOW)
    assert gathered.mailboxes == ["a@x.example", "B@x.example", "c@x.example", "d@x.example"]
    assert (resolution.total, resolution.duplicates) == (4, 1)
    assert [(one.ref, one.role, one.rows) for one in resolution.reached] == [
        ("RecipientList/nl", "include", 3),
        ("RecipientList/us", "include", 2),
    ]
    contact = gathered.found["b@x.example"].contact
    assert json.loads(contact) == {"email": "B@x.example", "city": "Rome", "last": "2026-01-01"}
    assert [one.rows for one in resolved(catalog, ["us", "us"])[1].reached] == [2]
    assert resolved(catalog, ["us", "nl"])[0] == ["b@x.example", "d@x.example", "a@x.example", "c@x.example"]


@pytest.mark.parametrize(
    ("what", "expected", "removed"),
    [
        ((["@oslo"], [], ()), ["a", "c"], {}),
        ((["@oslo", "@recent"], [], ()), ["a", "c"], {}),
        ((["nl"], ["@oslo"], ()), ["B"], {"excluded": 2}),
        ((["us"], ["staff"], ()), ["b"], {"excluded": 1}),
        ((["nl"], ["us"], ()), ["a", "c"], {"excluded": 1}),
        ((["nl"], ["@reno"], ()), ["a", "c"], {"excluded": 1}),
        ((["nl", "us"], [], ("stop",)), ["B", "c", "d"], {"suppressed": 1}),
        ((["nl", "us"], ["@oslo"], ("stop",)), ["B", "d"], {"excluded": 2}),
        ((["nl", "us"], [], ("stop", "bounces")), ["B", "d"], {"hard_bounce": 1, "suppressed": 1}),
        ((["nl", "nl"], [], ()), ["a", "B", "c"], {}),
        ((["staff"], ["staff"], ()), [], {"excluded": 1}),
    ],
)
def test_included_but_not_excluded_nor_suppressed(
    catalog: Catalog, what: Any, expected: list[str], removed: Any
) -> None:
    """E-43, AMB-E16: what a list collects counts for the campaigns that name it; nobody is counted out twice."""
    found, resolution = resolved(catalog, *what, standing={"c@x.example": ("bounces", "hard_bounce")})
    assert found == [f"{name}@x.example" for name in expected]
    assert resolution.removed == removed


ADDRESSES = st.sampled_from([f"{name}@x.example" for name in ("a", "A", "b", "B", "c", "d", "e")])
LISTS = st.lists(st.lists(ADDRESSES, max_size=12), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(LISTS, LISTS, st.lists(ADDRESSES, max_size=4))
def test_recipients_are_sets_taken_from_each_other(
    include: list[list[str]], exclude: list[list[str]], suppress: list[str]
) -> None:
    """E-43, against sets; every row is a recipient, a duplicate, or taken out."""
    catalog = Catalog(Path())
    for role, lists in (("i", include), ("e", exclude)):
        for place, addresses in enumerate(lists):
            catalog.inline(f"{role}{place}", *({"email": one} for one in addresses))
    catalog.specs["SuppressionList", "s"] = {"source": {"inline": [{"email": one} for one in suppress]}}
    named = [f"i{place}" for place in range(len(include))], [f"e{place}" for place in range(len(exclude))]
    found, resolution = resolved(catalog, *named, ("s",))
    rows_in = [one for addresses in include for one in addresses]
    out = {one.lower() for addresses in [*exclude, suppress] for one in addresses}
    first = {one.lower(): one for one in reversed(rows_in)}
    in_order = sorted(first, key=[one.lower() for one in rows_in].index)
    assert found == [first[one] for one in in_order if one not in out]
    assert resolution.total + resolution.duplicates + sum(resolution.removed.values()) == len(rows_in)


def test_many_batches_come_to_the_same(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.recipients("all", "email\n" + "".join(f"u{n % 3500}@x.example\n" for n in range(7001)))
    catalog.recipients("some", "email\n" + "".join(f"U{n}@x.example\n" for n in range(0, 3500, 7)))
    found, resolution = resolved(catalog, ["all"], ["some"])
    assert found == [f"u{n}@x.example" for n in range(3500) if n % 7]
    assert (resolution.duplicates, resolution.removed) == (3501, {"excluded": 500})


class Nowhere(Gathered):
    """Keeps nobody, so that what memory grows is the reading's."""

    def add(self, batch: Sequence[Candidate]) -> int:
        return len(batch)


@pytest.mark.parametrize("where", ["", 'contact.city == "Oslo"'])
def test_memory_does_not_grow_with_the_list(where: str, tmp_path: Path) -> None:
    """Rows are read, judged and handed on a batch at a time, the bad ones too."""
    peaks = []
    for count in (2_000, 6_000):
        catalog = Catalog(tmp_path)
        lines = (f"u{n}@x{n}.example,Oslo\n" if n % 10 else f"nobody {n},Rome\n" for n in range(count))
        catalog.recipients("many", "email,city\n" + "".join(lines))
        catalog.segment("part", "many", where)
        audience = catalog.audience(["@part" if where else "many"], ["many"])
        tracemalloc.start()
        resolve(audience, Nowhere(), NOW)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 500_000, peaks


# What is wrong.


def test_what_is_no_address_is_reported_by_line_and_the_rest_goes_on(catalog: Catalog) -> None:
    """E-43: invalid addresses are reported by list and line."""
    catalog.recipients("odd", "email,name\nx@,X\n,Y\ny@x.example\nz@x.example,Z\nn@b.test,N\n")
    found, resolution = resolved(catalog, ["odd"])
    assert found == ["z@x.example"]
    told = [(one.ref, one.fault.line, one.fault.code.value, one.fault.final) for one in resolution.faults]
    assert told == [
        ("RecipientList/odd", 2, "bad-address", False),
        ("RecipientList/odd", 3, "no-address", False),
        ("RecipientList/odd", 4, "width", False),
        ("RecipientList/odd", 6, "bad-address", False),
    ]
    assert resolution.faults[0].fault.detail.startswith("'x@' is no address: ")
    assert resolution.broken == ()


def test_the_first_hundred_are_told_and_all_are_counted(catalog: Catalog) -> None:
    catalog.recipients("odd", "email\n" + "nobody\n" * 250 + "z@x.example\n")
    found, resolution = resolved(catalog, ["odd"])
    assert found == ["z@x.example"]
    assert [one.fault.line for one in resolution.faults] == list(range(2, 102))
    assert resolution.counts == {("RecipientList/odd", "bad-address"): 250}


def test_a_condition_that_cannot_be_evaluated_keeps_the_contact_out(catalog: Catalog) -> None:
    """A missing value is a fault with its line. What is excluded by such a condition is out too: better not mailed."""
    found, resolution = resolved(catalog, ["@recent"])
    assert found == ["a@x.example"]
    (located,) = resolution.faults
    assert (located.fault.code, located.fault.line) == (Trouble.CONDITION, 4)
    assert "Segment/recent: column 'last' has no value" in located.fault.detail
    assert resolution.broken == ()
    assert resolved(catalog, ["nl"], ["@recent"])[0] == ["B@x.example"]


@pytest.mark.parametrize("role", ["include", "exclude", "suppress"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"name\nx\n", b'email\n"x@y.example\n', None])
def test_a_list_that_is_not_whole_breaks_the_launch(
    catalog: Catalog, role: str, content: bytes | None, tmp_path: Path
) -> None:
    """E-47: nothing is sent after a step that failed."""
    (catalog.suppressions if role == "suppress" else catalog.recipients)("bad", b"" if content is None else content)
    if content is None:
        (tmp_path / "bad.csv").unlink()
    include = ["nl", "bad"] if role == "include" else ["nl"]
    suppress = ("bad",) if role == "suppress" else ()
    _, resolution = resolved(catalog, include, ["bad"] if role == "exclude" else [], suppress)
    kind = "SuppressionList" if role == "suppress" else "RecipientList"
    assert [(one.ref, one.fault.final) for one in resolution.broken] == [(f"{kind}/bad", True)]


def test_a_row_that_cannot_be_read_breaks_only_lists_that_keep_people_out(catalog: Catalog) -> None:
    """Whoever stands in that row would be mailed."""
    text = "email,name\nz@x.example\ny@x.example,Y\nnobody,N\n"
    catalog.recipients("odd", text)
    catalog.suppressions("gone", text)
    assert resolved(catalog, ["odd"])[1].broken == ()
    assert [one.fault.code for one in resolved(catalog, ["nl"], ["odd"])[1].broken] == [Trouble.WIDTH]
    assert [one.fault.line for one in resolved(catalog, ["nl"], [], ("gone",))[1].broken] == [2]


def test_a_list_that_is_included_and_excluded_complains_once_but_breaks(catalog: Catalog) -> None:
    catalog.recipients("odd", "email,name\nz@x.example\nnobody,N\ny@x.example,Y\n")
    catalog.segment("y", "odd", 'contact.name == "Y"')
    _, resolution = resolved(catalog, ["odd"], ["@y"])
    assert resolution.counts == {("RecipientList/odd", "width"): 1, ("RecipientList/odd", "bad-address"): 1}
    assert [one.fault.code for one in resolution.broken] == [Trouble.WIDTH]


def test_a_condition_that_is_none_breaks_the_launch(catalog: Catalog) -> None:
    catalog.segment("bad", "nl", "contact.city = 1")
    assert [one.fault.code for one in resolved(catalog, ["@bad"])[1].broken] == [Trouble.CONDITION]


def test_a_contact_that_is_too_large_is_left_out_and_told(catalog: Catalog) -> None:
    catalog.recipients("big", f"email,note\nz@x.example,{'x' * 70_000}\ny@x.example,y\n")
    found, resolution = resolved(catalog, ["big"])
    assert found == ["y@x.example"]
    assert [one.fault.code for one in resolution.faults] == [Trouble.TOO_LONG]


# Estimate and explain.


def test_an_estimate_counts_sources_reasons_and_connections(catalog: Catalog) -> None:
    """E-05, AMB-E4."""
    connections = [{"name": "relay-a", "percent": 70}, {"name": "relay-b", "percent": 30}]
    audience = catalog.audience(["nl", "us"], ["staff"])
    found = estimate(audience, {"mode": "percentage", "connections": connections}, Gathered(), NOW)
    assert (found.resolution.total, found.resolution.removed) == (3, {"excluded": 1})
    assert found.connections == {"relay-a": 2, "relay-b": 1}
    assert estimate(audience, None, Gathered(), NOW).connections == {}
    nobody = estimate(catalog.audience(["staff"], ["staff"]), None, Gathered(), NOW)
    assert nobody.resolution.total == 0


def explained(catalog: Catalog, address: str, *what: Any) -> Explanation:
    standing = Gathered({"c@x.example": ("bounces", "hard_bounce")})
    return explain(catalog.audience(*what), address, standing, NOW)


def told(explanation: Explanation) -> list[tuple[str, str, bool, tuple[int, ...], str]]:
    return [(one.role, one.ref, one.counts, one.lines, one.unmet) for one in explanation.findings]


def test_an_address_is_explained_by_every_list_that_has_it_or_has_not(catalog: Catalog) -> None:
    what = (["nl", "us", "@recent"], ["@reno", "staff"], ("stop", "bounces"))
    found = explained(catalog, "b@X.EXAMPLE", *what)
    assert (found.key, found.is_reached) == ("b@x.example", False)
    assert found.decided_by is not None
    assert (found.decided_by.role, found.decided_by.ref) == ("exclude", "Segment/reno")
    assert told(found) == [
        ("include", "RecipientList/nl", True, (3,), ""),
        ("include", "RecipientList/us", True, (2,), ""),
        ("include", "Segment/recent", False, (3,), "condition false"),
        ("exclude", "Segment/reno", True, (2,), ""),
        ("exclude", "RecipientList/staff", False, (), ""),
        ("suppress", "SuppressionList/stop", False, (), ""),
    ]
    decided = {name: explained(catalog, f"{name}@x.example", *what) for name in "acdz"}
    assert {name: one.decided_by and one.decided_by.ref for name, one in decided.items()} == {
        "a": "SuppressionList/stop",
        "c": "hard_bounce",
        "d": "RecipientList/staff",
        "z": None,
    }
    assert not any(one.is_reached for one in decided.values())


def test_a_condition_that_nobody_can_answer_is_explained(catalog: Catalog) -> None:
    found = explained(catalog, "c@x.example", ["@recent"])
    assert not found.is_reached
    assert found.decided_by is None
    ((_, _, counts, lines, unmet),) = told(found)
    assert (counts, lines) == (False, (4,))
    assert unmet.startswith("column 'last' has no value")
    excluded = explained(catalog, "c@x.example", ["nl"], ["@recent"])
    assert (excluded.is_reached, excluded.decided_by and excluded.decided_by.ref) == (False, "Segment/recent")


def test_every_explanation_agrees_with_the_launch(catalog: Catalog) -> None:
    for what in (
        (["nl", "us"], [], ()),
        (["@oslo", "us"], ["@reno"], ("stop",)),
        (["@recent", "us"], ["staff"], ("bounces",)),
        (["nl"], ["@recent"], ("stop", "bounces")),
    ):
        found, _ = resolved(catalog, *what, standing={"c@x.example": ("bounces", "hard_bounce")})
        for name in "abcdz":
            address = f"{name}@x.example"
            is_in = address in [one.lower() for one in found]
            assert explained(catalog, address, *what).is_reached == is_in, (what, address)


def test_a_broken_list_is_explained_and_nobody_is_reached(catalog: Catalog) -> None:
    catalog.suppressions("gone", "email,name\nz@x.example\n")
    found = explained(catalog, "a@x.example", ["nl"], [], ("gone",))
    assert not found.is_reached
    assert [one.fault.code for one in found.broken] == [Trouble.WIDTH]


def test_what_is_no_address_is_not_explained(catalog: Catalog) -> None:
    with pytest.raises(NotAnAddress):
        explained(catalog, "nobody", ["nl"])


# The catalog of the README.


def test_every_data_file_of_the_example_is_read_without_a_fault() -> None:
    files = sorted((ROOT / "campaigns.d").rglob("*.csv"))
    assert len(files) > 5
    for path in files:
        found = list(rows(CsvFile(str(path))))
        assert found
        assert not [one for one in found if isinstance(one, Fault)], path


def test_the_segments_of_the_example_have_members_and_no_faults() -> None:
    folder = ROOT / "campaigns.d/growth"
    written = list(yaml.safe_load_all((folder / "audiences.yaml").read_text(encoding="utf-8")))
    catalog = Catalog(folder, {(one["kind"], one["metadata"]["name"]): one["spec"] for one in written})
    for kind, name in catalog.specs:
        gathered = Gathered()
        resolution = resolve(
            catalog.audience([f"@{name}" if kind == "Segment" else name]), gathered, datetime(2026, 11, 22, tzinfo=UTC)
        )
        assert resolution.total > 0, name
        assert (resolution.faults, resolution.broken) == ((), ()), name


def test_rows_are_what_the_sources_of_other_kinds_read_too() -> None:
    """Invoices and accounts have the same sources; their rows carry text, to be typed by whoever reads them."""
    path = ROOT / "campaigns.d/billing/data/energy-invoices.csv"
    row = next(iter(rows(CsvFile(str(path)), ("number", "amountDue"))))
    assert isinstance(row, Row)
    assert row.values["amountDue"] == "293.30"
