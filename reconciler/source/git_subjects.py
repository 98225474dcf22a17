"""What commits are about: the first line of each message."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.model.errors import MusterError
from reconciler.source.git_objects import run

_OID: Final = re.compile(r"[0-9a-f]{40,64}")


def subjects(directory: str, commits: Iterable[str]) -> Mapping[str, str]:
    """By the commit's name; without those that the repository of `directory` does not know, nothing where it has none."""
    wanted = sorted({one for one in commits if _OID.fullmatch(one)})
    if not wanted:
        return {}
    try:
        told = run(directory, "log", "--no-walk", "--ignore-missing", "-z", "--format=%H %s", *wanted)
    except MusterError:
        return {}
    lines = (line.partition(" ") for line in told.decode("utf-8", "replace").split("\0"))
    return {oid: subject for oid, _, subject in lines if oid}
