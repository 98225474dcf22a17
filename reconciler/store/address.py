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


def is_mistaken(url: str) -> bool:
    """Whether a password with a bare @ or / in it, or something like it, is taken for a host, and so would be shown."""
    return is_postgresql(url) and shown(url).endswith("://…")


def shown(url: str) -> str:
    """The URL as people may see it, in messages, logs and files: no password, and nothing of the query but the host."""
    scheme, separator, rest = url.partition(":")
    if scheme == "sqlite" or not separator:
        return url
    authority, _, path = rest.removeprefix("//").partition("?")[0].partition("/")
    user, at, hosts = authority.rpartition("@")
    # An unescaped @ or / in a password leaves parts of it in the host, the port or the path: then none of them is shown.
    if "@" in user or "@" in path or not all(map(_is_host, hosts.split(","))):
        return f"{scheme}://…"
    if not is_postgresql(url):
        return f"{scheme}:…"  # nobody knows where its secrets would stand
    return f"{scheme}://{user.partition(':')[0]}{at}{hosts or _host(url)}/{path}"


def _is_host(text: str) -> bool:
    """Whether this is a host, with a port or without: `db`, `db:5432`, `[::1]:5432`."""
    port = text.rpartition("]")[2].partition(":")[2]
    return not port or port.isdigit()


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
