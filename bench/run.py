"""Measure what the project promises, as ratios in one run, and write bench/RESULTS.md.

python -m bench.run [SIZE…]     default 1000 10000 100000
"""

import math
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.answers import answer_rows, measure_answers
from bench.collections import collection_rows, measured
from bench.dashboard import measured as measured_pages
from bench.generate import generate, generate_scheduled
from bench.launching import measure_launch
from bench.leads import measure_leads
from bench.measure import MUSTER, ROOT, in_turn, peak_memory, run
from bench.sending import measure_sending
from bench.watching import measure_watch, percentile

PYTHON = sys.executable
SIZES = (1_000, 10_000, 100_000)
SCHEDULED = 10_000
SAVES = 100


@dataclass(slots=True)
class Tree:
    """A generated campaigns repository under git, and what was measured on it."""

    path: Path
    size: int
    rounds: int
    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: float = 0.0

    @property
    def state(self) -> Path:
        """Store and caches."""
        return self.path / ".muster"

    def muster(self, *arguments: str, at: Path | None = None) -> float:
        """Seconds of one muster process."""
        return run((*MUSTER, "-C", str(at or self.path), *arguments)).seconds


@dataclass(frozen=True, slots=True)
class Mailing:
    """What was measured of mailings: seconds of sending and of a bare loop; of a launch and a plain insert, and megabytes."""

    sending: tuple[float, float]
    launching: tuple[float, float, float]


def make_tree(scratch: Path, size: int) -> Tree:
    """A tree of `size` campaigns, committed."""
    path = scratch / f"tree-{size}"
    generate(path, size)
    for command in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=b", "-c", "user.email=b@b.example", "commit", "-qm", "all"),
    ):
        subprocess.run(("git", *command), cwd=path, check=True)
    (path / ".git" / "info" / "exclude").write_text(".muster/\n")
    return Tree(path, size, 5 if size < 100_000 else 3)


def measure(tree: Tree) -> None:
    """Everything that is promised of one tree."""
    git, path = ("git", "status", "--short"), tree.path

    def cold() -> float:
        shutil.rmtree(tree.state, ignore_errors=True)
        return tree.muster("plan")

    def events() -> float:
        return run((PYTHON, "-m", "bench.libyaml", str(path / "campaigns.d"))).seconds

    tree.seconds["libyaml"], tree.seconds["cold plan"] = in_turn(tree.rounds, events, cold)
    tree.seconds["executing"] = in_turn(
        tree.rounds, lambda: float(run((PYTHON, "-m", "bench.applying", str(path))).output)
    )[0]
    tree.seconds["apply"] = tree.muster("apply", "--yes")
    store = str(tree.state / "state.db")
    tree.seconds["executemany"] = in_turn(tree.rounds, lambda: float(run((PYTHON, "-m", "bench.rows", store)).output))[
        0
    ]
    tree.muster("plan")
    tree.muster("plan")
    run(git, path)
    tree.seconds["git status"], tree.seconds["idle plan"] = in_turn(
        tree.rounds * 2, lambda: run(git, path).seconds, lambda: tree.muster("plan")
    )
    tree.megabytes = peak_memory((*MUSTER, "-C", str(path), "plan"))
    measure_one_change(tree)
    measure_clone(tree)


def measure_one_change(tree: Tree) -> None:
    """A plan after one file of all has changed: the remembered answer does not help, the caches do."""
    changed = tree.path / "campaigns.d" / "00000" / "campaign-0.yaml"
    text = changed.read_text()

    def one_change() -> float:
        changed.write_text(changed.read_text() + "# looked at\n")
        return tree.muster("plan")

    tree.seconds["one file changed"] = in_turn(tree.rounds, one_change)[0]
    changed.write_text(text)
    tree.muster("plan")


def measure_clone(tree: Tree) -> None:
    """A plan in a fresh clone that was given store and content cache: every file is read and hashed, none parsed."""
    clone = tree.path.with_name(f"clone-{tree.size}")

    def fresh_plan() -> float:
        shutil.rmtree(clone, ignore_errors=True)
        subprocess.run(("git", "clone", "-q", str(tree.path), str(clone)), check=True)
        shutil.copytree(tree.state, clone / ".muster")
        return tree.muster("plan", at=clone)

    def status() -> float:
        return run(("git", "status", "--short"), clone).seconds

    tree.seconds["fresh clone"], tree.seconds["git status, clone"] = in_turn(tree.rounds, fresh_plan, status)


def measure_start(scratch: Path) -> dict[str, float]:
    """Milliseconds of `--help` and of a plan without changes over 30 manifests, with and without the remembered one."""
    small = scratch / "small"
    generate(small, 18)
    tree = Tree(small, 30, 15)
    tree.muster("apply", "--yes")
    tree.muster("plan")

    def judged_anew() -> float:
        (tree.state / "cache" / "memo").unlink(missing_ok=True)
        return tree.muster("plan")

    python, shown, remembered, anew = in_turn(
        tree.rounds,
        lambda: run((PYTHON, "-c", "pass")).seconds,
        lambda: run((*MUSTER, "--help")).seconds,
        lambda: tree.muster("plan"),
        judged_anew,
    )
    return {"python": python, "help": shown, "remembered": remembered, "anew": anew}


def measure_horizon(scratch: Path) -> tuple[float, float, int]:
    """Seconds of a cold plan over a year of 10,000 campaigns with two entries each, and without looking ahead."""
    path = scratch / "scheduled"
    generate_scheduled(path, SCHEDULED)
    tree = Tree(path, SCHEDULED, 5)

    def cold(horizon: str) -> float:
        shutil.rmtree(tree.state, ignore_errors=True)
        return tree.muster("plan", "--at", "2027-01-01T00:00Z", "--horizon", horizon)

    ahead, still = in_turn(tree.rounds, lambda: cold("365d"), lambda: cold("0d"))
    return ahead, still, SCHEDULED


def measure_saves(tree: Tree) -> tuple[float, float]:
    """The 99th percentiles of seconds from saving a file to the applied step, and of a rescan of the tree alone."""
    saves, scans = measure_watch(tree.path, tree.size, SAVES)
    return percentile(saves, 0.99), percentile(scans, 0.99)


def exponent(trees: list[Tree], name: str) -> float:
    """How time grows from the smallest to the largest tree: 1 is linear."""
    first, last = trees[0], trees[-1]
    return math.log(last.seconds[name] / first.seconds[name]) / math.log(last.size / first.size)


def report(
    trees: list[Tree],
    start: dict[str, float],
    horizon: tuple[float, float, int],
    watched: tuple[float, float],
    mailing: Mailing,
) -> Iterator[str]:
    """The lines of RESULTS.md."""
    yield "# What was measured\n"
    yield "Written by `make bench`. Medians of whole processes, run in turn with their baselines; compare ratios, not seconds."
    yield f"Python {platform.python_version()}, {platform.system()} {platform.machine()}.\n"
    yield "| manifests | measured | against | seconds | ratio | promised |"
    yield "|---|---|---|---|---|---|"
    for tree in trees:
        yield from _rows(tree)
    ahead, still, size = horizon
    what = "cold plan over a year, two entries each"
    yield f"| {size:,} | {what} | cold plan without horizon | {ahead:.3f} / {still:.3f} | {ahead / still:.2f} | 5 |"
    saved, scanned = watched
    what = "`watch`, from saving one file to the applied step, p99"
    yield f"| {trees[-1].size:,} | {what} | a rescan, p99 | {saved:.3f} / {scanned:.3f} | {saved / scanned:.2f} | 1.5 |"
    yield ""
    yield from mailing_rows(mailing)
    memory = ", ".join(f"{tree.megabytes:.0f} MB at {tree.size:,}" for tree in trees)
    yield f"Memory of a plan without changes: {memory} (promised: under 600 MB at 100,000).\n"
    if len(trees) > 1:
        grown = ", ".join(f"{name} {exponent(trees, name):.2f}" for name in ("idle plan", "cold plan", "executing"))
        yield f"Growth exponents from {trees[0].size:,} to {trees[-1].size:,}: {grown} (promised: at most 1.1).\n"
    yield (
        f"Start-up: `muster --help` {start['help'] * 1000:.0f} ms (promised: under 100), "
        f"a plan without changes over 30 manifests "
        f"{start['remembered'] * 1000:.0f} ms, judged anew {start['anew'] * 1000:.0f} ms (promised: under 200); "
        f"`python -c pass` takes {start['python'] * 1000:.0f} ms.\n"
    )


def mailing_rows(mailing: Mailing) -> Iterator[str]:
    """The table of what mailings cost."""
    (sent, bare), (launched, inserted, megabytes) = mailing.sending, mailing.launching
    yield "| a mailing | against | seconds | ratio | promised |"
    yield "|---|---|---|---|---|"
    what = "5,000 mails through one connection to smtp-sink"
    yield f"| {what}, pace | a bare loop of the same client | {sent:.3f} / {bare:.3f} | {bare / sent:.2f} | at least 0.7 |"
    what = "1,000,000 recipients resolved and enqueued, processor time"
    yield f"| {what} | a plain insert of the same rows | {launched:.1f} / {inserted:.1f} | {launched / inserted:.2f} | 5 |"
    yield f"\nMemory of that launch: {megabytes:.0f} MB (promised: under 300).\n"


def lead_rows(found: dict[str, float]) -> Iterator[str]:
    """The table of what leads cost."""
    bare = found["bare"]
    yield "| leads by HTTP | against | a second | ratio | promised |"
    yield "|---|---|---|---|---|"
    for what, name in (("taken in", "intake"), ("taken in, and sold by a worker beside", "whole")):
        against = "a bare Starlette handler that writes one row"
        yield f"| {what} | {against} | {found[name]:.0f} / {bare:.0f} | {found[name] / bare:.2f} | at least 0.25 |"
    yield ""


def _rows(tree: Tree) -> Iterator[str]:
    pairs = (
        ("plan without changes", "idle plan", "git status", "git status", "4"),
        ("plan, one file changed", "one file changed", "git status", "git status", ""),
        ("plan, fresh clone with warm cache", "fresh clone", "git status", "git status, clone", "6"),
        ("cold plan of new manifests", "cold plan", "libyaml's events", "libyaml", "1.5"),
        ("applying, from plan to last commit", "executing", "executemany of the same rows", "executemany", "4"),
        ("apply, whole process, warm cache", "apply", "executemany of the same rows", "executemany", ""),
    )
    for what, name, against, base, promised in pairs:
        seconds, baseline = tree.seconds[name], tree.seconds[base]
        yield (
            f"| {tree.size:,} | {what} | {against} | {seconds:.3f} / {baseline:.3f} "
            f"| {seconds / baseline:.2f} | {promised} |"
        )


def main(sizes: list[int]) -> None:
    """Measure and write."""
    trees = []
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        start, horizon = measure_start(scratch), measure_horizon(scratch)
        for size in sizes:
            print(f"measuring {size:,} manifests …", file=sys.stderr)
            trees.append(make_tree(scratch, size))
            measure(trees[-1])
            shutil.rmtree(trees[-1].path.with_name(f"clone-{size}"))
        watched = measure_saves(trees[-1])
    mailing = Mailing(measure_sending(), measure_launch())
    answers = answer_rows(measure_answers())
    leads, collections = lead_rows(measure_leads()), collection_rows(measured())
    text = "\n".join(
        [*report(trees, start, horizon, watched, mailing), *answers, *leads, *collections, *measured_pages()]
    )
    print(text)
    (ROOT / "bench" / "RESULTS.md").write_text(text)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(SIZES))
