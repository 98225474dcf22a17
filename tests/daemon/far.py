"""Repositories that are far away: the machine's own sshd, and git's own HTTP backend behind TLS and a password.

Both are real, listen on a free port, know nobody but the key or the password that is made for them, and end with the test.
"""

import base64
import getpass
import gzip
import os
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.certificates import Authority

_CONFIG = """\
HostKey {home}/host
AuthorizedKeysFile {home}/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""

_CLIENT = """\
Host *
  IdentityFile {home}/user
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {home}/known
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
"""


@dataclass(frozen=True, slots=True)
class Shell:
    """An sshd that is running, and the folder of its keys."""

    home: Path
    port: int

    def url(self, path: Path) -> str:
        """What a client calls the repository at `path`."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{path}"

    @property
    def environment(self) -> dict[str, str]:
        """What a client of it needs; nothing of whoever runs the tests is used."""
        command = f"ssh -F {self.home}/client -o BatchMode=yes -o ConnectTimeout=15"
        return {"HOME": str(self.home), "GIT_SSH_COMMAND": command, "SSH_AUTH_SOCK": ""}

    def know(self, host_key: str) -> None:
        """Let clients expect this host key."""
        self.home.joinpath("known").write_text(f"[127.0.0.1]:{self.port} {host_key}")

    def let_in(self, *public_keys: str) -> None:
        """Let these users in, and no other."""
        self.home.joinpath("authorized").write_text("".join(public_keys))


@contextmanager
def ssh_server(home: Path) -> Iterator[Shell]:
    """One sshd for each connection, on a port that is ours before the first: none has to be looked for."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("the machine has no sshd")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(
            mode=0o755, exist_ok=True
        )  # where it locks itself in; Debian makes it at the first start
    home.mkdir()
    for name in ("host", "user"):
        new_key(home / name)
    home.joinpath("config").write_text(_CONFIG.format(home=home))
    home.joinpath("client").write_text(_CLIENT.format(home=home))

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with home.joinpath("log").open("ab") as log:
                arguments = [program, "-i", "-e", "-f", str(home / "config")]
                subprocess.run(arguments, stdin=self.request, stdout=self.request, stderr=log, check=False)

    with _listening(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)) as port:
        shell = Shell(home, port)
        shell.know(home.joinpath("host.pub").read_text())
        shell.let_in(home.joinpath("user.pub").read_text())
        yield shell


def new_key(file: Path) -> str:
    """A new pair of keys, the public one beside `file`; that one."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file.with_name(f"{file.name}.pub").read_text()


@dataclass(slots=True)
class Web:
    """A git server that is running; `password` may be changed while it does."""

    root: Path
    port: int = 0
    password: str = ""
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for by somebody who gave the password."""
    moved_to: str = ""
    """Where everybody is sent, if anywhere."""

    def url(self, name: str, user: str = "") -> str:
        """What a client calls the repository of this name."""
        return f"https://{user + '@' if user else ''}127.0.0.1:{self.port}/{name}"


@contextmanager
def web_server(root: Path, authority: Authority, password: str, address: str = "127.0.0.1") -> Iterator[Web]:
    """The repositories below `root` over https, to whoever knows the password of `git`."""
    web = Web(root, password=password)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, web)

        do_POST = do_GET

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = authority.context(address).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is no news
    with _listening(server) as web.port:
        yield web


def _answer(request: BaseHTTPRequestHandler, web: Web) -> None:
    if web.moved_to:
        request.send_response(302)
        request.send_header("Location", web.moved_to + request.path)
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    expected = "Basic " + base64.b64encode(f"git:{web.password}".encode()).decode()
    if request.headers.get("Authorization") != expected:
        request.send_response(401)
        request.send_header("WWW-Authenticate", 'Basic realm="campaigns"')
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    web.asked.append(request.path)
    _backend(request, web)


def _backend(request: BaseHTTPRequestHandler, web: Web) -> None:
    """Hand a request to `git http-backend`, as a web server does by CGI."""
    path, _, query = request.path.partition("?")
    body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    environment = {
        "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(web.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
        "QUERY_STRING": query, "REQUEST_METHOD": request.command, "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""), "REMOTE_USER": "git", "HOME": str(web.root),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""), "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    }  # fmt: skip
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = [line.partition(": ") for line in head.decode().splitlines()]
    status = next((value for name, _, value in fields if name == "Status"), "200")
    request.send_response(int(status.split()[0]))
    for name, _, value in fields:
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


@contextmanager
def silence() -> Iterator[int]:
    """A port at which everybody is let in, and nobody is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def _listening(server: socketserver.ThreadingTCPServer | ThreadingHTTPServer) -> Iterator[int]:
    """The port of a server that answers for as long as the block lasts."""
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
