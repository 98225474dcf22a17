"""Maildir and mbox: what is read, what is acknowledged, and that nothing is lost between."""

import mailbox
import os
from pathlib import Path

import pytest

from reconciler.mail.dissect import CAP
from reconciler.mail.inbox import Inbox, Letter
from reconciler.mail.inbox_lmtp import Lmtp
from reconciler.mail.inbox_maildir import Maildir
from reconciler.mail.inbox_mbox import Mbox
from reconciler.mail.inbox_pop3 import Pop3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for room in ("new", "cur", "tmp"):
        (tmp_path / room).mkdir()
    return tmp_path


def put(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)


def datas(letters: list[Letter]) -> list[bytes]:
    return [one.data for one in letters]


def test_a_maildir_gives_what_nobody_has_seen(folder: Path) -> None:
    put(folder, "new/1.a", b"one")
    put(folder, "new/2.b", b"two")
    put(folder, "cur/0.c:2,", b"moved, not seen")
    put(folder, "cur/0.d:2,RS", b"seen")
    put(folder, "new/.hidden", b"hidden")
    put(folder, "tmp/3.e", b"still written")
    assert datas(list(Maildir(folder).letters())) == [b"one", b"two", b"moved, not seen"]


def test_what_is_acknowledged_in_a_maildir_does_not_come_again(folder: Path) -> None:
    put(folder, "new/1.a", b"one")
    put(folder, "new/2.b", b"two")
    put(folder, "cur/0.c:2,R", b"three")
    box = Maildir(folder)
    one, two, three = box.letters()
    assert datas(list(box.letters())) == [b"one", b"two", b"three"]  # reading alone takes nothing away
    box.acknowledge(one)
    box.acknowledge(three)
    assert datas(list(box.letters())) == [b"two"]
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["0.c:2,RS", "1.a:2,S"]
    box.acknowledge(one)  # once more: killed after the first time
    Maildir(folder, keep=False).acknowledge(two)
    assert list(box.letters()) == []
    assert not (folder / "cur" / "2.b:2,S").exists()


def test_a_maildir_follows_no_link_and_waits_for_no_pipe(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (folder / "new" / "1.link").symlink_to(secret)
    os.mkfifo(folder / "new" / "2.pipe")
    (folder / "new" / "3.folder").mkdir()
    put(folder, "new/4.mail", b"mail")
    assert datas(list(Maildir(folder).letters())) == [b"mail"]


def test_a_letter_is_known_by_all_of_it_and_kept_in_part(folder: Path) -> None:
    put(folder, "new/1.a", b"x" * (3 * CAP) + b"a")
    put(folder, "new/2.b", b"x" * (3 * CAP) + b"b")
    one, two = Maildir(folder).letters()
    assert len(one.data) == CAP
    assert one.data == two.data
    assert one.identity != two.identity


def test_the_same_letter_twice_has_one_identity(folder: Path) -> None:
    put(folder, "new/1.a", b"one")
    put(folder, "new/2.b", b"one")
    assert len({one.identity for one in Maildir(folder).letters()}) == 1


def test_a_maildir_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        list(Maildir(tmp_path / "nowhere").letters())


def test_all_doors_are_alike(folder: Path) -> None:
    doors: list[Inbox] = [Maildir(folder), Mbox(folder / "box")]
    kinds: list[type[Inbox]] = [Pop3, Lmtp]
    for door in doors:
        door.close()
    assert all(hasattr(kind, name) for kind in kinds for name in ("letters", "acknowledge", "close"))


def mbox(path: Path, *mails: bytes) -> None:
    with path.open("ab") as file:
        for mail in mails:
            file.write(b"From a@b.example Mon Mar  2 10:11:12 2026\n" + mail + b"\n\n")


def test_an_mbox_gives_all_and_keeps_what_was_not_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "box"
    mbox(path, b"Subject: one\n\n1", b"Subject: two\n\n2\n>From here", b"Subject: three\n\n3")
    box = Mbox(path)
    one, two, three = box.letters()
    assert datas([one, two, three])[0].startswith(b"Subject: one")
    box.acknowledge(one)
    box.acknowledge(three)
    assert [each.identity for each in box.letters()] == [two.identity]
    assert len(list(Mbox(path).letters())) == 3  # killed before the end: all come again
    mbox(path, b"Subject: late\n\n4")
    box.close()
    rest = list(Mbox(path).letters())
    assert [each.data.partition(b"\n")[0] for each in rest] == [b"Subject: two", b"Subject: late"]
    assert rest[0].identity == two.identity


def test_an_mbox_that_somebody_locks_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "box"
    mbox(path, b"Subject: one\n\n1")
    box = Mbox(path)
    for letter in box.letters():
        box.acknowledge(letter)
    other = mailbox.mbox(path)
    (tmp_path / "box.lock").touch()
    with pytest.raises(OSError, match="locked"):
        box.close()
    (tmp_path / "box.lock").unlink()
    other.close()
    assert len(list(Mbox(path).letters())) == 1
    box.close()
    assert path.read_bytes() == b""


def test_an_mbox_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(Mbox(tmp_path / "none").letters())
    assert not (tmp_path / "none").exists()
