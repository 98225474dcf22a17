"""Who is told of what: the receivers that `muster.yaml` names. Their secrets are read when they are used, and kept nowhere."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from reconciler.model.errors import MusterError, Permanent
from reconciler.model.secret import revealer

_LONGEST: Final = 16 << 10
"""Bytes of a secret's file."""


class Occasion(StrEnum):
    """What a receiver may want to hear of."""

    APPLIED = "applied"
    BLOCKED = "blocked"
    DRIFT = "drift"
    HOLD_EXPIRING = "hold-expiring"
    MISSED = "missed"
    FAILED = "failed"


class NoSecret(MusterError):
    """A secret that a receiver needs is not there. Says where it was looked for, never what it is."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a value stands that must not be written down: in the environment, or in a file."""

    env: str = ""
    file: str = ""
    plain: str = ""
    """A value that is no secret after all."""

    @classmethod
    def of(cls, value: Any) -> "Secret":
        """What a setting says: a text, `{env: NAME}` or `{file: PATH}`."""
        if isinstance(value, str):
            return cls(plain=value)
        return cls(env=value.get("env", ""), file=value.get("file", "")) if isinstance(value, Mapping) else cls()

    def reveal(self) -> str:
        """The value. NoSecret where it is not there."""
        if not self.env and not self.file:
            return self.plain
        try:
            return revealer(os.environ, _read)({"env": self.env} if self.env else {"file": self.file})
        except Permanent as error:
            raise NoSecret(str(error)) from None


def _read(path: str) -> bytes:
    return Path(path).read_bytes()[:_LONGEST]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that takes JSON."""

    url: Secret
    secret: Secret = Secret()
    """What requests are signed with."""
    allow_private: bool = False
    """Whether it may be in the machine's own network."""


@dataclass(frozen=True, slots=True)
class Email:
    """Addresses, and the server that takes mail for them."""

    host: str
    port: int
    tls: str
    sender: str
    to: tuple[str, ...]
    user: Secret = Secret()
    password: Secret = Secret()


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody to be told."""

    name: str
    on: frozenset[Occasion]
    way: Webhook | Email


def receivers(settings: Iterable[Mapping[str, Any]]) -> dict[str, Receiver]:
    """The receivers of `notifications`, by name; the settings have been held against their schema."""
    found = (_receiver(one) for one in settings)
    return {one.name: one for one in found}


def _receiver(one: Mapping[str, Any]) -> Receiver:
    on = frozenset(Occasion(name) for name in one["on"])
    if "webhook" in one:
        hook = one["webhook"]
        way: Webhook | Email = Webhook(
            Secret.of(hook["url"]), Secret.of(hook.get("secret", "")), hook.get("allowPrivate", False)
        )
    else:
        mail, smtp = one["email"], one["email"]["smtp"]
        tls = smtp.get("tls", "starttls")
        way = Email(
            smtp["host"], smtp.get("port", {"starttls": 587, "implicit": 465, "none": 25}[tls]), tls, mail["from"],
            tuple(mail["to"]), Secret.of(smtp.get("user", "")), Secret.of(smtp.get("password", "")),
        )  # fmt: skip
    return Receiver(one["name"], on, way)
