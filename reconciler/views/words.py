# ruff: noqa: E501 - a table of sentences
"""A sentence about each diagnostic and refusal: when it is given, and what to do. For the reference pages and for SARIF."""

from typing import Final

DIAGNOSTICS: Final = {
    "unreadable": "The file or directory is not there or may not be read. Check its permissions, or the path in `muster.yaml`.",
    "not-a-file": "A name ends in `.yaml` or `.yml`, but stands for a directory, a pipe or a device. Rename it.",
    "outside-tree": "A link, or a path in a manifest, leads out of the directory of manifests. Copy the file into it.",
    "file-too-large": "A manifest file may have 4 MiB. What is larger is data: move it to a CSV or JSONL file and name that.",
    "not-utf8": "Some byte is no UTF-8. Save the file with that encoding.",
    "yaml-syntax": "The text is no YAML: a tab as indentation, an open quote, a colon in an unquoted value.",
    "too-deep": "Values are nested more than 64 deep. Flatten the document.",
    "too-many-nodes": "Aliases of one file stand for more than 200,000 values together. Write the values out.",
    "cyclic-alias": "An alias would contain itself. Write the value out.",
    "unknown-alias": "`*name` is used, but nothing before it is anchored as `&name`.",
    "duplicate-key": "A mapping has the same key twice, and one of the two would be lost. Keep one.",
    "key-not-string": "A key is a number, a word such as `true`, a list or a mapping. Write a plain word, or quote it.",
    "merge-key": "`<<` is not part of YAML 1.2. Write the members out, or use an alias for the whole value.",
    "tag": "Tags such as `!!str` or `!Ref` are not read. Quote the value where it must be a string.",
    "not-finite": "`.nan` and `.inf` are no values that a campaign could have.",
    "integer-range": "The integer has more than 64 bits. Quote it if it is an identifier.",
    "not-a-manifest": "The document is no mapping with `apiVersion: muster/v1`, `kind` and `metadata`.",
    "unknown-kind": "No kind of this name is built in or named by `muster.yaml`.",
    "unknown-key": "The schema has no such key here. Nothing is ever ignored; the help names the nearest key.",
    "missing-key": "The schema requires a key that is not there.",
    "literal-secret": "Where a secret is named stands neither `{env: NAME}` nor `{file: PATH}`. It may be the secret itself, so it is not shown.",
    "bad-value": "A value has another type or form than its schema says, or is not one of the words it allows.",
    "observed-state": "Only a runtime brings about this state; a manifest cannot ask for it. Ask for the state that leads there.",
    "bad-time": "A time or a zone cannot be read. Write `2027-01-12T09:00` and an IANA zone such as `Europe/Amsterdam`.",
    "not-schedulable": "The kind does not let this state stand in a schedule (its definition forbids `schedule` there). The help says how else it comes about.",
    "bad-expression": "A CEL expression in the manifest cannot be compiled, or uses a variable that is not known there.",
    "duplicate-item": "Two items of a list that is matched by a key have the same key, so neither could be told from the other. Rename one.",
    "duplicate-ref": "Two documents have the same kind, name and version. Rename one, or raise its version.",
    "dangling-reference": "No manifest has the kind and name that is referred to, or it is being deleted.",
    "ambiguous-reference": "The name exists in several versions. Say which one is meant.",
    "reference-cycle": "Resources refer to each other in a circle, so none can be made first. Break it.",
    "second-settings": "A settings kind may exist once in a repository.",
    "missing-file": "A file whose content counts (a template's text, a creative) does not exist. Paths are relative to the manifest.",
    "empty-catalog": "Not one manifest was found. That is never taken for a wish to end everything: nothing is changed.",
    "bad-project": "`muster.yaml` has an unknown key or a value that is not accepted, or a policy in it does: CEL that cannot be compiled, a kind, fact or event that does not exist, an id that stands twice.",
    "bad-environment": "`environments/NAME.yaml` has an unknown key or a value that is not accepted, patches what makes a manifest what it is, or names no store where `muster.yaml` names one.",
    "bad-definition": "A kind does not hold together: a state that nothing reaches, a trap, an unknown guard or pointer.",
    "bad-move": "`movedFrom` names a resource that still has a manifest. Remove one of the two.",
    "empty-file": "The file holds comments only. Write a manifest, or remove it.",
    "missing-data": "A data file (recipients, invoices) does not exist yet. It counts only when the campaign runs.",
    "past-entries": "A manifest that the store does not know has schedule entries that are over; the last of them is asked for at once.",
    "silent-timer": "The period, time of day or deadline of a timer cannot be read, so the timer never fires. A period is written `30d` or `3 months`, a time of day `02:00`.",
    "shadowed-state": "`state` was changed, but an entry of the schedule is due, and the last entry that is due has the last word. Add an entry with a later time, or remove those that are over.",
    "repeated-time": "When clocks go back, this local time occurs twice; the first is meant.",
    "skipped-time": "When clocks go forward, this local time does not occur; the first instant after it is meant.",
    "deleted-unknown": "The manifest says `state: deleted`, but the store does not know it. Remove the manifest.",
    "unmatched-patch": "A patch of the environment names a manifest that is not there, or selects none. The help names the nearest.",
    "unknown-facts": "A list of recipients is missing or broken, or a database is not to be had. What hangs on it waits;"
    " correct what is named, and plan again.",
    "policy-warning": "A plan does not meet a policy of `muster.yaml` whose severity is `warning`. It is carried out all the same.",
    "advice": "The manifest is valid, and yet may not do what its author wants: the message says what it does, the help what to write instead."
    " `muster explain KIND` lists every advice of a kind.",
    "possible-move": "A new manifest is just what a vanished one was. If it was renamed, add `movedFrom`.",
}
"""By code of `reconciler/model/codes.py`."""

REFUSALS: Final = {
    "frozen-field": "A field may not change in the state that the resource is in, nor in any that it could legally go through."
    " Take the way out that is named: a new version, a duplicate, another state.",
    "illegal-transition": "No legal path leads from the stored state to the desired one, or only through a state that acts on the world.",
    "observed-state": "The desired state is one that only a runtime brings about.",
    "pinned-by-user": "The resource is used by another one that is in a state which pins it. Move the user out of that state first;"
    " both may stand in the same plan.",
    "ref-reused": "A campaign of this name and version existed and was forgotten. Names of campaigns are not used again.",
    "flag-not-allowed": "A flag such as `archived` is for certain states only.",
    "still-in-use": "The resource is to be deleted, but another one that is not final still refers to it.",
    "past-entry": "An entry was added to the schedule, or moved, whose time was over when the resource was last applied: no run can have done it."
    " Give it a later time, or set `state`.",
    "missed-schedule": "Several entries came due while nobody was at work. The last is the goal, the others are logged as missed; and from where the"
    " resource is, without them, no legal path leads to it. Add an entry, with a time to come, for the state that leads there.",
    "never-starts": "In this state the resource waits for an entry of its schedule, and none is due or to come: it would wait for ever. Add the entry.",
    "constraint-broken": "Something must hold among several resources of the kind (one burst of a program at a time), and by this change it would not."
    " The message names the others.",
    "illegal-later": "What is asked leads to a step that will be illegal when its time comes, within the horizon. The message begins with that time;"
    " every manifest that has a part in it and is changed now is refused. Change one of them.",
    "guard-false": "A condition of the transition is false. The message says what to do; the place is where to do it.",
    "rule-broken": "A condition that must hold in this state after every edit would be broken.",
    "depends-on-blocked": "Something that this resource builds on is itself blocked. Mend that one.",
    "denied-later": "What is asked leads to a step whose condition will be false when its time comes, within the horizon. The message begins with that"
    " time. Mend it in time, that is now.",
    "held": "Somebody holds the resource, or one that this hangs on: the message says who, why, since when and until when. Nothing else"
    " stands in the way (exit 10). Wait for its end, or `muster release` it once the reason is over.",
    "policy": "A policy or a freeze of `muster.yaml`, or of the environment, forbids it now. The message is its author's, and begins with its id;"
    " the law of the kind would allow it. Where a freeze is what forbids it, wait for the end that is named.",
    "too-many-changes": "One plan takes too large a share of all acting resources out of their outward state, or goes beyond another of the"
    " `thresholds` in `muster.yaml`. Look twice, then say"
    " `--ack too-many-changes` together with `--expect DIGEST`.",
}
"""By code of `reconciler.model.plan.Code`."""

REMARKS: Final = {
    "at-risk": "What is to be done now, or the clock will do, loses something that is still open: the message says how much. Settle that first, or put it off.",
    "dangerous": "The lifecycle marks this step as one that cannot be taken back. Look twice before approving it.",
    "denied": "A guard that was true when the plan was made was false when the step was to be taken. Mend what it asks for, and apply again.",
    "failed": "A runtime could not perform an effect of the step. Nothing of the step counts as done; the next run settles it.",
    "stale": "The resource is no longer as the plan saw it: somebody else was there first. Plan again.",
    "waiting": "A guard asks for a fact that is not known yet, or the next move belongs to a timer. Nothing is wrong; it goes on by itself.",
}
"""What else is said about a plan, or about what became of it."""
