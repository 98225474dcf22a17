"""What a page of the list costs where the store has 100,000 campaigns: a whole request, beside a plain SELECT of 50 rows.
And what pages of one of 100,000 campaigns cost that stand in files too, beside the first page of the list.

python -m bench.dashboard [CAMPAIGNS] [STORE]     default 100000, and a file of its own

The page is asked for through HTTP, as a browser does, of the dashboard as `muster serve` opens it: counts of kinds, states and
teams, fifty rows with what each says, and the drawing of them. The SELECT gives the first fifty rows of the same table, with
their documents, to a client that does nothing with them.
"""

import http.client
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.generate import KINDS, generate
from bench.measure import in_turn
from reconciler.app import App
from reconciler.commands.showing_dashboard import opened
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.condition import Aspect, Condition, Status, Truth
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref
from reconciler.source.strict_yaml import read_documents
from reconciler.store.desk import Desk
from reconciler.web.metrics import ServerMetrics

ROUNDS: Final = 11
_FEW: Final = 5
"""Rounds of pages that may take seconds."""
BATCH: Final = 2_000
STALLED: Final = 1_000
"""Campaigns that a daemon has found to need attention."""
NOW: Final = datetime(2027, 4, 5, 15, 0, tzinfo=UTC)
_STATES: Final = {
    "EmailCampaign": ("draft", "scheduled", "completed", "cancelled"),
    "LeadCampaign": ("draft", "test", "published", "sundowned"),
    "ReferralCampaign": ("not_launched", "live", "paused", "stopped"),
    "ReceivablesCampaign": ("draft", "active", "stopped", "deleted"),
    "CollectionCampaign": ("draft", "active", "paused", "completed"),
}
_PAGES: Final = {
    "the first page": "/campaigns",
    "filtered by kind, state and team": "/campaigns?kind=EmailCampaign&state=completed&team=team-7",
    "a search that finds 111": "/campaigns?q=number+999",
    "a search that finds nothing": "/campaigns?q=nothing+like+this",
    "the last page": "/campaigns?last=yes",
    "by last change": "/campaigns?order=change",
    "what needs attention, by 1,000 conditions": "/campaigns?attention=yes",
}
_ONE: Final = {
    "its first page": "/resources/EmailCampaign/mail-0@1",
    "its timeline": "/resources/EmailCampaign/mail-0@1/timeline",
    "what its manifest changes": "/resources/EmailCampaign/mail-0@1/diff",
    "to hold it": "/resources/EmailCampaign/mail-0@1/do/hold",
    "to archive it, as a change": "/resources/EmailCampaign/mail-0@1/do/flag/archived",
    "to duplicate it, as a change": "/resources/EmailCampaign/mail-0@1/do/duplicate",
    "to activate one of collections": "/resources/CollectionCampaign/accounts-4@1/do/take/activate",
    "the plan, kept": "/plan",
    "the calendar, kept": "/calendar",
}
"""Pages of one campaign of many, and those of all that is planned."""
_SELECT: Final = "SELECT ref, state, document FROM resource ORDER BY ref LIMIT 50"


def measure_pages(count: int, url: str) -> dict[str, float]:
    """Seconds, medians: of each page, and of the SELECT."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as open_now:
        root = Path(directory)
        (root / "campaigns.d").mkdir()
        (root / "campaigns.d" / "one.yaml").write_text(KINDS[1].format(n=0, r=0))
        app = App.open(root, store=url)
        open_now.callback(app.close)
        with closing(app.open_another_store()) as store:
            _fill(store, count)
            desk: Desk = store.ledger._desk  # type: ignore[attr-defined]
            client = _client(app, open_now)
            seconds = [lambda path=path: _timed(client, path) for path in _PAGES.values()]
            found = in_turn(ROUNDS, lambda: _selected(desk), *seconds)
    return dict(zip(("select", *_PAGES), found, strict=True))


def measure_one(count: int, url: str) -> dict[str, float]:
    """Seconds, medians: of pages of one campaign among so many that stand in files and in the store."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as open_now:
        root = Path(directory)
        generate(root, count)
        app = App.open(root, store=url)
        open_now.callback(app.close)
        with closing(app.open_another_store()) as store:
            _fill_from_files(app, store)
        client = _client(app, open_now, "/plan", b"As their manifests ask")
        paths = ("/campaigns", *_ONE.values())
        for path in paths:
            _timed(client, path)  # what is worked out once, for all who look
        found = in_turn(_FEW, *(partial(_timed, client, path) for path in paths))
    return dict(zip(("list", *_ONE), found, strict=True))


def _fill_from_files(app: App, store: Store) -> None:
    """Every manifest as an apply would leave it."""
    library = app.library(app.kinds())
    refs = list(library.catalog.manifests)
    for begin in range(0, len(refs), BATCH):
        documents = library.documents(refs[begin : begin + BATCH])
        store.commit([_stored(library.catalog.manifests[ref], document) for ref, document in documents.items()])


def _stored(one: Manifest, document: Document) -> Write:
    body = {
        "ref": str(one.ref), "op": "create", "to": one.state, "at": NOW.isoformat(), "document": document,
        "digest": one.digest,
    }  # fmt: skip
    states = (one.state,)
    return Write(one.ref, 0, one.state, states, (), NOW, body, one.digest, document, entered=True, file=one.file)


def _fill(store: Store, count: int) -> None:
    """Campaigns as an apply would write them."""
    documents: list[Mapping[str, Any]] = [read_documents(text.format(n=0, r=0).encode())[0].value for text in KINDS]
    for begin in range(0, count, BATCH):
        store.commit([_write(documents[n % 5], n) for n in range(begin, min(begin + BATCH, count))])
    told = (Condition(Aspect.STALLED, Truth.TRUE, "GuardFalse", "nobody has a list for it yet"),)
    refs = (Ref(documents[n % 5]["kind"], f"campaign-{n}") for n in range(0, count, max(count // STALLED, 1)))
    store.bulletin.put_statuses([Status(ref, told, 1) for ref in refs])


def _write(manifest: Mapping[str, Any], number: int) -> Write:
    kind, spec = manifest["kind"], dict(manifest["spec"])
    spec["title"] = f"{spec.get('title', 'Quotes')}, number {number}, region {number % 97}"
    document = {"metadata": {"labels": {"team": f"team-{number % 20}"}}, "spec": spec}
    ref, state = Ref(kind, f"campaign-{number}"), _STATES[kind][number // 5 % 4]
    flags = ("archived",) if state in ("completed", "cancelled") and number % 7 == 0 else ()
    at, digest = NOW + timedelta(seconds=number * 7919 % 86400), canonical.digest(document)
    body = {"ref": str(ref), "op": "create", "to": state, "at": at.isoformat(), "document": document, "digest": digest}
    return Write(ref, 0, state, (state,), flags, at, body, digest, document, entered=True)


class _Client:
    """A browser that keeps its connection and its cookie."""

    def __init__(self, entrance: str) -> None:
        parts = urlsplit(entrance)
        self.connection = http.client.HTTPConnection(parts.netloc)
        came, _ = self.ask(f"{parts.path}?{parts.query}", {})
        self.headers = {"Cookie": str(came.getheader("set-cookie")).partition(";")[0]}

    def ask(self, path: str, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", path, headers=dict(headers))
        came = self.connection.getresponse()
        return came, came.read()

    def close(self) -> None:
        self.connection.close()


def _client(app: App, open_now: ExitStack, path: str = "/campaigns", ready: bytes = b"in the files") -> _Client:
    """Somebody who is in, once this page says that everything is known."""

    def say(message: str, /, **data: object) -> None:
        print(message, data, file=sys.stderr)

    shown = opened(app, "127.0.0.1:0", "127.0.0.1", say, ServerMetrics(time.time), open_now)
    client = _Client(shown.address)
    open_now.callback(client.close)
    while ready not in client.ask(path, client.headers)[1]:
        time.sleep(0.5)  # desks open their stores, and what is to come is worked out once
    return client


def _timed(client: _Client, path: str) -> float:
    started = time.perf_counter()
    came, _ = client.ask(path, client.headers)
    if came.status != 200:
        raise RuntimeError(f"{path}: {came.status}")
    return time.perf_counter() - started


def _selected(desk: Desk) -> float:
    started = time.perf_counter()
    desk.reading(lambda sql: sql.rows(_SELECT))
    return time.perf_counter() - started


def page_rows(count: int, found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The table of what pages cost, by the name of the store."""
    yield f"| a page of the list of {count:,} campaigns | store | milliseconds | a plain SELECT of 50 rows | ratio | promised |"
    yield "|---|---|---|---|---|---|"
    for name, times in found.items():
        base = times["select"]
        for what in _PAGES:
            shown = f"{times[what] * 1000:.0f} | {base * 1000:.2f} | {times[what] / base:.0f}"
            yield f"| {what} | {name} | {shown} | under 100 ms |"
    yield ""


def one_rows(count: int, found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The table of what pages of one campaign cost, by the name of the store."""
    yield f"| a page of one of {count:,} campaigns, in files and in the store | store | milliseconds | the list | ratio |"
    yield "|---|---|---|---|---|"
    for name, times in found.items():
        base = times["list"]
        for what in _ONE:
            yield f"| {what} | {name} | {times[what] * 1000:.0f} | {base * 1000:.0f} | {times[what] / base:.0f} |"
    yield ""


def measured(count: int = 100_000, urls: Mapping[str, str] | None = None) -> list[str]:
    """The table, of a file where no stores are named."""
    with tempfile.TemporaryDirectory() as directory:
        stores = urls or {"SQLite": f"sqlite:{directory}/state.db"}
        found = list(page_rows(count, {name: measure_pages(count, url) for name, url in stores.items()}))
        one = {"SQLite": measure_one(count, f"sqlite:{directory}/one.db")}
        return found + list(one_rows(count, one))


if __name__ == "__main__":
    given = {"PostgreSQL" if "postgres" in url else "SQLite": url for url in sys.argv[2:]}
    print("\n".join(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, given or None)))
