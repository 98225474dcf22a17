"""Who gets no more mail: written down, taken back, listed."""

from reconciler.app import actor
from reconciler.commands.options import Common
from reconciler.feed.address import NotAnAddress, canonical_address
from reconciler.kinds.email.returning import forgiven
from reconciler.model.errors import Usage
from reconciler.model.ref import NAME
from reconciler.model.returns import Suppression
from reconciler.views.suppressions import as_json, as_text, sentence


def suppressed(common: Common, address: str, list_: str, reason: str) -> str:
    """Suppress an address; what is so then. An older reason stays."""
    key, app = _key(address, list_), common.app()
    store = app.store()
    one = Suppression(key, reason, app.clock.now(), list_, actor())
    if store.returns.suppress([one]):
        return sentence(one)
    found = next(each for each in store.returns.suppressions(list_) if each.address == key)
    return f"{sentence(found)} already"


def unsuppressed(common: Common, address: str, list_: str) -> str:
    """Let an address have mail again. Usage where it was not suppressed."""
    key, app = _key(address, list_), common.app()
    store = app.store()
    if not store.returns.forgive(key, list_):
        others = sorted({one.list for one in store.returns.suppressions() if one.address == key and one.list != list_})
        hint = "".join(f"; it is in {f'--list {name}' if name else 'the whole project'}" for name in others)
        raise Usage(f"{key} is not suppressed {f'in {list_}' if list_ else 'in the whole project'}{hint}")
    store.returns.record([forgiven(key, actor(), app.clock.now())])
    left = sorted({one.list for one in store.returns.suppressions() if one.address == key})
    more = f", but not for campaigns that name {', '.join(name or 'any list' for name in left)}" if left else ""
    return f"{key} gets mail again{more}"


def listed(common: Common, list_: str | None, form: str) -> str:
    """All suppressions, or those of a list."""
    if list_ is not None:
        _name(list_)
    found = common.app().store().returns.suppressions(list_)
    return as_json(found) if form == "json" else as_text(found)


def _key(address: str, list_: str) -> str:
    if list_:
        _name(list_)
    try:
        return canonical_address(address)
    except NotAnAddress as error:
        raise Usage(f"{address[:100]!r} is no address: {error}") from None


def _name(list_: str) -> None:
    if not NAME.fullmatch(list_):
        raise Usage(f"{list_[:100]!r} is no name of a SuppressionList")
