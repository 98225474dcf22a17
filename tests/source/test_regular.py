"""Only regular files are read, and only so much of them."""

import os
from pathlib import Path

import pytest

from reconciler.source.regular import read_regular


def test_a_file_is_read_up_to_a_byte_more_than_asked(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"0123456789")
    assert [read_regular(file, limit) for limit in (3, 9, 10, 99)] == [b"0123", *[b"0123456789"] * 3]


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "loop", ".", "nothing", "/dev/zero"):
        with pytest.raises(OSError, match=r"\S"):
            read_regular(tmp_path / name, 10)
