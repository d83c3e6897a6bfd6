"""Certificates for names of this machine: some are trusted by clients, some are not."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(slots=True)
class Certificates:
    authority: Path  # trusted by clients
    good: ssl.SSLContext
    bad: ssl.SSLContext

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        """Write the certificates into a folder."""
        trusted, good = self_signed(folder / "good.pem", "localhost")
        _, bad = self_signed(folder / "bad.pem", "localhost")
        return cls(trusted, good, bad)


def self_signed(file: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Write a certificate for these names; return it with the context of its server."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=2))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(certificate.public_bytes(pem))
    key_file = file.with_suffix(".key")
    key_file.write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    return file, _context(file, key_file)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
