"""Every diagnostic code there is, with its severity and its constant summary."""

from typing import Final

from reconciler.model.diagnostic import Diagnostic, Place, Severity

_ERRORS: Final = {
    "unreadable": "The file cannot be read",
    "not-a-file": "A manifest is a regular file",
    "outside-tree": "A path leaves the campaigns repository",
    "file-too-large": "The file is too large for a manifest",
    "not-utf8": "The file is not UTF-8",
    "yaml-syntax": "The YAML cannot be parsed",
    "too-deep": "The values are nested too deep",
    "too-many-nodes": "Aliases multiply the values beyond the limit",
    "cyclic-alias": "An alias stands inside its own anchor",
    "unknown-alias": "An alias has no anchor",
    "duplicate-key": "A key appears twice",
    "key-not-string": "A key is not a string",
    "merge-key": "Merge keys are not read",
    "tag": "Tags are not read",
    "not-finite": "A number is not finite",
    "integer-range": "An integer does not fit in 64 bits",
    "not-a-manifest": "The document is not a manifest",
    "unknown-kind": "The kind does not exist",
    "unknown-key": "The key does not exist",
    "missing-key": "A key is missing",
    "bad-value": "The value is not accepted",
    "literal-secret": "Something else stands where a secret is named",
    "observed-state": "This state can be observed, but not asked for",
    "bad-time": "A time cannot be read",
    "not-schedulable": "This state cannot stand in a schedule",
    "duplicate-item": "Two items of a list have the same key",
    "bad-expression": "A CEL expression is not accepted",
    "duplicate-ref": "Two documents describe the same resource",
    "dangling-reference": "A reference leads nowhere",
    "ambiguous-reference": "A reference could mean several versions",
    "reference-cycle": "References run in a circle",
    "second-settings": "A settings kind exists twice",
    "missing-file": "A file that the manifest names does not exist",
    "empty-catalog": "There are no manifests",
    "bad-project": "muster.yaml is not accepted",
    "bad-environment": "The environment's file is not accepted",
    "bad-definition": "A kind definition does not hold together",
    "bad-move": "movedFrom names a resource that is still there",
}
_WARNINGS: Final = {
    "empty-file": "The file holds no manifest",
    "missing-data": "A data file that the manifest names does not exist",
    "past-entries": "Schedule entries lie in the past of a new resource",
    "shadowed-state": "The schedule has the last word over the state",
    "repeated-time": "A local time occurs twice",
    "skipped-time": "A local time does not exist",
    "silent-timer": "A timer's time cannot be read",
    "deleted-unknown": "A resource to delete never existed",
    "possible-move": "A new manifest looks like a renamed one",
    "unmatched-patch": "A patch is for no manifest",
    "unknown-facts": "What a rule has to know cannot be found out",
    "policy-warning": "A policy advises against this",
    "advice": "The kind advises against this",
}
SUMMARIES: Final = {**_ERRORS, **_WARNINGS}
"""Code to summary; what docs/reference/diagnostics.md lists."""


def severity_of(code: str) -> Severity:
    """Whether a diagnostic of this code stops the run."""
    return Severity.WARNING if code in _WARNINGS else Severity.ERROR


def diagnose(code: str, detail: str, place: Place = Place(), *, help: str = "", ref: str = "") -> Diagnostic:
    """A diagnostic with the severity and summary of its code. KeyError for a code that is not in the table."""
    return Diagnostic(severity_of(code), code, SUMMARIES[code], detail, place, help, ref)
