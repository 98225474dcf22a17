"""A second process for half of a long reading: forked, so that it has everything, and never trusted to come back."""

import os
from collections.abc import Callable
from contextlib import suppress


def beside(task: Callable[[], bytes]) -> Callable[[], bytes | None]:
    """Start `task` in a forked process. The function returned waits for it: its bytes, or None where it failed.

    For programs of one thread only: the child has none but the thread that forked. Without `fork`, it is None at once.
    """
    if not hasattr(os, "fork"):
        return lambda: None
    from tempfile import TemporaryFile

    answer = TemporaryFile()  # noqa: SIM115 - closed where it is read
    child = os.fork()
    if child == 0:
        _run(task, answer.fileno())

    def wait() -> bytes | None:
        with answer:
            _, status = os.waitpid(child, 0)
            if status != 0:
                return None
            answer.seek(0)
            return answer.read()

    return wait


def _run(task: Callable[[], bytes], answer: int) -> None:
    """The child's whole life. It leaves without the parent's cleaning up, which is the parent's to do."""
    failed = 1
    with suppress(BaseException):
        data = memoryview(task())
        while data:
            data = data[os.write(answer, data) :]
        failed = 0
    os._exit(failed)
