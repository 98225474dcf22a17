"""The form in which details of a campaign are changed: what is fixed, and what is wrong, is said at its field. (C-22)"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.controller.details import Detail, details_of, value_at
from reconciler.controller.proposing import detailed
from reconciler.dashboard.actions.changing import Kindred
from reconciler.dashboard.actions.preparing import Prepared, prepared, slug
from reconciler.dashboard.page import Missing
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.lifecycle.kind import Kind
from reconciler.model.lifecycle import Role
from reconciler.model.manifest import Manifest
from reconciler.model.requirement import Requirement
from reconciler.plan.editing import fixed_by
from reconciler.source.catalog import Library

MOST_OPTIONS: Final = 100
"""Names that are offered to be picked; among more one is written."""


@dataclass(frozen=True, slots=True)
class Field:
    """A detail in the form. `fixed` says why it is not changed here, `faults` why it cannot be what was asked for."""

    detail: Detail
    value: str
    fixed: str = ""
    requirement: Requirement = ()
    faults: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    is_taken_out: bool = False


def _prepare(visit: Visit) -> Prepared:
    """The change of all that is asked for; where some of it cannot be, there is none."""
    ref, wanted, details = visit.resource().ref, _wanted(visit), _details(visit)
    name = slug("details", ref)
    if not wanted:
        return Prepared(name)
    faults = [f"{one.label}: {one.fault(wanted[one.name])}" for one in details if _fault(one, wanted)]
    if faults:
        return Prepared(name, refused="; ".join(faults))
    return prepared(visit, name, lambda desk: detailed(desk, ref, wanted), wanted)


def _fault(detail: Detail, wanted: Mapping[str, str]) -> str:
    return detail.fault(wanted[detail.name]) if detail.name in wanted else ""


def _wanted(visit: Visit) -> Mapping[str, str]:
    """What is asked for, by name. What is empty is to be taken out; what is not there stays as it is."""
    sent = {name: values[0] for name, values in visit.form.items()} if visit.ask.method == "POST" else visit.ask.query
    found = {one.name: sent[one.name] for one in _details(visit) if one.name in sent}
    return {name: value.replace("\r\n", "\n").replace("\r", "\n").strip() for name, value in found.items()}


def _kind(visit: Visit) -> Kind:
    kind = visit.premises.repository.kinds.table.get(visit.ref.kind)
    if kind is None:
        raise Missing(f"{visit.ref.kind} is no kind of this project.")
    return kind


def _details(visit: Visit) -> tuple[Detail, ...]:
    kind = _kind(visit)
    found = details_of(kind)
    if not found or kind.lifecycle.role is not Role.CAMPAIGN:
        raise Missing(f"{visit.ref.kind} has no details that are changed here.")
    return found


def _form(visit: Visit, prepared: Prepared) -> Mapping[str, Any]:
    """The fields, and where to go with what is fixed."""
    with visit.premises.repository.reconciler(visit.store) as here:
        library = here.gatherer.library
        manifest = library.catalog.manifests.get(visit.ref)
        fields = tuple(_Form(visit, library, manifest, prepared).fields()) if manifest else ()
    return {"fields": fields, "instead": _instead(visit) if any(one.fixed for one in fields) else ()}


def _instead(visit: Visit) -> Sequence[tuple[str, str]]:
    """Where what is fixed can be other."""
    law = _kind(visit).lifecycle
    new = [("new version", href(visit.ref, "do", "new-version"))] if law.versioned else []
    return [*new, ("duplicate", href(visit.ref, "do", "duplicate"))]


@dataclass(frozen=True)
class _Form:
    visit: Visit
    library: Library
    manifest: Manifest
    prepared: Prepared

    def fields(self) -> Iterator[Field]:
        state, wanted = self.visit.resource().state, _wanted(self.visit)
        document, law = self.library.written(self.manifest), _kind(self.visit).lifecycle
        for one in _details(self.visit):
            there = value_at(document, one.path).strip()
            asked = wanted.get(one.name, there)
            line = fixed_by(law, state, one.pointer)
            fixed = line.message or f"it stays as it is in {state}" if line else self._elsewhere(one, there)
            yield Field(
                one, there if fixed else asked, fixed, line.requirement if line else (), self._faults(one, wanted),
                self._options(one, asked), is_taken_out=bool(there and not asked),
            )  # fmt: skip

    def _elsewhere(self, one: Detail, there: str) -> str:
        """Where it is to be changed, if not here."""
        place = self.library.laid_over(self.manifest, one.pointer, _kind(self.visit).shape)
        if place is not None:
            return f"it comes from the environment, {place}, and is to be changed there"
        return (
            f"it is longer than {one.most} characters: change it in {self.manifest.file}"
            if len(there) > one.most
            else ""
        )

    def _faults(self, one: Detail, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """What is wrong with what is asked for; if nothing is, what the plan says of it."""
        fault, plan = _fault(one, wanted), self.prepared.plan
        refusals = (refusal for each in plan.blocked for refusal in each.refusals) if plan else ()
        return (fault,) if fault else tuple(each.message for each in refusals if each.path == one.pointer)

    def _options(self, one: Detail, value: str) -> tuple[str, ...]:
        known = {ref.name for ref in self.library.catalog.manifests if ref.kind == one.names} if one.names else set()
        return tuple(sorted({"", value, *known})) if 0 < len(known) <= MOST_OPTIONS else ()


DETAILS: Final = Kindred(
    lambda _visit: "Edit details",
    _prepare,
    "What the manifest says of it besides its state and schedule. Whatever is emptied is taken out.",
    "_details.html",
    _form,
)
