"""What lasts is said in a manifest: the pages that prepare such a change, as a patch to download or a branch to review."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.controller.authoring import Desk, duplicate, new_version
from reconciler.controller.proposing import Proposal, drafted, flagged, rescheduled
from reconciler.controller.terms import spoken
from reconciler.dashboard.actions.offers import flag_title, titled
from reconciler.dashboard.actions.preparing import Prepared, download, prepared, slug
from reconciler.dashboard.actions.terms import zone_of
from reconciler.dashboard.page import Missing
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import MusterError, Usage
from reconciler.model.manifest import Manifest
from reconciler.model.resource import Resource
from reconciler.source.git_branch import Change, Note, branched
from reconciler.web.door import Answer

Prepare = Callable[[Visit], Prepared]

MOST_ENTRIES: Final = 50
"""Entries of a schedule that a form has; who has more edits the file."""


@dataclass(frozen=True, slots=True)
class Kindred:
    """A change that pages offer: what it is called, how it is prepared, and the template of its questions."""

    title: Callable[[Visit], str]
    prepare: Prepare
    about: str
    form: str = ""
    more: Callable[[Visit, Prepared], Mapping[str, Any]] = lambda _visit, _found: {}


def page(change: Kindred, visit: Visit) -> Answer:
    """What the change would be."""
    return _shown(change, visit)


def patch(prepare: Prepare, visit: Visit) -> Answer:
    """The patch as a file."""
    return download(prepare(visit))


def branch(prepare: Prepare, visit: Visit) -> Answer:
    """The change on a branch. It is the very one that was shown, or none."""
    found = prepare(visit)
    try:
        commit = _branched(visit, found)
    except MusterError as error:
        visit.note(f"branch refused: {error}")
        return visit.show("sorry.html", status=409, code=409, text=f"{error}.")
    text = f"The change is on the branch {found.branch}, commit {commit[:12]}; push it and have it reviewed"
    return visit.done(href(visit.ref), f"{text}: nothing has changed yet")


def _branched(visit: Visit, found: Prepared) -> str:
    proposal = found.proposal
    if proposal is None:
        raise Usage(found.refused)
    if visit.sent("change") != proposal.digest:
        raise Usage("the change is not the one that was shown: the manifest is another by now; look at it again")
    reason = spoken("reason", visit.sent("reason"))
    message = f"{titled(found.slug)}\n\n{reason}\n\nPrepared in the dashboard by {visit.visitor.name}.\n"
    change = Change(proposal.file, proposal.before, proposal.after)
    return branched(visit.premises.app.project.root, found.branch, change, Note(visit.visitor.name, visit.now, message))


def _shown(change: Kindred, visit: Visit) -> Answer:
    found = change.prepare(visit)
    data: dict[str, Any] = {
        "one": visit.resource(),
        "title": change.title(visit),
        "about": change.about,
        "change": found,
        "form": change.form,
        "more": change.more(visit, found),
    }
    return visit.show("change.html", **data)


# The changes that there are.


def _flag(visit: Visit) -> Prepared:
    one, flag = _of_flag(visit)
    is_on = flag not in one.flags
    return prepared(
        visit, slug(flag_title(flag, is_on).lower(), one.ref), lambda desk: flagged(desk, one.ref, flag, is_on)
    )


def _flag_title(visit: Visit) -> str:
    one, flag = _of_flag(visit)
    return flag_title(flag, flag not in one.flags)


def _of_flag(visit: Visit) -> tuple[Resource, str]:
    one, flag = visit.resource(), visit.ask.params["flag"]
    kind = visit.premises.repository.kinds.table.get(one.ref.kind)
    if kind is None or flag not in kind.lifecycle.flags:
        raise Missing(f"{one.ref.kind} has no flag {flag!r}.")
    return one, flag


def _duplicate(visit: Visit) -> Prepared:
    one, name = visit.resource(), _field(visit, "name")

    def propose(desk: Desk) -> Proposal:
        return drafted(desk, duplicate(desk, str(one.ref), name or None, None))

    return prepared(visit, slug("duplicate", one.ref), propose, {"name": name})


def _new_version(visit: Visit) -> Prepared:
    one = visit.resource()
    return prepared(
        visit, slug("new-version", one.ref), lambda desk: drafted(desk, new_version(desk, str(one.ref), None))
    )


def _schedule(visit: Visit) -> Prepared:
    one, entries, zone = visit.resource(), _entries(visit), _field(visit, "timezone")
    name = slug("schedule", one.ref)
    if entries is None:
        return Prepared(name)
    fields = {"asked": "yes", "timezone": zone}
    for number, entry in enumerate(entries):
        fields |= {f"at{number}": entry["at"], f"state{number}": entry["state"]}
    return prepared(visit, name, lambda desk: rescheduled(desk, one.ref, entries, zone), fields)


def _entries(visit: Visit) -> Sequence[Mapping[str, str]] | None:
    """The entries that are asked for, by time; None where nobody has asked for any yet."""
    if not _field(visit, "asked"):
        return None
    rows = ((_field(visit, f"at{number}"), _field(visit, f"state{number}")) for number in range(MOST_ENTRIES + 1))
    return [{"at": at, "state": state} for at, state in rows if at and state]


def _field(visit: Visit, name: str) -> str:
    """A field, whether it was sent or asked."""
    return visit.sent(name) if visit.ask.method == "POST" else visit.asked(name).strip()


def _rows(visit: Visit, _found: Prepared) -> Mapping[str, Any]:
    """The entries as they are written now, and one more row to fill in."""
    one = visit.resource()
    manifest = visit.premises.repository.manifests().get(one.ref)
    kind = visit.premises.repository.kinds.table[one.ref.kind]
    asked = _entries(visit)
    rows = [(entry["at"], entry["state"]) for entry in asked] if asked is not None else _written(manifest)
    own = {entry.zone for entry in manifest.entries if entry.zone} if manifest else set()
    # A local time needs a zone: where nobody has named one, it is to be the one that the page names.
    usual = "" if own or visit.premises.app.project.timezone else zone_of(visit)
    return {
        "rows": [*rows, ("", "")][: MOST_ENTRIES + 1],
        "states": kind.lifecycle.desirable,
        "zone": min(own) if len(own) == 1 else zone_of(visit),
        "timezone": _field(visit, "timezone") if asked is not None else usual,
        "needs_zone": bool(usual),
    }


def _written(manifest: Manifest | None) -> list[tuple[str, str]]:
    return [(entry.text, entry.state) for entry in manifest.entries] if manifest else []


FLAG: Final = Kindred(_flag_title, _flag, "It stands beside the state, and changes nothing of what runs.")
DUPLICATE: Final = Kindred(
    lambda _visit: "Duplicate",
    _duplicate,
    "A manifest of its own under another name, a draft with the same content; without schedule and flags (AMB-E11).",
    "_duplicate.html",
    lambda visit, _found: {"name": visit.asked("name")},
)
NEW_VERSION: Final = Kindred(
    lambda _visit: "New version",
    _new_version,
    "A draft of the next version, based on this one. This one goes on as it is until you say otherwise.",
)
SCHEDULE: Final = Kindred(
    lambda _visit: "Edit schedule",
    _schedule,
    "From the time of an entry on, its state is asked for; before the first one, `state` is.",
    "_schedule.html",
    _rows,
)
