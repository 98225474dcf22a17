"""From the bytes of one file to manifests and canonical documents, with every problem found on the way."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.lifecycle.kind import Kind, manifest_schema
from reconciler.lifecycle.rule import Rule, RuleError
from reconciler.lifecycle.shape import select, values_at
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.instant import parse_instant, to_text
from reconciler.model.lifecycle import PRESENT
from reconciler.model.manifest import Entry, Manifest, NamedFile
from reconciler.model.ref import Ref
from reconciler.plan.references import mentions
from reconciler.source.kinds import Kinds
from reconciler.source.marks import locate
from reconciler.source.schema import SchemaProblem, Validator, did_you_mean
from reconciler.source.strict_yaml import Read, YamlDocument, YamlProblem, read_documents


@dataclass(slots=True)
class Reading:
    """What one file holds. `manifests`, `documents` go together by position; documents are canonical JSON."""

    manifests: list[Manifest] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    files: list[NamedFile] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


class ManifestReader:
    """Reads files of one project. Holds the compiled validators; knows nothing of where bytes come from."""

    def __init__(self, kinds: Kinds, timezone: str | None) -> None:
        self._kinds = kinds
        self._timezone = timezone
        self._validators: dict[str, Validator] = {}
        self._expressions: set[tuple[str, tuple[str, ...]]] = set()

    def read(self, data: bytes, file: str, read: Read = read_documents) -> Reading:
        """Everything in `data`, the content of `file`; `read` is for many files at once."""
        reading = Reading()
        try:
            documents = read(data)
        except YamlProblem as problem:
            place = Place(file, problem.line, problem.column)
            reading.diagnostics.append(diagnose(problem.code, problem.message, place, help=problem.help))
            return reading
        for index, document in enumerate(documents):
            if document.value is not None:
                _One(self, data, file, index, document, reading).read()
        if not reading.manifests and not reading.diagnostics:
            reading.diagnostics.append(
                diagnose("empty-file", "nothing but comments or empty documents", Place(file), help="write a manifest or remove the file")
            )
        return reading

    def kind(self, name: str) -> Kind | None:
        """The kind of that name, if the project has it."""
        return self._kinds.table.get(name)

    @property
    def kind_names(self) -> list[str]:
        """Every kind of the project, sorted."""
        return sorted(self._kinds.table)

    @property
    def timezone(self) -> str | None:
        """The project's default zone for schedules."""
        return self._timezone

    def expression(self, text: str, variables: tuple[str, ...]) -> None:
        """Compile an expression, each distinct one once. RuleError where CEL does not accept it."""
        if (text, variables) not in self._expressions:
            Rule(text, variables)
            self._expressions.add((text, variables))

    def validator(self, kind: Kind) -> Validator:
        """The compiled schema of this kind's manifests."""
        found = self._validators.get(kind.name)
        if found is None:
            found = self._validators[kind.name] = Validator(manifest_schema(kind.lifecycle, kind.spec_schema))
        return found


@dataclass(slots=True)
class _One:
    """One document on its way to a manifest."""

    reader: ManifestReader
    data: bytes
    file: str
    index: int
    source: YamlDocument
    reading: Reading

    def read(self) -> None:
        kind = self._kind()
        if kind is None:
            return
        value = self.source.value
        if not self.reader.validator(kind).accepts(value):
            for problem in self.reader.validator(kind).problems(value):
                self._schema_problem(kind, problem)
            return
        self._manifest(kind, value)

    def _kind(self) -> Kind | None:
        value = self.source.value
        if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
            what = "a mapping without `kind`" if isinstance(value, dict) else "not a mapping"
            self._report("not-a-manifest", f"the document is {what}", "", help="start with apiVersion: muster/v1 and kind: …")
            return None
        kind = self.reader.kind(value["kind"])
        if kind is None:
            known = self.reader.kind_names
            advice = did_you_mean(value["kind"], known) or "known kinds: " + ", ".join(known)
            self._report("unknown-kind", f"{value['kind']!r} is not a kind of this project", "/kind", help=advice)
        return kind

    def _manifest(self, kind: Kind, value: dict[str, Any]) -> None:
        before = len(self.reading.diagnostics)
        metadata, spec = value["metadata"], kind.normalise_spec(value.get("spec", {}))
        document: Document = {"spec": spec}
        if metadata.get("labels"):
            document["metadata"] = {"labels": metadata["labels"]}
        schedule = value.get("schedule")
        if schedule and schedule["entries"]:
            document["schedule"] = schedule
        entries = self._entries(schedule) if schedule else ()
        if kind.files:
            self._files(kind, document)
        if kind.expressions:
            self._expressions(kind, document)
        if any(one.severity == "error" for one in self.reading.diagnostics[before:]):
            return
        encoded = canonical.encode(document)
        self.reading.manifests.append(
            Manifest(
                ref=Ref(kind.name, metadata["name"], metadata.get("version", 1)),
                state=value.get("state", PRESENT),
                digest=canonical.digest_of_bytes(encoded),
                place=Place(self.file, *self.source.position("state")),
                index=self.index,
                flags=tuple(name for name in kind.lifecycle.flags if value.get(name)),
                entries=entries,
                moved_from=metadata.get("movedFrom", ""),
                mentions=mentions(kind, document) if kind.references else (),
            )
        )
        self.reading.documents.append(encoded)

    def _entries(self, schedule: dict[str, Any]) -> tuple[Entry, ...]:
        zone = schedule.get("timezone") or self.reader.timezone
        found = []
        for index, entry in enumerate(schedule["entries"]):
            pointer = f"/schedule/entries/{index}/at"
            try:
                instant = parse_instant(entry["at"], zone)
            except ValueError as error:
                advice = "add `timezone: Europe/Amsterdam` to the schedule" if zone is None else ""
                self._report("bad-time", str(error), pointer, help=advice)
                continue
            self._odd_time(entry["at"], zone, instant, pointer)
            found.append(Entry(to_text(instant), entry["state"], entry["at"], zone or "", index))
        return tuple(sorted(found, key=lambda entry: (entry.at, entry.index)))

    def _odd_time(self, text: str, zone: str | None, instant: datetime, pointer: str) -> None:
        local = datetime.fromisoformat(text)
        if zone is None or local.tzinfo is not None:
            return
        shown = instant.astimezone(ZoneInfo(zone))
        if shown.replace(tzinfo=None) != local:
            self._report("skipped-time", f"{text} is skipped in {zone}; the first instant after it is {shown.isoformat()}", pointer)
        elif local.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset() != shown.utcoffset():
            self._report("repeated-time", f"{text} occurs twice in {zone}; the first is meant, {shown.isoformat()}", pointer)

    def _files(self, kind: Kind, document: Document) -> None:
        for path, use in kind.files:
            for pointer, name in select(document, path) if values_at(document, path) else ():
                if isinstance(name, str):
                    self.reading.files.append(NamedFile(len(self.reading.manifests), name, use, pointer))

    def _expressions(self, kind: Kind, document: Document) -> None:
        for path, variables in kind.expressions:
            for pointer, text in select(document, path) if values_at(document, path) else ():
                if isinstance(text, str):
                    try:
                        self.reader.expression(text, variables)
                    except RuleError as error:
                        self._report("bad-expression", f"CEL does not accept {text!r}: {error}", pointer, help=_known(variables))

    def _schema_problem(self, kind: Kind, problem: SchemaProblem) -> None:
        value = next((one for _, one in select(self.source.value, tuple(problem.pointer.split("/")[1:]))), None)
        state_asked = problem.pointer == "/state" or problem.pointer.endswith("/state")
        if state_asked and isinstance(value, str) and value in kind.lifecycle.states and not problem.pointer.startswith("/spec"):
            asked = ", ".join(kind.lifecycle.desirable)
            message = f"{value!r} is reached by the system, never asked for (X-04)"
            self._report("observed-state", message, problem.pointer, help=f"ask for one of: {asked}")
            return
        self._report(problem.code, problem.message, problem.pointer, help=problem.help, on_key=problem.on_key)

    def _report(self, code: str, detail: str, pointer: str, *, help: str = "", on_key: bool = False) -> None:  # noqa: A002
        mark = locate(self.data, self.index, pointer, on_key=on_key)
        self.reading.diagnostics.append(diagnose(code, detail, Place(self.file, mark.line, mark.column), help=help))


def _known(variables: tuple[str, ...]) -> str:
    return "it may use: " + ", ".join(variables)
