"""`environments/NAME.yaml`: one environment of a campaigns repository, its store, its policies, and its patches."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.lifecycle.kind import API_VERSION
from reconciler.model.change import tokens
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import Usage
from reconciler.model.policy import Policies
from reconciler.model.ref import NAME, Ref
from reconciler.source.overlay import IDENTITY, Overlay, Patch
from reconciler.source.policy_file import policies_of, policy_problems, selector_of
from reconciler.source.policy_schema import POLICY_PROPERTIES, SELECTOR
from reconciler.source.project_file import STORE, Settings
from reconciler.source.scan import SUFFIXES
from reconciler.source.schema import Problem, Validator, did_you_mean
from reconciler.source.settings_file import read_settings_file

DIRECTORY: Final = "environments"
"""Where environments stand, beside muster.yaml."""

_PATCH: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["patch"],
    "oneOf": [{"required": ["ref"]}, {"required": ["match"]}],
    "properties": {
        "ref": {"type": "string", "maxLength": 200, "description": "kind/name, or kind/name@version"},
        "match": SELECTOR,
        "patch": {
            "type": "object",
            "description": "a JSON merge patch (RFC 7396) of the manifest: null deletes, a list replaces the whole list",
        },
    },
}
ENVIRONMENT_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Environment",
    "description": "One environment of a campaigns repository, environments/NAME.yaml; `--env NAME` asks for it.",
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind"],
    "properties": {
        "apiVersion": {"const": API_VERSION},
        "kind": {"const": "Environment"},
        "store": {**STORE, "description": "where its actual state lives; default a SQLite file of its own in .muster"},
        **POLICY_PROPERTIES,
        "patches": {
            "type": "array",
            "items": _PATCH,
            "maxItems": 10_000,
            "description": "what is different here, the later ones on top of the earlier",
        },
    },
}


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, read."""

    overlay: Overlay
    store: str
    policies: Policies
    """Those of muster.yaml, then its own."""


def read_environment(root: Path, name: str, settings: Settings) -> tuple[Environment | None, tuple[Diagnostic, ...]]:
    """The environment of that name. Usage where there is none."""
    file = _file(root, name)
    shown = f"{DIRECTORY}/{file.name}"
    read, found = read_settings_file(
        file, shown, "bad-environment", "`muster schema environment` says what is accepted"
    )
    if read is None:
        return None, found
    problems: list[Problem] = list(Validator(ENVIRONMENT_SCHEMA).problems(read.value))
    zone = settings.value.get("timezone", "UTC")
    if not problems:
        problems = [
            *policy_problems(read.value, zone, settings.policies),
            *_patch_problems(read.value.get("patches", ())),
            *_store_problems(read.value, settings),
        ]
    if problems:
        return None, read.told(problems)
    patches = tuple(_patch(one) for one in read.value.get("patches", ()))
    policies = policies_of(read.value, zone, read.place, settings.policies)
    return Environment(Overlay(name, read, patches), read.value.get("store", ""), policies), ()


def state_of(directory: Path, name: str | None) -> Path:
    """Where an environment keeps what is its own, below `directory`. Usage where it cannot be one's name."""
    return directory / DIRECTORY / _checked(name) if name else directory


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Usage(f"{name!r} is not the name of an environment; use small letters, digits and hyphens")
    return name


def _file(root: Path, name: str) -> Path:
    _checked(name)
    for suffix in SUFFIXES:
        if os.path.lexists(root / DIRECTORY / (name + suffix)):
            return root / DIRECTORY / (name + suffix)
    known = environments(root)
    advice = did_you_mean(name, known) or (f"there is {', '.join(known)}" if known else "there is none yet")
    raise Usage(f"there is no {DIRECTORY}/{name}.yaml; {advice}")


def environments(root: Path) -> list[str]:
    """The names of all environments, sorted."""
    try:
        files = os.listdir(root / DIRECTORY)
    except OSError:
        return []
    stems = {os.path.splitext(file)[0] for file in files if file.endswith(SUFFIXES)}
    return sorted(stem for stem in stems if NAME.fullmatch(stem))


def _patch(data: dict[str, Any]) -> Patch:
    if "match" in data:
        return Patch(data["patch"], match=selector_of(data["match"]))
    ref = Ref.parse(data["ref"])
    return Patch(data["patch"], ref.kind, ref.name, ref.version if "@" in data["ref"] else 0)


def _patch_problems(patches: Any) -> Iterator[Problem]:
    for index, one in enumerate(patches):
        here = f"/patches/{index}"
        if "ref" in one:
            try:
                Ref.parse(one["ref"])
            except ValueError as error:
                yield Problem("bad-value", f"{here}/ref", str(error))
        yield from (
            Problem(
                "bad-value",
                f"{here}/patch{pointer}",
                f"a patch does not change {pointer[1:].replace('/', '.')}: by that a manifest is what it is",
                "write a manifest of its own for what exists in one environment only",
                on_key=True,
            )
            for pointer in IDENTITY
            if _names(one["patch"], pointer)
        )
        if "metadata" in one["patch"] and not isinstance(one["patch"]["metadata"], dict):
            message = "a patch does not replace the whole metadata: a name is in it"
            yield Problem("bad-value", f"{here}/patch/metadata", message, "patch metadata.labels", on_key=True)


def _names(patch: Any, pointer: str) -> bool:
    for token in tokens(pointer):
        if not isinstance(patch, dict) or token not in patch:
            return False
        patch = patch[token]
    return True


def _store_problems(value: dict[str, Any], settings: Settings) -> Iterator[Problem]:
    """Two environments in one store would undo each other's work at every run."""
    if "store" in settings.value and "store" not in value:
        message = "muster.yaml names a store, and this environment does not say which is its own"
        yield Problem("missing-key", "", message, "add `store: …`; two environments in one store would undo each other")
