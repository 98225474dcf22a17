"""On what terms a campaign contacts anybody, read within the transaction that is about to."""

from typing import Final

from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.contact_terms import Brake, Engine, Terms
from reconciler.model.ref import Ref
from reconciler.store.desk import Sql, instant

_SETTINGS: Final = "CollectionSettings/"
_CAMPAIGN: Final = """
SELECT resource.state, resource.document, coalesce(job.phase, ''),
    EXISTS (SELECT 1 FROM intent WHERE intent.ref = resource.ref)
FROM resource LEFT JOIN job ON job.uid = resource.uid
WHERE resource.uid = ? AND NOT resource.forgotten
"""
_DOCUMENT: Final = """
SELECT document, ref FROM resource WHERE ref >= ? AND ref < ? AND state = 'present' AND NOT forgotten ORDER BY ref LIMIT 1
"""
_EVER: Final = "SELECT 1 FROM resource WHERE ref >= ? AND ref < ? LIMIT 1"
_BRAKE: Final = "SELECT is_on, reason, actor, at FROM engine_brake ORDER BY id DESC LIMIT 1"


def terms_of(sql: Sql, uid: int) -> Terms:
    """The terms of a campaign."""
    found = sql.rows(_CAMPAIGN, (uid,))
    state, text, phase, changes = found[0] if found else ("", "{}", "", 0)
    document = canonical.decode(text)
    named = document.get("spec", {}).get("strategy")
    strategy = _document(sql, f"Strategy/{named}@") if named else None
    return Terms(state, phase == "open" and not changes, document, strategy, engine_of(sql))


def engine_of(sql: Sql) -> Engine:
    """What holds for all campaigns."""
    found, brake = sql.rows(_DOCUMENT, _span(_SETTINGS)), last_brake(sql)
    if not found:
        return Engine(were_deleted=bool(sql.rows(_EVER, _span(_SETTINGS))), brake=brake)
    return Engine(canonical.decode(found[0][0]), str(Ref.canonical(found[0][1])), brake=brake)


def settings(sql: Sql) -> Document | None:
    """The organisation's settings; None where there are none."""
    return _document(sql, _SETTINGS)


def last_brake(sql: Sql) -> Brake | None:
    """How the brake was left; None where nobody ever touched it."""
    return next((Brake(bool(is_on), why, who, instant(at)) for is_on, why, who, at in sql.rows(_BRAKE)), None)


def _document(sql: Sql, beginning: str) -> Document | None:
    """The first document in use whose ref begins so: there is one at most."""
    found = sql.rows(_DOCUMENT, _span(beginning))
    return canonical.decode(found[0][0]) if found else None


def _span(beginning: str) -> tuple[str, str]:
    """Between which refs those lie that begin so."""
    return beginning, beginning[:-1] + chr(ord(beginning[-1]) + 1)
