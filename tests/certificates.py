"""Certificates of the tests' own: an authority that nobody knows, and what it signs for servers on this machine."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: `root` is the file that a client must be given to trust it."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def at(cls, directory: Path, name: str = "authority of the tests") -> "Authority":
        """A new one, its certificate in `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        key, called = ec.generate_private_key(ec.SECP256R1()), _named(name)
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        certificate = _blank(called, called, key).add_extension(constraint, critical=True).sign(key, hashes.SHA256())
        (directory / "root.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(directory, key, certificate)

    @property
    def root(self) -> Path:
        return self.directory / "root.pem"

    def context(self, address: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server at this address, or of this name, shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            meant: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(address))
        except ValueError:
            meant = x509.DNSName(address)
        names = x509.SubjectAlternativeName([meant])
        blank = _blank(_named(address), self.certificate.subject, key).add_extension(names, critical=False)
        signed = blank.sign(self.key, hashes.SHA256())
        file = self.directory / f"{address}.pem"
        file.write_bytes(_private(key) + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _blank(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now, day = datetime.now(UTC), timedelta(days=1)
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
    )  # fmt: skip


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
