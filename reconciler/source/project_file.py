"""The content of `muster.yaml`: its schema, read strictly."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.policy import NO_POLICIES, Policies
from reconciler.source.dashboard_schema import DASHBOARD, dashboard_problems
from reconciler.source.notification_schema import NOTIFICATIONS
from reconciler.source.policy_file import policies_of, policy_problems
from reconciler.source.policy_schema import POLICY_PROPERTIES
from reconciler.source.schema import Problem, Validator
from reconciler.source.server_schema import RETURNS, SERVER
from reconciler.source.settings_file import read_settings_file

_TEXT = {"type": "string", "minLength": 1, "maxLength": 1024}
_PATHS = {"type": "array", "items": {**_TEXT, "pattern": "^[^\\u0000]*$"}, "maxItems": 100}
_DRIFT = {"enum": ["correct", "warn"], "description": "correct it, or leave it and say so; default correct"}
_STORES = (
    "sqlite:///absolute/path, sqlite:relative/path or postgresql://user@host/database (no password: this file is in git);"
    " default sqlite:.muster/state.db"
)
STORE: Final[dict[str, Any]] = {**_TEXT, "description": _STORES}
PROJECT_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "muster.yaml",
    "description": "Settings of a campaigns repository. Every key is optional.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "manifests": {
            **_PATHS,
            "minItems": 1,
            "description": "directories or files with manifests; default campaigns.d",
        },
        "store": STORE,
        "timezone": {"type": "string", "format": "muster-zone", "description": "for schedules that name no zone"},
        "kinds": {**_PATHS, "description": "directories whose folders hold kind.yaml and schema.json"},
        "notifications": NOTIFICATIONS,
        "server": SERVER,
        "returns": RETURNS,
        "dashboard": DASHBOARD,
        "drift": {
            "description": "what becomes of what an operator or another checkout has changed past the manifests",
            "anyOf": [
                _DRIFT,
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "default": {**_DRIFT, "default": "correct"},
                        "kinds": {"type": "object", "additionalProperties": _DRIFT, "description": "by kind"},
                    },
                },
            ],
        },
        **POLICY_PROPERTIES,
    },
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What muster.yaml says; `digest` is that of its bytes."""

    value: dict[str, Any]
    policies: Policies = NO_POLICIES
    digest: str = ""


def read_settings(file: Path) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """The settings in `file`, and what is wrong with them; with anything wrong, none."""
    advice = "`muster schema muster` says what is accepted"
    read, found = read_settings_file(file, file.name, "bad-project", advice)
    if read is None:
        return Settings({}), found
    value = read.value
    problems = list(Validator(PROJECT_SCHEMA).problems(value))
    if problems:
        return Settings({}), read.told(map(_in_words, problems))
    zone = value.get("timezone", "UTC")
    problems = [
        *_missing_directories(value, file.parent),
        *_same_names(value),
        *dashboard_problems(value),
        *policy_problems(value, zone),
    ]
    if problems:
        return Settings({}), read.told(problems)
    return Settings(value, policies_of(value, zone, read.place), read.digest), ()


def settings_told(file: Path, problems: Iterable[Problem]) -> tuple[Diagnostic, ...]:
    """Problems that show when the settings are used, with their places in `file`, which was read before."""
    read, found = read_settings_file(file, file.name, "bad-project", "`muster schema muster` says what is accepted")
    return read.told(problems) if read else found


_SECRETS: Final = frozenset({"secret", "previousSecret", "password", "token"})


def _in_words(problem: Problem) -> Problem:
    """What a schema cannot say well; and what it must not repeat."""
    here = problem.pointer.split("/")[1:]
    secret = next((place for place, name in enumerate(here) if name in _SECRETS), None)
    if secret is not None:
        message = "what stands here is not shown, because it may be the secret itself"
        advice = "write {env: NAME} or {file: PATH}, and change the secret if it was here: the file's history keeps it"
        return Problem("bad-value", "/" + "/".join(here[: secret + 1]), message, advice)
    if here == ["server", "url"]:
        advice = "write https://mail.example.com; http:// is for localhost alone: who sees a link may use it"
        return Problem("bad-value", problem.pointer, "this is no address that links in mails may lead to", advice)
    if here == ["dashboard", "url"]:
        advice = "write https://muster.example.com, without a path; http:// is for localhost alone: tokens travel there"
        return Problem("bad-value", problem.pointer, "browsers cannot come in safely by this address", advice)
    if here[:2] == ["returns", "mailboxes"] and len(here) == 3 and problem.code == "bad-value":
        return Problem(
            "bad-value", problem.pointer, "a mailbox is one of maildir, mbox, pop3 and lmtp", "keep one of them"
        )
    return problem


def _same_names(value: dict[str, Any]) -> list[Problem]:
    """Mailboxes and webhooks are known by their names."""
    found = []
    for member in ("mailboxes", "webhooks"):
        met: set[str] = set()
        for index, one in enumerate(value.get("returns", {}).get(member, ())):
            if one["name"] in met:
                pointer = f"/returns/{member}/{index}/name"
                found.append(Problem("bad-value", pointer, f"{one['name']} stands here twice", "give it another name"))
            met.add(one["name"])
    return found


def _missing_directories(value: dict[str, Any], root: Path) -> list[Problem]:
    return [
        Problem(
            "bad-value", f"/kinds/{index}", f"the kinds directory {name} does not exist", "create it, or remove it here"
        )
        for index, name in enumerate(value.get("kinds", ()))
        if not os.path.isdir(root / name)  # not pathlib's: it raises where a name is too long
    ]
