"""A lane's trouble, as it is kept."""

from collections.abc import Mapping

from reconciler.model import canonical
from reconciler.model.work import Trouble
from reconciler.store.desk import instant, seconds


def trouble_text(trouble: Trouble | None) -> str:
    """As text; empty where there is none."""
    if trouble is None:
        return ""
    body: Mapping[str, object] = {
        "since": seconds(trouble.since),
        "permanent": trouble.is_permanent,
        "message": trouble.message,
    }
    return canonical.encode(body).decode()


def trouble_of(text: str) -> Trouble | None:
    """The trouble that `trouble_text` wrote."""
    if not text:
        return None
    body = canonical.decode(text)
    return Trouble(instant(body["since"]), body["permanent"], body["message"])
