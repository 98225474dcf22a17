"""Who owns a lease, and how it is known that he is gone."""

import os
import subprocess
import sys

from reconciler.engine.owner import has_ended, new_owner


def of_another_process() -> tuple[subprocess.Popen[str], str]:
    """A process that lives, and what it calls itself."""
    tell = "import sys; from reconciler.engine.owner import new_owner; print(new_owner(), flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", tell], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def test_each_execution_is_an_owner_of_its_own() -> None:
    assert new_owner() != new_owner()
    assert not has_ended(new_owner())


def test_an_owner_is_gone_with_its_process() -> None:
    child, owner = of_another_process()
    with child:
        assert not has_ended(owner)
        child.kill()
    assert has_ended(owner)


def test_a_number_that_was_given_anew_is_another_process() -> None:
    child, owner = of_another_process()
    with child:
        table, pid, token = owner.rsplit("/", 2)
        number, _, began = pid.partition(".")
        assert number == str(child.pid)
        assert has_ended(f"{table}/{os.getpid()}.{began}/{token}"), "we have begun at another time than it"
        assert not has_ended(f"{table}/{number}.{began}/{token}")


def test_nothing_is_known_of_another_machine() -> None:
    _, pid, token = new_owner().rsplit("/", 2)
    assert not has_ended(f"another/{pid}/{token}")
