"""A resource as rules see it."""

from typing import Any

from reconciler.lifecycle.normal import fill
from reconciler.lifecycle.rule import EVERYTHING, Reads
from reconciler.lifecycle.shape import Shape
from reconciler.model.canonical import Document
from reconciler.model.ref import Ref


def as_object(ref: Ref, state: str, document: Document, reads: Reads = EVERYTHING) -> dict[str, Any]:
    """A resource as a rule sees it, defaults aside; only what the rule reads."""
    found: dict[str, Any] = {}
    if reads.parts is None or "metadata" in reads.parts:
        labels = document.get("metadata", {}).get("labels", {})
        found["metadata"] = {"name": ref.name, "version": ref.version, "labels": labels}
    if reads.parts is None or "state" in reads.parts:
        found["state"] = state
    if reads.parts is not None and "schedule" in reads.parts:
        found["schedule"] = {"entries": document.get("schedule", {}).get("entries", [])}
    if reads.parts is None or "spec" in reads.parts:
        spec = document.get("spec", {})
        found["spec"] = spec if reads.spec is None else {name: spec[name] for name in reads.spec if name in spec}
    return found


def filled(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """An object with the defaults of its spec written out."""
    return {**value, "spec": fill(value["spec"], shape)} if "spec" in value else value
