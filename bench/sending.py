"""What a campaign costs beside a bare loop: the same mails, through the same client, to postfix's smtp-sink, in turn.

python -m bench.sending [RECIPIENTS]     default 5000

The bare loop sends mails that were made before. The campaign renders each, writes down what becomes of it, and looks between
any two whether it may go on: one lane, one connection, an SQLite store on disk.
"""

import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.mailing import ours
from reconciler.app import App, SystemClock
from reconciler.controller.gather import Wishes
from reconciler.engine.crew import Crew
from reconciler.engine.inline import Inline
from reconciler.engine.shift import Hall
from reconciler.kinds.email.mailing import unpacked
from reconciler.mail.compose import open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.letter import Recipient
from reconciler.model.ref import Ref
from tests.smtp_sink import smtp_sink

ROUNDS = 5
CAMPAIGN = Ref("EmailCampaign", "bench")
_MANIFEST = """\
apiVersion: muster/v1
kind: EmailCampaign
metadata: {name: bench}
state: running
spec:
  subject: "Hello {{ name }}"
  from: {email: news@shop.example}
  content: {template: bench}
  targets: {include: [{list: bench}]}
  smtp: {connections: [{name: bench}]}
---
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: bench}
spec: {host: 127.0.0.1, port: %d, tls: none, maxConnections: 1}
---
apiVersion: muster/v1
kind: Template
metadata: {name: bench}
spec: {html: {file: bench.html}}
---
apiVersion: muster/v1
kind: RecipientList
metadata: {name: bench}
spec: {source: {csv: bench.csv}}
"""


def project(root: Path, count: int, port: int) -> App:
    """A campaign of so many recipients, launched."""
    folder = root / "campaigns.d"
    folder.mkdir(parents=True)
    (folder / "bench.yaml").write_text(_MANIFEST % port)
    (folder / "bench.html").write_text(
        "<p>Dear {{ name }},</p>" + "<p>The quick brown fox jumps over the lazy dog.</p>\n" * 100
    )
    rows = "".join(f"r{one}@home.example,Reader {one}\n" for one in range(count))
    (folder / "bench.csv").write_text(f"email,name\n{rows}")
    app = App.open(root)
    reconciler = app.reconciler()
    plan, _ = reconciler.plan(Wishes())
    outcome = reconciler.apply(plan)
    if outcome.failed:
        raise RuntimeError(str(outcome.failed))
    reconciler.store.close()
    return app


def prebuilt(app: App) -> list[tuple[str, bytes]]:
    """The campaign's mails."""
    with closing(app.store()) as store:
        letter = unpacked(store.ledger.package(store.ledger.uid(CAMPAIGN))).letter
    composer, now = open_letter(letter), SystemClock().now()
    rows = (app.project.root / "campaigns.d" / "bench.csv").read_text().splitlines()[1:]
    made = []
    for address, name in (row.split(",") for row in rows):
        mail = composer.compose(Recipient(address, address, {"email": address, "name": name}), now)
        if isinstance(mail, Unfit):
            raise RuntimeError(str(mail))
        made.append((address, mail.unsigned()))
    return made


def campaign(app: App, count: int) -> float:
    """Mails a second, from the first look at the ledger until nothing is left."""
    hall = Hall(app.store, app.workers, SystemClock(), _say)
    began = time.perf_counter()
    Crew(hall, Inline(), threads=1).run(until_idle=True)
    return count / (time.perf_counter() - began)


def _say(message: str, /, **data: object) -> None:
    print(message, data, file=sys.stderr)


def main(count: int = 5000) -> None:
    """Print the medians and their ratio."""
    found: dict[str, list[float]] = {"bare": [], "campaign": []}
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as scratch, smtp_sink(Path(scratch)) as sink:
        for number in range(ROUNDS):
            app = project(Path(scratch) / f"p{number}", count, sink.port)
            found["bare"].append(ours(sink.port, prebuilt(app)))
            found["campaign"].append(campaign(app, count))
    bare, whole = (statistics.median(found[way]) for way in ("bare", "campaign"))
    print(f"a bare loop {bare:,.0f} mails/s; a campaign {whole:,.0f} mails/s: {whole / bare:.2f} of it (promised 0.7)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
