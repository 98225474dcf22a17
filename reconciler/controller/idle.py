"""The plan that has nothing to do, remembered: it stands while tree, definitions and store stay as they were.

A plan is a function of manifests, snapshot, facts and time. Where no resource needed judging, facts and rules were not
asked; so equal files, an equal store and an earlier instant than the next schedule entry give the same answer. What is
saved is everything between the scan and the answer.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from reconciler.model import canonical
from reconciler.model.instant import from_text, to_text
from reconciler.model.plan import Plan
from reconciler.model.timeline import DEFAULT_HORIZON
from reconciler.source.cache import Cache, Memo
from reconciler.source.fingerprints import hashes
from reconciler.source.scan import Scan, Signature, encode_scan, signature_of

NOTHING: Final = canonical.digest([])
"""The digest of a plan without changes."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the answer hangs on besides the manifests: where they are, the store by name and mark, and the settings."""

    root: Path
    store: str
    mark: str
    settings: str

    @property
    def key(self) -> str:
        """What must be equal, as one text."""
        return f"{self.store}\0{self.mark}\0{self.settings}"


def recall(cache: Cache, scanned: Scan, circumstances: Circumstances, now: datetime) -> Plan | None:
    """The remembered plan, where it still stands; without the commit, which the caller knows."""
    memo = cache.memo()
    if memo is None or memo.key != circumstances.key or scanned.diagnostics:
        return None
    if now < from_text(memo.valid_from):
        return None
    if memo.valid_until and from_text(memo.valid_until) <= now:
        return None
    if not _same_files(cache, scanned, circumstances.root) or cache.generation != memo.generation:
        return None
    if not all(_is_same(circumstances.root / path, signature, sha) for path, signature, sha in memo.watched):
        return None
    serial = int(circumstances.mark.partition(":")[0] or 0)
    plan = Plan(now, serial, "", (), (), (), (), memo.unchanged, (), NOTHING)
    return replace(plan, timeline=memo.timeline, horizon=DEFAULT_HORIZON)


def _same_files(cache: Cache, scanned: Scan, root: Path) -> bool:
    """Whether the manifest files are those of the last save: by signature, else (a fresh clone) by content."""
    signatures = encode_scan(scanned)
    if cache.same_tree(signatures):
        return True
    known, prefix = cache.contents(), str(root) + os.sep
    if len(known) != len(scanned.files):
        return False
    changed: list[tuple[str, int]] = []
    expected: list[bytes] = []
    start = len(prefix)
    for file in scanned.files:
        was = known.get(file[0][start:])
        if was is None or not was[1]:
            return False
        if was[0] != file[1:]:
            changed.append((file[0], file[1]))
            expected.append(was[1])
    if hashes(changed) != expected:
        return False
    if cache.settled(max((max(file[2], file[3]) for file in scanned.files), default=0)):
        cache.same_contents(signatures)
    return True


def _is_same(path: Path, signature: Signature, sha: bytes) -> bool:
    return signature_of(str(path)) == signature or (bool(sha) and _hash(path) == sha)


def _hash(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


def remember(cache: Cache, plan: Plan, watched: list[str], circumstances: Circumstances) -> None:
    """Keep `plan`, if it had nothing to do and nothing to say, and the cache is one that can be named."""
    something = (
        plan.has_changes
        or plan.blocked
        or plan.waiting
        or plan.unmanaged
        or plan.diagnostics
        or plan.holds
        or plan.drift
    )
    if something or not cache.generation or plan.horizon != DEFAULT_HORIZON:
        return
    files = [(path, signature_of(path), _hash(Path(path))) for path in sorted(set(watched))]
    if files and not cache.settled(max(signature[1] for _, signature, _ in files)):
        return
    prefix = str(circumstances.root) + os.sep
    until = to_text(plan.stands_until) if plan.stands_until else ""
    kept = tuple((path.removeprefix(prefix), signature, sha) for path, signature, sha in files)
    cache.remember(
        Memo(circumstances.key, cache.generation, to_text(plan.made_at), until, plan.unchanged, kept, plan.timeline)
    )
