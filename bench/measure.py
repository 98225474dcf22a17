"""Whole processes, measured from outside: wall seconds and peak memory, medians over several runs."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
MUSTER = (sys.executable, str(ROOT / "cli.py"))


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall seconds, and what it printed."""

    seconds: float
    output: str


def run(command: Sequence[str], cwd: Path = ROOT) -> Run:
    """Run a command to its end. RuntimeError where it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output, errors = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {errors}{output}")
    return Run(seconds, output)


def peak_memory(command: Sequence[str], cwd: Path = ROOT) -> float:
    """Peak resident megabytes of one process."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024


def in_turn(rounds: int, *actions: Callable[[], float]) -> list[float]:
    """Run the actions in turn, A B A B …, so that a drifting machine meets all alike; the median of each."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for taken, action in zip(seconds, actions, strict=True):
            taken.append(action())
    return [statistics.median(taken) for taken in seconds]
