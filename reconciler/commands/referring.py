"""What is told of a referral program: its campaigns, its people, and what is owed."""

from collections.abc import Iterator

from reconciler.commands.options import Common
from reconciler.kinds.referral.telling import at_a_glance, chosen, people
from reconciler.model.referral import Role
from reconciler.views.participants import people_csv, people_json, people_text, program_json, program_text


def shown(common: Common, name: str | None, form: str) -> str:
    """A program at a glance."""
    store = common.app().store()
    with store.snapshot():
        view = at_a_glance(store, chosen(store, name))
    return program_json(view) if form == "json" else program_text(view, common.color)


def listed(common: Common, name: str | None, role: str, form: str) -> Iterator[str]:
    """Who takes part, page by page."""
    store = common.app().store()
    found = people(store, chosen(store, name).uid, Role(role))
    match form:
        case "json":
            return people_json(found)
        case "csv":
            return people_csv(found)
    return people_text(found, common.color)
