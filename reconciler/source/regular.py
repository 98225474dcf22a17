"""Reading a file that may turn out to be anything: never one that is not regular, never more than was asked for."""

import errno
import os
import stat


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """The bytes of a regular file, links followed; of a larger one the first `limit` + 1. OSError for anything else."""
    source = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # else a pipe without a writer would hang
    with open(source, "rb") as file:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
        return file.read(limit + 1)
