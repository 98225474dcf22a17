"""How `email preview` goes: one recipient's mail into two files, which write over nothing."""

import os
import re
from pathlib import Path
from typing import Final

from reconciler.commands.mail_desk import desk
from reconciler.commands.options import Common, write
from reconciler.kinds.email.trial import untracked
from reconciler.mail.compose import open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.preview import preview
from reconciler.model.errors import Permanent, Usage

_ODD: Final = re.compile(r"[^A-Za-z0-9@+_-]+")
_LONGEST: Final = 100


def previewed(common: Common, campaign: str, whom: tuple[str | None, str | None], out: str, force: bool) -> int:
    """Write the files; the exit code."""
    at = desk(common, campaign)
    try:
        contact = at.contact(*whom)
        found = preview(open_letter(untracked(at.letter())), contact, at.now)
    except Permanent as error:
        raise Usage(f"{at.ref} cannot be shown: {error}") from None
    if isinstance(found, Unfit):
        raise Usage(f"{contact.address} cannot get this letter: {found}")
    name = file_name(f"{at.ref.name}-{contact.key}")
    files = {f"{name}.eml": found.eml}
    if found.html is not None:
        files[f"{name}.html"] = found.html.encode()
    folder = Path(common.directory) / out
    write("\n".join(_written(folder, files, force)))
    return 0


def file_name(text: str) -> str:
    """A name that is one file's in its folder, whatever the address: letters, digits, @ + - and _ only."""
    return _ODD.sub("_", text).lstrip("-")[:_LONGEST] or "_"


def _written(folder: Path, files: dict[str, bytes], force: bool) -> list[str]:
    """Write them, all or none; where each is. Usage where one is there already, or cannot be written."""
    there = [name for name in files if (folder / name).is_symlink() or (folder / name).exists()]
    if there and not force:
        raise Usage(f"{folder / there[0]} is there already; say --force to write over it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            # In place of what is there, not into it: a link may lead anywhere.
            fresh = os.open(folder / f".{name}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
            with os.fdopen(fresh, "wb") as file:
                file.write(data)
            (folder / f".{name}.new").replace(folder / name)
    except OSError as error:
        raise Usage(f"{folder} cannot be written: {error.strerror}") from None
    return [str(folder / name) for name in files]
