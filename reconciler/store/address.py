"""Where a store is: its URL, taken apart, and shown without its secrets."""

from typing import Final
from urllib.parse import unquote, urlsplit

POSTGRESQL: Final = ("postgresql", "postgres")
FORMS: Final = "sqlite:///absolute/path, sqlite:relative/path or postgresql://user@host/database"
"""How stores are written, for messages."""


def is_postgresql(url: str) -> bool:
    """Whether a server is meant."""
    return url.partition(":")[0] in POSTGRESQL


def sqlite_path(url: str) -> str:
    """The path of an SQLite store, relative to the project where it is not absolute; empty where `url` names none."""
    scheme, _, rest = url.partition(":")
    path = rest.removeprefix("//") if rest.startswith("///") else rest
    if scheme != "sqlite" or not path.strip("/") or path.startswith("//?") or "\0" in path:
        return ""
    return "/" + path.lstrip("/") if path.startswith("/") else path


def shown(url: str) -> str:
    """The URL as people may see it, in messages, logs and files: no password, and nothing of the query but the host."""
    scheme, separator, rest = url.partition(":")
    if scheme == "sqlite" or not separator:
        return url
    authority, _, path = rest.removeprefix("//").partition("?")[0].partition("/")
    user, at, host = authority.rpartition("@")
    user = user.partition(":")[0]
    # An unescaped @ or / in a password leaves parts of it in host or path: then nothing of them is shown.
    if "@" in path or "@" in user or (not at and ":" in host and not host.rpartition(":")[2].isdigit()):
        return f"{scheme}://…"
    return f"{scheme}://{user}{at}{host or _host(url)}/{path}"


def secrets(url: str) -> tuple[str, ...]:
    """What must never be shown: the passwords of the URL, as they are written and as they are meant."""
    if not is_postgresql(url):
        return ()
    _, _, rest = url.partition("://")
    authority = rest.partition("?")[0].rpartition("@")[0]
    found = [authority.partition(":")[2]]
    for pair in rest.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if "password" in name.lower():
            found.append(value)
    return tuple({form for text in found for form in (text, unquote(text)) if form})


def _host(url: str) -> str:
    """The host that stands in the query, as the folder of a socket does."""
    for pair in urlsplit(url).query.split("&"):
        name, _, value = pair.partition("=")
        if name == "host":
            return value
    return ""
