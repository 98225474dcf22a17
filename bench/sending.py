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
state: %s
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


def project(root: Path, count: int, port: int, state: str = "running") -> App:
    """A campaign of so many recipients, applied: launched, unless another state is asked for."""
    folder = root / "campaigns.d"
    folder.mkdir(parents=True)
    (folder / "bench.yaml").write_text(_MANIFEST % (state, port))
    (folder / "bench.html").write_text(
        "<p>Dear {{ name }},</p>" + "<p>The quick brown fox jumps over the lazy dog.</p>\n" * 100
    )
    with (folder / "bench.csv").open("w") as file:
        file.write("email,name\n")
        file.writelines(f"r{one}@home.example,Reader {one}\n" for one in range(count))
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


def campaign(app: App) -> float:
    """Seconds from the first look at the ledger until nothing is left."""
    hall = Hall(app.store, app.workers, SystemClock(), _say)
    began = time.perf_counter()
    Crew(hall, Inline(), threads=1).run(until_idle=True)
    return time.perf_counter() - began


def _say(message: str, /, **data: object) -> None:
    print(message, data, file=sys.stderr)


def measure_sending(count: int = 5000) -> tuple[float, float]:
    """Seconds of a campaign and of a bare loop, medians."""
    found: dict[str, list[float]] = {"bare": [], "campaign": []}
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as scratch, smtp_sink(Path(scratch)) as sink:
        for number in range(ROUNDS):
            app = project(Path(scratch) / f"p{number}", count, sink.port)
            found["bare"].append(count / ours(sink.port, prebuilt(app)))
            found["campaign"].append(campaign(app))
    return statistics.median(found["campaign"]), statistics.median(found["bare"])


def main(count: int = 5000) -> None:
    """Print the medians and their ratio."""
    whole, bare = measure_sending(count)
    print(
        f"{count:,} mails in {whole:.2f} s, by a bare loop in {bare:.2f} s: {bare / whole:.2f} of its pace (promised 0.7)"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
