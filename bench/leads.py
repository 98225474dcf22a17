"""What leads cost beside a bare handler: the same server, the same client, the same file, in turn.

python -m bench.leads [LEADS]     default 3000

The bare handler is Starlette's, and writes each body as one row, committed as durably as ours. Ours knows the partner, reads
the fields, looks for duplicates, scores, takes the lead and gives it to its distribution; and a worker beside, a process of its
own, sells it to one of three buyers.
"""

import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from secrets import token_bytes

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.measure import MUSTER, ROOT
from reconciler.app import App, SystemClock, secrets_of_this_machine
from reconciler.controller.gather import Wishes
from reconciler.kinds.leads.intake import Intake
from reconciler.kinds.leads.market import Outlook
from reconciler.model.ref import Ref
from reconciler.model.work import Stage
from reconciler.web.allowance import Allowance
from reconciler.web.assembly import application
from reconciler.web.desks import Desks
from reconciler.web.leads import LeadDoors
from reconciler.web.listening import listen
from reconciler.web.metrics import ServerMetrics
from reconciler.web.partners import Partners
from reconciler.web.patience import Patience

ROUNDS = 5
CONNECTIONS = 16
WARM = 50
"""Leads before the clock starts."""
KEY = "the partner's key"
CAMPAIGN = Ref("LeadCampaign", "bench")
_MANIFEST = """\
apiVersion: muster/v1
kind: LeadCampaign
metadata: {name: bench}
state: published
spec:
  fields:
    - {name: email, type: email, required: true}
    - {name: phone, type: phone, country: NL, required: true}
    - {name: postcode, type: string, pattern: '^[1-9][0-9]{3} ?[A-Z]{2}$', required: true}
    - {name: plate, type: string}
  verticals: [car]
  workflows:
    - name: quotes
      verticals: [car]
      duplicate: {match: [email, phone], within: 30d}
      score: [{when: 'lead.plate != ""', add: 20}]
      distribution: {mode: directPost, shareCount: 1, select: [{rule: roundRobin}]}
---
apiVersion: muster/v1
kind: PartnerContract
metadata: {name: affiliate}
spec:
  {partner: affiliate, campaign: bench, vertical: car, commission: {perInbound: "4.00", currency: EUR}, apiKey: {env: BENCH_KEY}}
"""
_BUYER = """\
---
apiVersion: muster/v1
kind: AccountContract
metadata: {name: buyer-%d}
spec: {account: buyer-%d, campaign: bench, price: {amount: "18.50", currency: EUR}, deliveries: [{method: portal}]}
"""


def project(root: Path) -> App:
    """A published campaign with a partner and three buyers."""
    folder = root / "campaigns.d"
    folder.mkdir(parents=True)
    (folder / "bench.yaml").write_text(_MANIFEST + "".join(_BUYER % (number, number) for number in range(3)))
    app = App.open(root)
    for _ in range(2):  # contracts need a version that is in use
        reconciler = app.reconciler()
        outcome = reconciler.apply(reconciler.plan(Wishes())[0])
        reconciler.store.close()
        if outcome.failed:
            raise RuntimeError(str(outcome.failed))
    return app


def serve_ours(root: Path) -> None:
    """Answer partners, until the end of stdin. Without the limit of requests, which is not what is measured."""
    app, clock, outlook = App.open(root), SystemClock(), Outlook()
    partners = Partners(outlook, secrets_of_this_machine(), time.monotonic, _say, token_bytes(32))
    allowance = Allowance(time.monotonic, most=10**9)
    doors = LeadDoors(Intake(outlook, token_bytes), partners, clock, Patience(time.monotonic), allowance).doors()
    metrics = ServerMetrics(time.time)
    _until_told(application([doors], Desks(app.open_another_store), _say, metrics))


def serve_bare(root: Path) -> None:
    """Write each body as a row, until the end of stdin."""
    path, local = root / ".muster" / "state.db", threading.local()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")

    def insert(body: str) -> None:
        db = getattr(local, "db", None)
        if db is None:
            db = local.db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA synchronous = FULL")
        db.execute("INSERT INTO bare (body) VALUES (?)", (body,))

    async def take(request: Request) -> JSONResponse:
        body = await request.json()
        await run_in_threadpool(insert, json.dumps(body))
        return JSONResponse({"status": "taken"}, 202)

    _until_told(Starlette(routes=[Route("/v1/leads", take, methods=["POST"])]))


def _until_told(application: Starlette) -> None:
    running = listen(application, "127.0.0.1:0", "127.0.0.1")
    print(running.at, flush=True)
    sys.stdin.read()
    os._exit(0)


@contextmanager
def serving(root: Path, which: str) -> Iterator[int]:
    """The port of a server in a process of its own."""
    command = (sys.executable, "-m", "bench.leads", which, str(root))
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BENCH_KEY": KEY},
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.kill()
        process.wait()


@contextmanager
def working(root: Path) -> Iterator[None]:
    """A worker beside."""
    process = subprocess.Popen((*MUSTER, "-C", str(root), "worker"), cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def requests(count: int, first: int = 0) -> list[bytes]:
    """So many leads, each another person."""
    chance, made = Random(first), []
    for number in range(first, first + count):
        fields = {"email": f"p{number}@home.example", "phone": f"06 1{chance.randrange(10**7):07}",
                  "postcode": "1012 AB", "plate": "AB-123-C"}  # fmt: skip
        body = json.dumps({"fields": fields}).encode()
        head = (
            f"POST /v1/leads HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-API-Key: {KEY}\r\n"
            f"Idempotency-Key: k{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def posted(port: int, count: int, first: int = WARM) -> float:
    """Seconds to send them all, over connections that stay open. RuntimeError where one is not taken."""
    waiting = requests(count, first)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            writer.write(waiting.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.partition(b":")[2]))
            if not head.startswith(b"HTTP/1.1 202"):
                raise RuntimeError((head + body).decode())
        writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))

    began = time.perf_counter()
    asyncio.run(all_of_them())
    return time.perf_counter() - began


def sold(app: App, count: int) -> None:
    """Wait until all are sold."""
    with closing(app.open_another_store()) as store:
        uid = store.ledger.uid(CAMPAIGN)
        while True:
            view = store.ledger.view(uid, app.clock.now())
            if view is not None and view.stages.get(Stage.SENT, 0) >= count:
                return
            time.sleep(0.02)


def measure_leads(count: int = 3000) -> dict[str, float]:
    """Leads a second: of the bare handler, of intake, and of intake with distribution; medians."""
    found: dict[str, list[float]] = {"bare": [], "intake": [], "whole": []}
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as scratch:
        for number in range(ROUNDS):
            for name, which in (("bare", "bare"), ("intake", "ours"), ("whole", "ours")):
                app = project(Path(scratch) / f"{name}-{number}")
                root = app.project.root
                with serving(root, which) as port:
                    posted(port, WARM, 0)  # everything is loaded
                    found[name].append(count / (_whole(app, port, count) if name == "whole" else posted(port, count)))
    return {name: statistics.median(paces) for name, paces in found.items()}


def _whole(app: App, port: int, count: int) -> float:
    with working(app.project.root):
        sold(app, WARM)
        began = time.perf_counter()
        posted(port, count)
        sold(app, count + WARM)
        return time.perf_counter() - began


def _say(message: str, /, **data: object) -> None:
    print(message, data, file=sys.stderr)


def main(count: int = 3000) -> None:
    """Print the paces and their ratios."""
    found = measure_leads(count)
    bare = found["bare"]
    print(
        f"{count:,} leads: {found['intake']:.0f} a second taken, {found['whole']:.0f} taken and sold,"
        f" beside {bare:.0f} rows of a bare handler: {found['intake'] / bare:.2f} and {found['whole'] / bare:.2f}"
        " of its pace (promised 0.25)"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ours", root]:
            serve_ours(Path(root))
        case ["bare", root]:
            serve_bare(Path(root))
        case arguments:
            main(*map(int, arguments))
