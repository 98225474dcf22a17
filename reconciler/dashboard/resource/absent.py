"""What is known of a name under which nothing is stored: renamed, forgotten, not made yet, or never heard of."""

from reconciler.dashboard.page import Missing
from reconciler.dashboard.render import href
from reconciler.dashboard.resource.planned import planned
from reconciler.dashboard.visit import Visit
from reconciler.model.plan import Op
from reconciler.model.ref import Ref
from reconciler.web.door import Answer


def absent(visit: Visit, ref: Ref, part: str = "") -> Answer:
    """Where it has gone, or that it is to be made; `part` is the page of it that was asked for. Missing where nobody knows it."""
    last = visit.store.last_events(ref, 1)
    if last and last[0].body["op"] != Op.FORGET:
        return visit.to(href(Ref.canonical(last[0].body["ref"]), *([part] if part else [])))
    manifest = visit.premises.repository.manifests().get(ref)
    if manifest is not None:
        says = planned(visit, ref)
        return visit.show("resource_to_come.html", ref=ref, manifest=manifest, before=bool(last), planned=says)
    if last:
        return visit.show("resource_gone.html", status=404, ref=ref, last=last[0])
    raise Missing(f"The store knows no {ref}.")
