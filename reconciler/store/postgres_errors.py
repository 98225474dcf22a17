"""What PostgreSQL's failures mean: who may try again, and how they are told, without a secret in them."""

from typing import Final

import psycopg
from psycopg import errors

from reconciler.model.errors import Busy, MusterError, StoreError
from reconciler.store.address import secrets

_AGAIN: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
"""Two wanted the same at once: nothing of this transaction was written, and what the other one did is there to see."""


def is_worth_again(error: Exception) -> bool:
    """Whether the same transaction may succeed, or lose its comparison, when it is tried at once again."""
    return isinstance(error, _AGAIN)


def is_lost(db: "psycopg.Connection[tuple[object, ...]]", error: Exception) -> bool:
    """Whether the session is gone: the network, a restart, an administrator, or we were stuck for too long."""
    return isinstance(error, psycopg.Error) and (db.closed or db.broken)


def told(error: Exception, what: str, url: str) -> MusterError:
    """The failure in our words."""
    if isinstance(error, errors.LockNotAvailable) or is_worth_again(error):
        return Busy(f"{what}: other writers have been in the way for too long; try again")
    if isinstance(error, errors.QueryCanceled):
        return StoreError(f"{what}: the server took too long over it; nothing was written")
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return StoreError(f"{what}: {without_secrets(error.diag.message_primary, url)}")
    return StoreError(f"{what}: {without_secrets(str(error), url)}")


def without_secrets(text: str, url: str) -> str:
    """A message of the driver on one line; passwords of the URL, should they stand in it, left out."""
    for secret in sorted(secrets(url), key=len, reverse=True):
        text = text.replace(secret, "…")
    return "; ".join(line.strip() for line in text.strip().splitlines())
