"""A POP3 server for the tests: one mailbox, TLS from the first byte or by STLS, and ways to misbehave."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Box:
    """A mailbox, and what clients have done."""

    def __init__(self, *mails: bytes) -> None:
        self.mails = dict(enumerate(mails, 1))
        self.in_clear: list[bytes] = []
        self.breaks_in_letter = 0
        self.sizes: dict[int, int] = {}


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def pop3(box: Box, paths: tuple[Path, Path], implicit: bool = True) -> Iterator[int]:
    """The server's port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                _session(self, box, context, implicit)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def _session(handler: socketserver.StreamRequestHandler, box: Box, context: ssl.SSLContext, secure: bool) -> None:  # noqa: PLR0912 - a branch a command
    connection = context.wrap_socket(handler.request, server_side=True) if secure else handler.request
    lines = connection.makefile("rwb")
    deleted: set[int] = set()

    def say(text: bytes) -> None:
        lines.write(text + b"\r\n")
        lines.flush()

    say(b"+OK hello")
    while line := lines.readline():
        verb, _, rest = line.strip().partition(b" ")
        if not secure:
            box.in_clear.append(verb)
        match verb.upper():
            case b"CAPA":
                say(b"+OK\r\nSTLS\r\n.")
            case b"STLS":
                say(b"+OK")
                connection = context.wrap_socket(connection, server_side=True)
                lines, secure = connection.makefile("rwb"), True
            case b"PASS" if rest != b"open sesame":
                say(b"-ERR not " + rest)
            case b"LIST":
                say(b"+OK")
                for number, mail in box.mails.items():
                    say(b"%d %d" % (number, box.sizes.get(number, len(mail))))
                say(b".")
            case b"RETR":
                say(b"+OK")
                if int(rest) == box.breaks_in_letter:
                    say(b"Subject: half")
                    connection.close()
                    return
                for one in box.mails[int(rest)].split(b"\n"):
                    say(b"." + one if one.startswith(b".") else one)
                say(b".")
            case b"DELE":
                deleted.add(int(rest))
                say(b"+OK")
            case b"QUIT":
                for number in deleted:
                    del box.mails[number]
                say(b"+OK")
                connection.close()
                return
            case _:
                say(b"+OK")
