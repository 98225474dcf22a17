"""On what terms a campaign contacts anybody, read within the transaction that is about to."""

from typing import Final

from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.contact_terms import Terms
from reconciler.store.desk import Sql

_CAMPAIGN: Final = """
SELECT resource.state, resource.document, coalesce(job.phase, ''),
    EXISTS (SELECT 1 FROM intent WHERE intent.ref = resource.ref)
FROM resource LEFT JOIN job ON job.uid = resource.uid
WHERE resource.uid = ? AND NOT resource.forgotten
"""
_DOCUMENT: Final = """
SELECT document FROM resource WHERE ref >= ? AND ref < ? AND state = 'present' AND NOT forgotten ORDER BY ref LIMIT 1
"""
_BRAKE: Final = "SELECT is_on, reason, actor, at FROM engine_brake ORDER BY id DESC LIMIT 1"


def terms_of(sql: Sql, uid: int) -> Terms:
    """The terms of a campaign."""
    found = sql.rows(_CAMPAIGN, (uid,))
    state, text, phase, changes = found[0] if found else ("", "{}", "", 0)
    document = canonical.decode(text)
    named = document.get("spec", {}).get("strategy")
    brake = sql.rows(_BRAKE)
    braked = f"the engine is paused: {brake[0][1]}" if brake and brake[0][0] else ""
    strategy = _document(sql, f"Strategy/{named}@") if named else None
    return Terms(state, phase == "open" and not changes, document, strategy, settings(sql), braked)


def settings(sql: Sql) -> Document | None:
    """The organisation's settings; None where there are none."""
    return _document(sql, "CollectionSettings/")


def last_brake(sql: Sql) -> tuple[int, str, str, float] | None:
    """How the brake was left; None where nobody ever touched it."""
    found = sql.rows(_BRAKE)
    return found[0] if found else None


def _document(sql: Sql, beginning: str) -> Document | None:
    """The first document in use whose ref begins so: there is one at most."""
    found = sql.rows(_DOCUMENT, (beginning, beginning[:-1] + chr(ord(beginning[-1]) + 1)))
    return canonical.decode(found[0][0]) if found else None
