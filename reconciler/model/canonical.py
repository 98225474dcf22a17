"""Canonical JSON and its digest: one encoder for everything that is stored, compared or signed."""

import hashlib
from typing import Any, TypeAlias, TypeVar

import msgspec

Document: TypeAlias = dict[str, Any]
"""What a resource is made of: `{"metadata": {"labels"}, "schedule", "spec", "files"}`, empty parts left out."""

T = TypeVar("T")

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode


def encode(value: object) -> bytes:
    """`value` as JSON with sorted keys and no spaces. Numbers must be finite: readers refuse the others before."""
    return _encode(value)


def verbatim(data: bytes) -> object:
    """JSON that `encode` wrote, to stand inside another value as it is: for what would be encoded twice."""
    return msgspec.Raw(data)


def encode_pretty(value: object) -> str:
    """`value` as JSON for people: members in the order given, two spaces of indent."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def encode_as_written(value: object) -> str:
    """`value` as JSON on one line, members in the order given."""
    return msgspec.json.encode(value).decode()


def decode(data: bytes | str) -> Any:
    """The value that `data` spells."""
    return _decode(data)


def decode_as(data: bytes | str, kind: type[T]) -> T:
    """The value of type `kind` that `data` spells: for records that `encode` wrote."""
    return msgspec.json.decode(data, type=kind)


def digest(value: object) -> str:
    """`sha256:` and 64 hex digits over the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(_encode(value)).hexdigest()


def digest_of_bytes(data: bytes) -> str:
    """`sha256:` and 64 hex digits over `data` itself."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
