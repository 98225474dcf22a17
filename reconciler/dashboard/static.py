"""Files that pages name: style and scripts. Each has an address with its digest in it, so a browser may keep it for ever."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from reconciler.model.ports import Store
from reconciler.web.door import Answer, Ask, Door, plain

_FOLDER: Final = Path(__file__).parent / "static"
_KINDS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Assets:
    """The files, read once."""

    def __init__(self, made: dict[str, bytes] | None = None) -> None:
        read = {one.name: one.read_bytes() for one in sorted(_FOLDER.iterdir()) if one.suffix in _KINDS} | (made or {})
        self._addresses = {name: f"{sha256(content).hexdigest()[:16]}/{name}" for name, content in read.items()}
        self._files = {self._addresses[name]: content for name, content in read.items()}

    def address(self, name: str) -> str:
        """Where a file is found. KeyError where there is none."""
        return f"/static/{self._addresses[name]}"

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (Door("static", "/static/{digest}/{name}", ("GET",), self._file),)

    def _file(self, ask: Ask, _store: Store) -> Answer:
        key = f"{ask.params['digest']}/{ask.params['name']}"
        if key not in self._files:
            return plain(404, "nothing here", "missing")
        kind = _KINDS[Path(key).suffix]
        return Answer(200, self._files[key], kind, {"Cache-Control": "public, max-age=31536000, immutable"}, "file")
