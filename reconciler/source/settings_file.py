"""A file of settings: one document, read strictly, whose every value has a place."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.source.marks import Locator
from reconciler.source.regular import read_regular
from reconciler.source.schema import MAX_PROBLEMS, Problem
from reconciler.source.strict_yaml import MAX_BYTES, YamlProblem, read_documents


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What the file holds. `code` is that of every diagnostic about it, `advice` where no better is known."""

    shown: str
    value: Any
    digest: str
    code: str
    advice: str
    marks: Locator

    def place(self, pointer: str) -> Place:
        """Where the value at `pointer` stands."""
        mark = self.marks.mark(0, pointer)
        return Place(self.shown, mark.line, mark.column)

    def told(self, problems: Iterable[Problem]) -> tuple[Diagnostic, ...]:
        """Problems with their places; no more than a person reads."""
        found = []
        for problem in list(problems)[:MAX_PROBLEMS]:
            mark = self.marks.mark(0, problem.pointer, on_key=problem.on_key)
            place = Place(self.shown, mark.line, mark.column)
            found.append(diagnose(self.code, problem.message, place, help=problem.help or self.advice))
        return tuple(found)


def read_settings_file(
    file: Path, shown: str, code: str, advice: str
) -> tuple[SettingsFile | None, tuple[Diagnostic, ...]]:
    """The content of `file`, or why it cannot be read."""
    try:
        content = read_regular(file, MAX_BYTES)
        documents = read_documents(content)
    except OSError as error:
        way = "mend or remove it; every setting has a default"
        return None, (diagnose("unreadable", error.strerror or str(error), Place(shown), help=way),)
    except YamlProblem as error:
        return None, (diagnose(code, error.message, Place(shown, error.line, error.column), help=error.help),)
    if len(documents) > 1:
        place, way = Place(shown, *documents[1].position()), "put all settings in the first one"
        return None, (diagnose(code, f"{shown} holds one document, not {len(documents)}", place, help=way),)
    value = documents[0].value if documents and documents[0].value is not None else {}
    digest = hashlib.sha256(content).hexdigest()
    return SettingsFile(shown, value, digest, code, advice, Locator(content)), ()
