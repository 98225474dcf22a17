"""The ways by which something is done from a page, and why it is this one."""

from enum import StrEnum

from reconciler.model.lifecycle import DELETED, Lifecycle, Transition


class Way(StrEnum):
    """How it is done. In a project whose manifests decide, what lasts is said in a manifest."""

    BRAKE = "brake"
    """At once, past the manifest, for a reason and until a time: the resource is held and drifts meanwhile."""
    PATCH = "patch"
    """By a change of the manifest, prepared here, to be reviewed, merged and applied as any other."""
    ACT = "act"
    """At once; the manifest has no say in it."""


WHY = {
    Way.BRAKE: "What must stop is stopped at once; the manifest stays as it is, and the hold keeps it from being followed.",
    Way.PATCH: "What lasts is said in the manifest: this prepares the change, and a review and an apply make it so.",
    Way.ACT: "The manifest has no say in this: it is done at once.",
}


def stops(law: Lifecycle, edge: Transition) -> bool:
    """Whether a transition brings to rest what acts on the world; deleting is not how one stops something."""
    if edge.target == DELETED:
        return False
    return edge.stops or (law.states[edge.origin].outward and not law.states[edge.target].outward)


def way_of(law: Lifecycle, edge: Transition) -> Way:
    """What is to be stopped is stopped at once; everything else is the manifest's."""
    return Way.BRAKE if stops(law, edge) else Way.PATCH
