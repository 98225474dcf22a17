"""A repository far away, kept as a bare mirror: what its branch points at, and its files in a folder of their own.

Everything about the remote is foreign: its address (checked, never an option, only known ways to travel), its branch
names, its answers (none within the time-out is no answer), its tree. No hook and no filter of it is ever run.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.model.errors import MusterError, Usage

TIMEOUT: Final = 60
"""Seconds that a fetch may take."""
_LOOK: Final = 0.2
"""Seconds between two looks whether anybody still waits for it."""

_WAYS: Final = "https:ssh:file"
"""The transports that git may use: not `ext`, which runs commands, nor `git` and `http`, which anybody may listen to."""

_URL: Final = re.compile(
    r"(https|ssh|file)://[^\s\x00-\x1f]+|[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s\x00-\x1f]+"
)
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SECRET: Final = re.compile(r"(\w+://)\S*@")
"""What comes before the last `@`, for a password may hold one, and a slash, too."""
_VAGUE: Final = "fatal: Could not read from remote repository."
"""What git says when ssh has said why."""


class Unreachable(MusterError):
    """The remote does not answer, or not as a repository does."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Which branch of which repository, and where its mirror and its checkouts are kept."""

    url: str
    branch: str
    directory: Path
    stopping: Callable[[], bool] = lambda: False
    """Whether nobody waits for an answer any more."""

    @classmethod
    def of(cls, url: str, branch: str, state: Path) -> "Remote":
        """The remote, if its names are such as may be given to git. Usage where they are not."""
        path = Path(url)
        if not url.startswith("-") and "://" not in url and path.is_dir():
            url = str(path.resolve())
        elif not _URL.fullmatch(url) or "::" in url or "://-" in url or "@-" in url:
            given = re.sub("(?s)://.*@", "://…@", url)  # nothing is known of its shape: a password may hold blanks
            raise Usage(f"{given!r} is no repository to follow; write https://…, ssh://…, user@host:path, or a path")
        if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".lock", "/", ".")) or "//" in branch:
            raise Usage(f"{branch!r} is no branch name")
        name = hashlib.sha256(f"{url}\0{branch}".encode()).hexdigest()[:16]
        return cls(url, branch, state / "git" / name)

    @property
    def mirror(self) -> Path:
        """The bare repository."""
        return self.directory / "mirror.git"

    def fetch(self) -> str:
        """The commit at the tip of the branch, its history fetched. Unreachable where that fails."""
        if not (self.mirror / "HEAD").exists():
            self.mirror.mkdir(parents=True, exist_ok=True)
            self._git("init", "-q", "--bare", "--template=", ".")
        ours = f"+refs/heads/{self.branch}:refs/heads/{self.branch}"
        self._git("fetch", "-q", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--", self.url, ours)
        return self._git("rev-parse", "--verify", "--end-of-options", f"refs/heads/{self.branch}^{{commit}}")

    def follows(self, commit: str, before: str) -> bool:
        """Whether `commit` has `before` in its history: if not, the branch was rewritten."""
        if not _COMMIT.fullmatch(before) or not _COMMIT.fullmatch(commit):
            return False
        done = self._run("merge-base", "--is-ancestor", before, commit)
        return done.returncode == 0

    def resolve(self, name: str) -> str:
        """The whole name of a commit; empty where the mirror has none such."""
        if not re.fullmatch(r"[0-9a-f]{7,64}", name):
            return ""
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def checkout(self, commit: str) -> Path:
        """The files of a commit in a folder of its own, whole or not at all; the folders of others are removed later."""
        folder = self.directory / "trees" / commit
        if folder.is_dir():
            return folder
        fresh = folder.with_name(f".{commit}.{os.getpid()}")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        index = {"GIT_INDEX_FILE": str(fresh.with_name(fresh.name + ".index"))}
        try:
            self._git("read-tree", commit, extra=index)
            self._git("--work-tree", str(fresh), "checkout-index", "--all", "--quiet", "--force", extra=index)
            os.replace(fresh, folder)
        finally:
            Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
            shutil.rmtree(fresh, ignore_errors=True)
        return folder

    def tidy(self, keep: str) -> None:
        """Remove every checkout but that of one commit."""
        trees = self.directory / "trees"
        for name in os.listdir(trees) if trees.is_dir() else ():
            if name != keep:
                shutil.rmtree(trees / name, ignore_errors=True)

    def _git(self, *arguments: str, extra: dict[str, str] | None = None) -> str:
        done = self._run(*arguments, extra=extra)
        if done.returncode != 0:
            raise Unreachable(shown(_told(done.stderr)) or f"git {arguments[0]} failed")
        return done.stdout.strip()

    def _run(self, *arguments: str, extra: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        command = [
            "git", "--git-dir", str(self.mirror), "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
            "-c", "fetch.fsckObjects=true", "-c", "gc.auto=0", "-c", "protocol.allow=never",
            *(word for way in _WAYS.split(":") for word in ("-c", f"protocol.{way}.allow=always")),
            "-c", "core.symlinks=true", "-c", "core.autocrlf=false", *arguments,
        ]  # fmt: skip
        try:
            process = subprocess.Popen(
                command, text=True, cwd=self.mirror, env=_environment(extra), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Unreachable(f"git cannot be run: {error.strerror}") from None
        with process:
            try:
                out, err = self._waited(process)
            except BaseException:
                # Also what git has started to travel: an ssh whose host is silent would wait for ever.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def _waited(self, process: "subprocess.Popen[str]") -> tuple[str, str]:
        """What a process says until it ends. Unreachable where that takes too long, or nobody waits any more."""
        for _ in range(int(TIMEOUT / _LOOK)):
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=_LOOK)
            if self.stopping():
                raise Unreachable("it was asked to stop before there was an answer")
        raise Unreachable(f"no answer within {TIMEOUT} seconds")


def shown(text: str) -> str:
    """A text without the user and password of the URLs in it."""
    return _SECRET.sub(r"\1…@", text)


def _environment(extra: dict[str, str] | None) -> dict[str, str]:
    """Ours, without what would lead git elsewhere, or make it ask somebody."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _WELCOME}
    ssh = os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=15")
    return {
        **kept, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": _WAYS, "GIT_SSH_COMMAND": ssh, "LC_ALL": "C",
        **(extra or {}),
    }  # fmt: skip


_WELCOME: Final = frozenset(
    {"GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH"}
)
"""What an operator says to git by environment, and may."""


def _told(text: str) -> str:
    """What git says of a failure in one line; where it leaves that to ssh, what ssh has said before it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = next((line for line in lines if line.startswith(("fatal:", "error:"))), "")
    if fatal == _VAGUE and lines[0] != fatal:
        return lines[lines.index(fatal) - 1]
    return fatal or next(iter(lines), "")
