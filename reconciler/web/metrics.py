"""What a server counts, for Prometheus. Labels are from small closed sets: no token, no address."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class ServerMetrics:
    """Implements `assembly.Counting` with a registry of its own."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.registry = registry = CollectorRegistry()
        self._answers = Counter(
            "muster_http_answers", "Answers by door, meaning and status.", ["door", "what", "status"], registry=registry
        )
        self._seconds = Histogram(
            "muster_http_answer_duration_seconds", "How long an answer took.", ["door"], registry=registry,
            buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10),
        )  # fmt: skip
        self._letters = Counter(
            "muster_returned_letters", "Letters taken up, by mailbox and what they say.", ["mailbox", "fate"],
            registry=registry,
        )  # fmt: skip
        self._looked = Gauge(
            "muster_mailbox_last_success_timestamp_seconds", "When a mailbox was last looked through.", ["mailbox"],
            registry=registry,
        )  # fmt: skip

    def answered(self, door: str, what: str, status: int, seconds: float) -> None:
        """See `assembly.Counting`."""
        self._answers.labels(door, what, str(status)).inc()
        self._seconds.labels(door).observe(seconds)

    def letter(self, mailbox: str, fate: str) -> None:
        """A letter was taken up."""
        self._letters.labels(mailbox, fate).inc()

    def looked(self, mailbox: str) -> None:
        """A mailbox was looked through, or waits for what comes."""
        self._looked.labels(mailbox).set(self._now())

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)
