"""POP3: over TLS or not at all; nothing is deleted before it is acknowledged and the session ends in order."""

import ssl
from pathlib import Path

import pytest

from reconciler.mail.inbox_pop3 import LARGEST, Account, Pop3
from reconciler.model.errors import Permanent, Transient
from tests.mail.pop3_server import Box, certificate, pop3


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


def account(port: int, paths: tuple[Path, Path], implicit: bool = True, password: str = "open sesame") -> Account:
    context = ssl.create_default_context(cafile=str(paths[0]))
    return Account("127.0.0.1", "bounces", password, port, implicit, context)


@pytest.mark.parametrize("implicit", [True, False], ids=["tls", "stls"])
def test_what_is_acknowledged_is_deleted_at_the_end(paths: tuple[Path, Path], implicit: bool) -> None:
    box = Box(b"Subject: one\n\n.dot\n1", b"Subject: two\n\n" + b"2" * 100_000)
    with pop3(box, paths, implicit) as port:
        inbox = Pop3(account(port, paths, implicit))
        one, two = inbox.letters()
        assert one.data == b"Subject: one\r\n\r\n.dot\r\n1\r\n"
        assert two.data.endswith(b"2" * 100_000 + b"\r\n")
        inbox.acknowledge(one)
        assert len(box.mails) == 2
        inbox.close()
        assert list(box.mails) == [2]
        again = Pop3(account(port, paths, implicit))
        assert [letter.identity for letter in again.letters()] == [two.identity]
        again.close()
    assert set(box.in_clear) <= {b"CAPA", b"STLS"}


def test_a_session_that_breaks_off_deletes_nothing(paths: tuple[Path, Path]) -> None:
    box = Box(b"one", b"two")
    with pop3(box, paths) as port:
        inbox = Pop3(account(port, paths))
        for letter in inbox.letters():
            inbox.acknowledge(letter)
        inbox.abandon()
        assert len(box.mails) == 2


def test_a_letter_that_breaks_off_is_no_letter(paths: tuple[Path, Path]) -> None:
    box = Box(b"one", b"two")
    box.breaks_in_letter = 2
    with pop3(box, paths) as port:
        letters = Pop3(account(port, paths)).letters()
        assert next(letters).data == b"one\r\n"
        with pytest.raises(Transient):
            next(letters)


def test_what_is_huge_is_left_there(paths: tuple[Path, Path]) -> None:
    box = Box(b"one", b"two")
    box.sizes[1] = LARGEST + 1
    with pop3(box, paths) as port:
        inbox = Pop3(account(port, paths))
        assert [letter.data for letter in inbox.letters()] == [b"two\r\n"]
        inbox.close()


def test_a_wrong_password_is_final_and_is_not_repeated(paths: tuple[Path, Path]) -> None:
    with pop3(Box(), paths) as port, pytest.raises(Permanent) as caught:
        Pop3(account(port, paths, password="hunter2"))
    assert "hunter2" not in f"{caught.value}{account(port, paths, password='hunter2')}"


def test_a_server_that_nobody_vouches_for_hears_no_password(paths: tuple[Path, Path]) -> None:
    box = Box()
    with pop3(box, paths, implicit=False) as port, pytest.raises(Transient):
        Pop3(Account("127.0.0.1", "bounces", "open sesame", port, implicit=False))
    assert box.in_clear == [b"CAPA", b"STLS"]


def test_nobody_there_may_be_tried_again(paths: tuple[Path, Path]) -> None:
    with pop3(Box(), paths) as port:
        pass
    with pytest.raises(Transient):
        Pop3(account(port, paths))
