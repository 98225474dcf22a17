"""Measure how well returned mail is told apart, on mails that others have collected, and write bench/BOUNCES.md.

python -m bench.bounces [FOLDER…]

Without folders the samples are fetched with pip (the source package flufl.bounce) and apt-get (Python's own test suite), into
a cache outside of the repository; a source that cannot be had is left out, and the table says so. A folder of one's own may
hold any mails: its name says what is right for them: `hard`, `soft`, `policy` …, and whatever else is `other`.

What is counted are recipients: of a mail that names three, three. Right for the samples of flufl.bounce is what its tests
expect: an address that is gone for good, or for a while. It calls every final failure permanent, a full mailbox too, which
for us is the mistake not to make; so GENTLER says, file by file and from reading it, where the mail itself says otherwise.
Mails of Python's test suite are negatives: none of them tells of an address that does not exist.
"""

import ast
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.measure import ROOT
from reconciler.mail.bounce import read_mail
from reconciler.mail.verdict import Fate

CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "muster" / "bounces"
_PASSES: Final = "soft"
_SENDER: Final = "policy"
_UNSAID: Final = "unknown"

GENTLER: Final[dict[str, str]] = {
    # The mailbox is full, or the mail too large.
    **dict.fromkeys((
        "dsn_01", "dsn_03", "dsn_04", "hotpop_01", "newmailru_01", "postfix_04", "qmail_02", "qmail_06", "qmail_07", "simple_01",
        "simple_07", "simple_09", "simple_14", "simple_38", "simple_45", "yahoo_02", "yahoo_04",
    ), _PASSES),
    # Not reached in time, a loop, a program that died.
    **dict.fromkeys((
        "dsn_02", "netscape_01", "postfix_02", "postfix_03", "sendmail_01", "simple_18", "simple_32", "simple_44", "smtp32_01",
        "smtp32_02", "yahoo_01",
    ), _PASSES),
    # The sender is not wanted, relaying is denied, a moderator has it.
    **dict.fromkeys(("aol_01", "dsn_09", "microsoft_03"), _SENDER),
    # It came back, and the mail says no why.
    **dict.fromkeys((
        "bounce_03", "caiwireless_01", "postfix_05", "qmail_01", "simple_02", "simple_10", "simple_16", "simple_17", "simple_20",
        "simple_24", "simple_31", "sina_01", "smtp32_03", "smtp32_05", "yahoo_12",
    ), _UNSAID),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One mail, and what is right of each of its recipients; `plainly` before GENTLER is applied."""

    source: str
    path: Path
    right: dict[str, str]
    plainly: dict[str, str]
    otherwise: str = "other"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was right of a recipient, and what we said."""

    source: str
    right: str
    plainly: str
    said: str


def flufl() -> Iterator[Case]:
    """The samples of flufl.bounce, with what its tests expect."""
    root = CACHE / "flufl"
    if not any(root.glob("*/tests/data/*.txt")):
        root.mkdir(parents=True, exist_ok=True)
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(root))
        subprocess.run((*pip, "flufl.bounce"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for archive in root.glob("*.tar.gz"):
            with tarfile.open(archive) as file:
                wanted = [one for one in file.getmembers() if "/tests/" in one.name]
                file.extractall(root, wanted, filter="data")
    expectations = _expectations(next(root.glob("*/tests/test_detectors.py")))
    for path in sorted(root.glob("*/tests/data/*.txt")):
        plainly = expectations.get(path.name, {})
        gentler = GENTLER.get(path.stem)
        right = {one: gentler or said if said == "hard" else said for one, said in plainly.items()}
        yield Case("flufl.bounce", path, right, plainly)


def _expectations(path: Path) -> dict[str, dict[str, str]]:
    """By sample: its addresses, and whether they failed for good; read from the table in the tests, which is not run."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "DETECTORS":
            for _, name, addresses, passing in ast.literal_eval(node.value):
                fate = "delayed" if passing else "hard"
                found.setdefault(name, {}).update({one.decode().casefold(): fate for one in addresses})
    return found


def python_suite() -> Iterator[Case]:
    """The mails of Python's own tests, from Debian's package."""
    root = CACHE / "python"
    if not any(root.rglob("msg_*.txt")):
        root.mkdir(parents=True, exist_ok=True)
        found = subprocess.run(
            ("apt-cache", "pkgnames", "libpython3"), check=True, capture_output=True, text=True
        ).stdout
        name = max(one for one in found.split() if one.endswith("-testsuite"))
        subprocess.run(("apt-get", "download", "-q", name), cwd=root, check=True, capture_output=True)
        for package in root.glob("*.deb"):
            subprocess.run(("dpkg", "-x", str(package), str(root / "files")), check=True)
    for path in sorted(root.rglob("msg_*.txt")):
        yield Case("Python's test suite", path, {}, {})


def folder(path: Path) -> Iterator[Case]:
    """Mails of one's own; the folder's name says what is right for all of them."""
    right = path.name if path.name in set(Fate) else "other"
    for one in sorted(path.rglob("*")):
        if one.is_file():
            yield Case(path.name, one, {}, {}, right)


def judge(case: Case) -> Iterator[Seen]:
    """What we say of each recipient of a mail, and of those whom only we see, or only others do."""
    verdict = read_mail(case.path.read_bytes())
    said = {one.address.casefold(): one.fate.value for one in verdict.findings} if verdict else {}
    if verdict and not said:
        said = {"": verdict.fate.value}  # it names nobody: its envelope tells whom it is about
    names = case.right.keys() | said.keys()
    if "" in said and len(case.right) == 1:
        names, said = set(case.right), dict.fromkeys(case.right, said[""])
    for name in sorted(names or {""}):
        right, plainly = case.right.get(name, case.otherwise), case.plainly.get(name, case.otherwise)
        yield Seen(case.source, right, plainly, said.get(name, "nothing"))


def share(part: int, whole: int) -> str:
    """A share with what it is made of."""
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "none"


def report(seen: list[Seen], missing: list[str]) -> Iterator[str]:
    """The lines of BOUNCES.md."""
    hard = [one for one in seen if one.said == "hard"]
    right = [one for one in seen if one.right == "hard"]
    both = sum(one.right == "hard" for one in hard)
    yield "# How returned mail is told apart\n"
    yield "Written by `python -m bench.bounces`, which says what is counted and what counts as right.\n"
    yield "| measured | value | promised |\n|---|---|---|"
    yield f"| precision of hard | {share(both, len(hard))} | 0.9 |"
    plainly = sum(one.plainly == "hard" for one in hard)
    yield f"| the same, by the expectations of flufl.bounce as they stand | {share(plainly, len(hard))} | |"
    yield f"| recall of hard | {share(both, len(right))} | |"
    gentle = [one for one in seen if one.right in ("soft", "policy") and one.plainly == "hard"]
    wrong = sum(one.said == "hard" for one in gentle)
    yield f"| full, passing or blocked, and said to be hard | {share(wrong, len(gentle))} | 0 |"
    delayed = [one for one in seen if one.right == "delayed"]
    yield f"| recall of delayed | {share(sum(one.said == 'delayed' for one in delayed), len(delayed))} | |\n"
    columns = sorted({one.said for one in seen})
    yield "Recipients, by what is right (rows) and what was said (columns):\n"
    yield f"| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}"
    for source in dict.fromkeys(one.source for one in seen):
        rows = sorted({one.right for one in seen if one.source == source})
        for row in rows:
            counts = Counter(one.said for one in seen if one.source == source and one.right == row)
            yield f"| {source}: {row} | {' | '.join(str(counts[name] or '') for name in columns)} |"
    yield ""
    if missing:
        yield f"Not at hand: {', '.join(missing)}.\n"


def main(folders: list[Path]) -> None:
    """Measure and write."""
    cases: list[Case] = []
    missing: list[str] = []
    for name, source in (("flufl.bounce", flufl), ("Python's test suite", python_suite)) if not folders else ():
        try:
            cases += source()
        except (OSError, subprocess.CalledProcessError, StopIteration, ValueError) as error:
            print(f"{name} is not at hand: {error}", file=sys.stderr)
            missing.append(name)
    for path in folders:
        cases += folder(path)
    text = "\n".join(report([seen for case in cases for seen in judge(case)], missing))
    print(text)
    if not folders:
        (ROOT / "bench" / "BOUNCES.md").write_text(text)


if __name__ == "__main__":
    main([Path(text) for text in sys.argv[1:]])
