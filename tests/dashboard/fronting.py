"""Proxies before a dashboard: real ones, by the very configuration that a page of the manual shows.

with front("nginx", "# TLS, and nothing else", {8026: room.at}, tmp_path) as proxy:
    proxy.ask("GET", "/campaigns")          through it, by TLS, as https://muster.shop.example

Of what the page says are replaced the ports, which tests have others of, and the certificate.
"""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.dashboard.showroom import PATIENCE, ROOT, Page
from tests.smtp_sink import free_port

MANUAL = ROOT / "docs/how-to/open-the-dashboard.md"
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}
LANGUAGES = {"nginx": "nginx", "caddy": "caddyfile"}
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
_NGINX = """\
daemon off;
worker_processes 1;
{user}
pid {home}/pid;
error_log {home}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
{text}}}
"""
_CADDY = """\
{{
    admin off
    auto_https disable_redirects
}}
{text}"""


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy that runs. `name` is what the manual calls the server."""

    program: str
    name: str
    port: int
    trust: ssl.SSLContext

    @property
    def base(self) -> str:
        """Where browsers would find it, were the name known and the port that of https."""
        return f"https://{self.name}"

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Page:
        """One request, as it stands."""
        with self.connection() as there:
            there.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            came = there.getresponse()
            return Page(came.status, {name.lower(): value for name, value in came.getheaders()}, came.read().decode())

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        """A connection over TLS, to ask as one likes."""
        with closing(http.client.HTTPConnection(self.name, timeout=PATIENCE)) as there:
            there.sock = self.opened()
            yield there

    def opened(self) -> ssl.SSLSocket:
        """The same, for bytes as they stand."""
        there = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return self.trust.wrap_socket(there, server_hostname=self.name)

    def raw(self, request: bytes, patience: float = PATIENCE) -> str:
        """What is answered to these very bytes, until the proxy closes the connection, or for as long as that."""
        found = b""
        with closing(self.opened()) as there, suppress(ConnectionError, ssl.SSLError, TimeoutError):
            there.settimeout(patience)
            there.sendall(request)
            while chunk := there.recv(65536):
                found += chunk
        return found.decode("utf-8", "replace")


def program_of(name: str) -> str:
    """Where it is. The test is skipped where this machine has none."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"the machine has no {name}: apt-get install --no-install-recommends {PACKAGES[name]}")
    return found


def example(language: str, first: str, page: Path = MANUAL) -> str:
    """What stands on a page of the manual as this language, and begins with this line."""
    found = re.findall(rf"(?sm)^```{language}\n({re.escape(first)}\n.*?)^```", page.read_text("utf-8"))
    assert len(found) == 1, (page, language, first)
    return str(found[0])


@contextmanager
def front(program: str, first: str, behind: Mapping[int, str], home: Path, page: Path = MANUAL) -> Iterator[Front]:
    """The proxy of the manual, on a free port. `behind` are the addresses instead of 127.0.0.1:PORT."""
    found, text = program_of(program), example(LANGUAGES[program], first, page)
    for port, address in behind.items():
        assert f"127.0.0.1:{port}" in text
        text = text.replace(f"127.0.0.1:{port}", address)
    (name,) = set(re.findall(r"\b[a-z]+\.shop\.example\b(?=[; ])", text))
    authority = Authority.at(home / "certificates")
    authority.context(name)
    trust = ssl.create_default_context(cafile=str(authority.root))
    commands = {"nginx": _nginx, "caddy": _caddy}[program]
    process, port = _on_a_free_port(partial(commands, found, text, home, authority.directory / f"{name}.pem"), home)
    try:
        yield Front(program, name, port, trust)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _nginx(program: str, text: str, home: Path, certificate: Path, port: int) -> list[str]:
    """Its command; what it thinks of the configuration is asked before."""
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    text = re.sub(r"(ssl_certificate(?:_key)?) \S+;", rf"\1 {certificate};", text)
    user = "" if os.geteuid() else "user root;"
    config = home / "nginx.conf"
    config.write_text(_NGINX.format(home=home, user=user, text=text), encoding="utf-8")
    command = [program, "-e", str(home / "error.log"), "-p", str(home), "-c", str(config)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    return command


def _caddy(program: str, text: str, home: Path, certificate: Path, port: int) -> list[str]:
    tls = f"    bind 127.0.0.1\n    tls {certificate} {certificate}\n"
    text = re.sub(r"(?m)^(\S+\.example) \{\n", rf"https://\1:{port} {{\n{tls}", text)
    config = home / "Caddyfile"
    config.write_text(_CADDY.format(text=text), encoding="utf-8")
    return [program, "run", "--adapter", "caddyfile", "--config", str(config)]


def _on_a_free_port(command: Callable[[int], list[str]], home: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """Where somebody else was faster, on another; three times."""
    for port in (free_port(), free_port(), free_port()):
        with (home / "log").open("ab") as log:
            process = subprocess.Popen(
                command(port), cwd=home, env={**os.environ, "HOME": str(home)}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return process, port
            time.sleep(0.01)
        process.kill()
        process.wait(PATIENCE)
    raise RuntimeError(f"it did not start: {(home / 'log').read_text(errors='replace')}")
