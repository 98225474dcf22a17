"""The mails of tests/mail/bounces, and what each of them says."""

from pathlib import Path
from typing import Any

from reconciler.source.strict_yaml import read_documents

FOLDER = Path(__file__).parent / "bounces"
EXPECTED: dict[str, Any] = read_documents((FOLDER / "expected.yaml").read_bytes())[0].value
UNSUBSCRIBE = ("leave@post.lanterns.example",)


def sample(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()
