"""How `email estimate` and `email explain` go: read the lists as a launch would, and say what came of it."""

import click

from reconciler.commands.mail_desk import address, desk
from reconciler.commands.options import Common, write
from reconciler.kinds.email.explain import explain
from reconciler.kinds.email.standing import Standings
from reconciler.model.errors import Invalid, Permanent
from reconciler.views.email_json import estimate_to_json, explanation_to_json
from reconciler.views.email_text import render_estimate, render_explanation
from reconciler.views.progress import counting

INVALID = Invalid.exit_code


def estimated(common: Common, campaign: str, form: str) -> int:
    """What the targets come to; the exit code."""
    at = desk(common, campaign)
    try:
        with counting("reading recipients") as beat:
            found = at.runtime.estimated(at.document, at.lookup, beat)
    except Permanent as error:
        return unreadable(error)
    write(estimate_to_json(at.ref, found) if form == "json" else render_estimate(at.ref, found, common.color))
    return INVALID if found.resolution.broken else 0


def explained(common: Common, campaign: str, text: str, form: str) -> int:
    """Why an address is in or out; the exit code."""
    at = desk(common, campaign)
    key = address(text).key
    try:
        found = explain(at.audience(), key, Standings(at.store.returns), at.now)
    except Permanent as error:
        return unreadable(error)
    write(explanation_to_json(at.ref, found) if form == "json" else render_explanation(at.ref, found, common.color))
    return INVALID if found.broken else 0


def unreadable(error: Permanent) -> int:
    """A list that is not there, or a manifest that names none: the exit code."""
    click.echo(f"error: {error}", err=True)
    return INVALID
