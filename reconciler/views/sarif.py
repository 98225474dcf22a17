"""Remarks as SARIF 2.1.0, which code scanning, editors and other tools read."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from reconciler import __version__
from reconciler.model import canonical
from reconciler.model.codes import SUMMARIES, severity_of
from reconciler.model.diagnostic import Place
from reconciler.views.remarks import Level, Remark
from reconciler.views.report import Roots
from reconciler.views.style import safe
from reconciler.views.words import DIAGNOSTICS, REFUSALS, REMARKS

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final[Mapping[Level, str]] = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTICE: "note"}
_HELP: Final[Mapping[str, str]] = {**DIAGNOSTICS, **{str(code): text for code, text in REFUSALS.items()}, **REMARKS}
"""What there is a rule for. What will be done is no finding, and has none."""


def remarks_to_sarif(found: Iterable[Remark], roots: Roots, compared: bool = False) -> str:
    """One run. Nothing is left out and nothing suppressed; `compared` tells what is new from what the base has too."""
    remarks = [one for one in found if one.code in _HELP]
    rules = sorted({one.code for one in remarks})
    seen: Counter[tuple[str, ...]] = Counter()
    results = []
    for one in remarks:
        results.append(_result(one, rules.index(one.code), roots, seen[one.identity]))
        seen[one.identity] += 1
        if compared:
            results[-1]["baselineState"] = "unchanged" if one.owed else "new"
    driver = {"name": "muster", "semanticVersion": __version__, "rules": [_rule(code) for code in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return canonical.encode_pretty({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": SUMMARIES.get(code, code.replace("-", " "))},
        "fullDescription": {"text": _HELP[code]},
        "help": {"text": _HELP[code], "markdown": _HELP[code]},
        "defaultConfiguration": {"level": _LEVELS[_usual(code)]},
    }


def _usual(code: str) -> Level:
    if code in DIAGNOSTICS:
        return Level(severity_of(code))
    return {"dangerous": Level.WARNING, "waiting": Level.NOTICE}.get(code, Level.ERROR)


def _result(one: Remark, rule: int, roots: Roots, nth: int) -> dict[str, Any]:
    text = "\n".join(safe(line) for line in f"{one.title}\n{one.message}".split("\n"))
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": _LEVELS[one.level],
        "message": {"text": text},
        "partialFingerprints": {"muster/v1": _fingerprint(one, nth), "primaryLocationLineHash": _fingerprint(one, nth)},
    }
    if one.place.file:
        result["locations"] = [_location(one, roots)]
    return result


def _location(one: Remark, roots: Roots) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(roots.file(one.place))},
            "region": _region(one.place),
        }
    }
    if one.ref:
        location["logicalLocations"] = [{"fullyQualifiedName": f"{one.ref}{one.path}", "kind": "resource"}]
    return location


def _region(place: Place) -> dict[str, int]:
    """A file as a whole is shown at its first line: code scanning asks for one."""
    return {"startLine": place.line, "startColumn": place.column} if place.line and place.column else {"startLine": 1}


def _uri(path: str) -> str:
    return f"file://{quote(path)}" if path.startswith("/") else quote(path)


def _fingerprint(one: Remark, nth: int) -> str:
    """The same for the same finding, whatever line it stands in; told from its twins by their order."""
    return hashlib.sha256("\0".join((*one.identity, str(nth))).encode("utf-8", "replace")).hexdigest()
