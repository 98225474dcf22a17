"""The schema of test files: what `muster test` reads, and what editors check while a team writes it."""

from typing import Any, Final

from reconciler.source.policy_schema import POLICY_PROPERTIES

Schema = dict[str, Any]

APPLY: Final = "apply"
REST: Final = ("…", "...")
"""In a list of what is expected: any number of others."""


def _text(description: str = "", longest: int = 200) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest} | _told(description)


def _told(description: str) -> Schema:
    return {"description": description} if description else {}


def _list(description: str, *forms: Schema) -> Schema:
    items = forms[0] if len(forms) == 1 else {"anyOf": list(forms)}
    return {"type": "array", "items": items} | _told(description)


def _one_of(description: str, *forms: Schema) -> Schema:
    return {"anyOf": list(forms)} | _told(description)


def _object(description: str, members: dict[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": members,
        "required": list(required),
        "description": description,
    }


def _by(description: str, value: Schema) -> Schema:
    """A table whose keys are refs, or paths."""
    return {"type": "object", "additionalProperties": value, "description": description}


_WORD: Final = _text()
_WORDS: Final = _list("", _WORD)
_REST: Final[Schema] = {"enum": list(REST), "description": "any number of others"}
_FACTS: Final[Schema] = {"type": "object", "description": "each fact with its value"}
_TIME: Final = _text("local in the case's timezone, or with an offset: 2027-06-01T09:00")
_NOTHING: Final[Schema] = {"type": "null"}

_STATE: Final = _one_of(
    "",
    _WORD,
    _NOTHING,
    _object(
        "what is compared; whatever is left out may be as it likes",
        {
            "state": _one_of("the stored state; null: the store does not know it", _WORD, _NOTHING),
            "desired": _one_of("the state that is asked for now; null: it has no manifest", _WORD, _NOTHING),
            "satisfied": _list("the desired states that its state stands for", _WORD),
            "flags": _list("the flags that are set", _WORD),
            "held": _one_of("who holds it now; null: nobody", _WORD, _NOTHING),
        },
    ),
)
_LINE: Final = _object(
    "one line of the log; whatever is left out may be as it likes",
    {
        "at": _TIME,
        "ref": _WORD,
        "event": _WORD,
        "from": _WORD,
        "to": _WORD,
        "by": {"enum": ["user", "timer", "system"], "description": "who took the step"},
        "due": _text("when a timer or a missed entry was due"),
        "reason": _text("part of why a timer took its other way, or why an entry was missed"),
        "missed": _text("the state that a missed entry asked for"),
    },
)
_REFUSAL: Final = _object(
    "one refusal; whatever is left out may be as it likes",
    {
        "code": _WORD,
        "says": _text("part of its words"),
        "place": _text("file:line that it points at"),
    },
)
_OCCURRENCE: Final = _object(
    "one thing that the plan foresees; whatever is left out may be as it likes",
    {
        "at": _TIME,
        "ref": _WORD,
        "event": {"type": "string", "maxLength": 200, "description": "the events on the way, joined by commas"},
        "to": _WORD,
        "verdict": {"enum": ["legal", "conditional", "illegal", "shadowed", "never-fires", "race"]},
        "source": {"enum": ["schedule", "timer", "burst", "release", "hold"], "description": "what makes it happen"},
        "says": _text("part of its words"),
        "place": _text("file:line of the schedule entry"),
        "against": _list("file:line, or ref, of each other side of a conflict", _WORD),
    },
)
_PLAN: Final = _object(
    "what `muster plan` says now; whatever is left out may be as it likes",
    {
        "at": _text("plan for this time, as `--at`"),
        "horizon": _text("how far it looks ahead: 90d, 12w, 6 months, 1y; default 90d"),
        "exit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 255,
            "description": "exit code; 2 where there are changes",
        },
        "steps": _by("the steps that it plans for these resources, none for []", _WORDS),
        "blocked": _by(
            "every blocked resource, with some of its refusals",
            _one_of("", _WORD, _REFUSAL, _list("", _WORD, _REFUSAL)),
        ),
        "waiting": _by("every waiting resource, with the event that it waits for", _WORD),
        "unmanaged": _list("every stored resource without a manifest", _WORD),
        "held": _list("every resource that somebody holds", _WORD),
        "timeline": _list("all that it foresees, in order", _REST, _OCCURRENCE),
    },
)
_PATHS: Final = (_WORD, _list("", _WORD))
_CHANGES: Final = _by(
    "by path",
    _one_of(
        "",
        _text("the new text, or on one line the path of the file that has it", 1 << 20),
        _by("old text, which stands there once, to new text", {"type": "string"}),
    ),
)

STEPS: Final[dict[str, Schema]] = {
    "advance": _text("time passes, and all that comes due happens at its instant: 15m, 9h, 7d (of 24 hours), 3 months"),
    "advance to": _text("the same, until this time"),
    "down": _text("time passes and nobody looks; then one apply"),
    "back": _text("the clock jumps back; then one apply"),
    "merge": _one_of(
        "files of the project that are new or change, or by path their new text or edits", *_PATHS, _CHANGES
    ),
    "remove": _one_of("files that go", *_PATHS),
    "facts": _by("what the runtime observes from now on", _FACTS),
    "expect": _by("the state of each of these resources, or more of it", _STATE),
    "expect events": _by("every event of each of these resources so far", _list("", _REST, _WORD, _LINE)),
    "expect log": _list("every line of the log so far", _REST, _WORD, _LINE),
    "expect plan": _PLAN,
    "expect diagnostics": _list("the code of every error and warning of the manifests", _WORD),
    "expect effects": _by("every effect that was brought about for each of these resources so far", _WORDS),
}
"""What a step may say, by its key."""

_HOLD: Final = _object(
    "somebody holds it",
    {
        "by": _text("who; default test"),
        "reason": _text("why; default `held by the case`"),
        "since": _text("default when it was looked at last"),
        "until": _TIME,
        "paths": _list("the fields whose drift is acknowledged; without them the whole resource is held", _WORD),
    },
    "until",
)
_STORED: Final = _object(
    "as it is stored",
    {
        "state": _WORD,
        "satisfied": _list("the desired states that it stands for; default its state alone", _WORD),
        "flags": _WORDS,
        "entered": _text("when it entered its state; default now"),
        "applied": _text("when somebody looked last; default now"),
        "operated": _text("why an operator took it into its state; default: nobody did"),
        "holds": _list("who holds it", _HOLD),
    },
    "state",
)
_GIVEN: Final = _object(
    "what there is before anything happens",
    {
        "manifests": _one_of("files or folders, relative to the test file or the project", *_PATHS),
        "files": _by("files by path, with their text", {"type": "string"}),
        "stored": _by("what the store has of these manifests; everything else is new", _one_of("", _WORD, _STORED)),
        "facts": _by("what the runtime observes; everything else is unknown", _FACTS),
        # In place of those of the project, which hold otherwise.
        **POLICY_PROPERTIES,
    },
)
_ZONE: Final[Schema] = {
    "type": "string",
    "format": "muster-zone",
    "description": "of the local times in this case; default the project's, else UTC",
}

CASE_SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Muster test",
    "description": "A case: what is given, what happens, and what is expected. `muster test` runs it.",
    "type": "object",
    "additionalProperties": False,
    "required": ["test", "now"],
    "properties": {
        "test": _text("what it shows, as a sentence"),
        "requirements": _list("the ids of what it shows", _WORD),
        "now": _TIME,
        "timezone": _ZONE,
        "given": _GIVEN,
        "steps": {
            "type": "array",
            "minItems": 1,
            "description": "what happens, in order; left out: the case itself is the only step",
            "items": _one_of(
                "",
                {"type": "string", "const": APPLY, "description": "one `muster apply`"},
                {**_object("done in the order in which it stands", STEPS), "minProperties": 1},
            ),
        },
        **STEPS,
    },
}
"""One document of a test file."""
