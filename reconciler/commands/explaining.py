"""What `muster explain` answers."""

from reconciler.commands.naming import kind_named, unknown
from reconciler.commands.options import Common
from reconciler.model import canonical
from reconciler.model.lifecycle import Lifecycle
from reconciler.source.definitions import requirements
from reconciler.views.explain import KIND_COLUMNS, as_data, in_order, kind_page, kind_rows
from reconciler.views.explain_requirement import known_ids, requirement_data, requirement_page
from reconciler.views.prose import Page, markdown_page, markdown_table, text_page, text_table
from reconciler.views.style import Style


def explained(common: Common, kind: str | None, requirement: str | None, form: str) -> str:
    """Every kind, one kind, or one requirement, in the format that was asked for."""
    kinds = common.app().kinds()
    laws = (
        tuple(one.lifecycle for one in kinds.table.values()) if kind is None else (kind_named(kinds, kind).lifecycle,)
    )
    if requirement is not None:
        return _requirement(common, requirement, laws, form)
    return _kind(common, laws[0], form) if kind is not None else _every(common, laws, form)


def _every(common: Common, laws: tuple[Lifecycle, ...], form: str) -> str:
    if form == "json":
        return canonical.encode_pretty([as_data(law) for law in in_order(laws)])
    if form == "markdown":
        return markdown_table(KIND_COLUMNS, kind_rows(laws))
    style = Style(common.color)
    hint = style.dim("`muster explain KIND` tells the whole of one; `muster graph KIND` draws it.")
    return text_table(KIND_COLUMNS, kind_rows(laws), style) + f"\n{hint}\n"


def _kind(common: Common, law: Lifecycle, form: str) -> str:
    if form == "json":
        return canonical.encode_pretty(as_data(law))
    page = _page(common, kind_page(law), form)
    hint = "`muster explain --requirement ID` says what an id in brackets means; `muster graph KIND` draws this."
    return page if form == "markdown" else f"{page}\n{Style(common.color).dim(hint)}\n"


def _requirement(common: Common, wanted: str, laws: tuple[Lifecycle, ...], form: str) -> str:
    table = requirements()
    known = known_ids(laws, table)
    found = next((one for one in known if one.lower() == wanted.lower()), None)
    if found is None:
        raise unknown(
            "requirement", wanted, known, "`muster explain KIND` shows the ids beside the lines that carry them"
        )
    if form == "json":
        return canonical.encode_pretty(requirement_data(found, laws, table))
    return _page(common, requirement_page(found, laws, table), form)


def _page(common: Common, page: Page, form: str) -> str:
    return markdown_page(page) if form == "markdown" else text_page(page, Style(common.color))
