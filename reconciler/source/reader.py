"""From the bytes of one file to manifests and canonical documents, with every problem found on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.lifecycle.kind import Kind, manifest_schema
from reconciler.lifecycle.rule import Rule, RuleError
from reconciler.lifecycle.shape import secret_within, select, values_at
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.change import tokens
from reconciler.model.codes import diagnose, severity_of
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.instant import Moment, Oddity, ZoneMissing, parse_moment
from reconciler.model.manifest import Entry, Manifest, NamedFile
from reconciler.model.ref import Ref
from reconciler.plan.references import mentions
from reconciler.source.kinds import Kinds
from reconciler.source.marks import Locator
from reconciler.source.overlay import Overlay
from reconciler.source.schema import MAX_PROBLEMS, Problem, Validator, did_you_mean
from reconciler.source.strict_yaml import Read, YamlDocument, YamlProblem, read_documents


@dataclass(slots=True)
class Reading:
    """What one file holds. `manifests`, `documents`, `values` go together by position; documents are canonical JSON."""

    manifests: list[Manifest] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    values: list[Document] = field(default_factory=list)
    """What the documents spell."""
    files: list[NamedFile] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


class ManifestReader:
    """Reads files of one project. Holds the compiled validators; knows nothing of where bytes come from."""

    def __init__(self, kinds: Kinds, timezone: str | None, overlay: Overlay | None = None) -> None:
        self._kinds = kinds
        self._timezone = timezone
        self.overlay = overlay
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
        problems: list[tuple[int, Problem]] = []
        for index, document in enumerate(documents):
            if document.value is not None:
                _One(self, file, index, document, reading, problems).read()
        if problems:
            layered = Layered(self.overlay, documents, file, Locator(data))
            reading.diagnostics += _diagnostics(problems, layered)
        elif not reading.manifests:
            advice = "write a manifest or remove the file"
            empty = diagnose("empty-file", "nothing but comments or empty documents", Place(file), help=advice)
            reading.diagnostics.append(empty)
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


@dataclass(frozen=True, slots=True)
class Layered:
    """Where values stand: in the environment's file where a patch says them, else in the manifest's own."""

    overlay: Overlay | None
    documents: list[YamlDocument]
    file: str
    marks: Locator

    def place(self, index: int, problem: Problem) -> Place:
        """The place that a problem of a document is about."""
        if self.overlay is not None:
            base = self.documents[index].value
            layers = self.overlay.layers(base)
            found = self.overlay.blame(layers, problem.pointer, base, on_key=problem.on_key)
            if found is not None:
                return found
        mark = self.marks.mark(index, problem.pointer, on_key=problem.on_key)
        return Place(self.file, mark.line, mark.column)


def _diagnostics(problems: list[tuple[int, Problem]], layered: Layered) -> Iterator[Diagnostic]:
    """The problems of a file in the order of their places, errors first; no more than a person reads."""
    placed = [(layered.place(index, one), one) for index, one in problems]
    placed.sort(key=lambda pair: (severity_of(pair[1].code) is not Severity.ERROR, pair[0]))
    more = len(placed) - MAX_PROBLEMS
    for number, (place, problem) in enumerate(placed[:MAX_PROBLEMS], 1):
        rest = f" … and {more:,} more problems in this file" if number == MAX_PROBLEMS and more > 0 else ""
        yield diagnose(problem.code, problem.message, place, help=problem.help + rest)


@dataclass(slots=True)
class _One:
    """One document on its way to a manifest."""

    reader: ManifestReader
    file: str
    index: int
    source: YamlDocument
    reading: Reading
    problems: list[tuple[int, Problem]]
    layers: tuple[int, ...] = ()

    def read(self) -> None:
        kind = self._kind()
        if kind is None:
            return
        value, overlay = self.source.value, self.reader.overlay
        if overlay is not None:
            self.layers = overlay.layers(value)
            value = overlay.patched(value, self.layers)
        if not self.reader.validator(kind).accepts(value):
            for problem in self.reader.validator(kind).problems(value):
                self._schema_problem(kind, problem)
            return
        self._manifest(kind, value)

    def _kind(self) -> Kind | None:
        value = self.source.value
        if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
            what = "a mapping without `kind`" if isinstance(value, dict) else "not a mapping"
            self._report(
                "not-a-manifest", f"the document is {what}", "", "start with apiVersion: muster/v1 and kind: …"
            )
            return None
        kind = self.reader.kind(value["kind"])
        if kind is None:
            known = self.reader.kind_names
            advice = did_you_mean(value["kind"], known) or "known kinds: " + ", ".join(known)
            self._report("unknown-kind", f"{value['kind']!r} is not a kind of this project", "/kind", advice)
        return kind

    def _manifest(self, kind: Kind, value: dict[str, Any]) -> None:
        before = len(self.problems)
        metadata, spec = value["metadata"], kind.normalise_spec(value.get("spec", {}))
        document: Document = {"spec": spec}
        if metadata.get("labels"):
            document["metadata"] = {"labels": metadata["labels"]}
        schedule = value.get("schedule")
        if schedule and schedule["entries"]:
            document["schedule"] = schedule
        entries = self._entries(kind, schedule) if schedule else ()
        if kind.files:
            self._files(kind, value)
        if kind.expressions:
            self._expressions(kind, value)
        if kind.keyed:
            self._duplicates(kind, value)
        if any(severity_of(one.code) is Severity.ERROR for _, one in self.problems[before:]):
            return
        encoded = canonical.encode(document)
        self.reading.manifests.append(
            Manifest(
                ref=Ref(kind.name, metadata["name"], metadata.get("version", 1)),
                state=value.get("state", kind.lifecycle.initial),
                digest=canonical.digest_of_bytes(encoded),
                place=self._laid_over("/state") or Place(self.file, *self.source.position("state")),
                index=self.index,
                flags=tuple(name for name in kind.lifecycle.flags if value.get(name)),
                entries=entries,
                moved_from=metadata.get("movedFrom", ""),
                mentions=mentions(kind, document) if kind.references else (),
                layers=self.layers,
                base=self.file if self.layers else "",
            )
        )
        self.reading.documents.append(encoded)
        self.reading.values.append(document)

    def _laid_over(self, pointer: str) -> Place | None:
        """Where a patch has the last word about a value."""
        overlay = self.reader.overlay
        return overlay.place(self.layers, pointer, self.source.value) if overlay and self.layers else None

    def _entries(self, kind: Kind, schedule: dict[str, Any]) -> tuple[Entry, ...]:
        zone = schedule.get("timezone") or self.reader.timezone
        places = self.source.entry_positions(len(schedule["entries"]))
        found = []
        for index, entry in enumerate(schedule["entries"]):
            text = entry["at"]
            self._schedulable(kind, entry["state"], index)
            try:
                moment = parse_moment(text, zone)
            except ValueError as error:
                self._report("bad-time", str(error), f"/schedule/entries/{index}/at", _way_out(error))
                continue
            if moment.oddity and zone:
                self._odd_time(text, zone, moment, index)
            place = self._laid_over(f"/schedule/entries/{index}")
            line, column = (place.line, place.column) if place else places[index]
            file = place.file if place else ""
            found.append(Entry(moment.text, entry["state"], text, zone or "", index, line, column, file))
        return tuple(sorted(found, key=lambda entry: (entry.at, entry.index)))

    def _schedulable(self, kind: Kind, state: str, index: int) -> None:
        line = kind.lifecycle.forbidden(state, "schedule")
        if line is not None:
            ids = f" ({', '.join(line.requirement)})" if line.requirement else ""
            message = f"a {kind.name} is not scheduled to be {state}{ids}"
            self._report("not-schedulable", message, f"/schedule/entries/{index}/state", line.message)

    def _odd_time(self, text: str, zone: str, moment: Moment, index: int) -> None:
        pointer, shown = f"/schedule/entries/{index}/at", moment.instant.astimezone(ZoneInfo(zone)).isoformat()
        advice = f"write {shown}, or another time, to be sure"
        if moment.oddity is Oddity.SKIPPED:
            message = f"{text} is skipped in {zone}; the first instant after it is {shown}"
            self._report("skipped-time", message, pointer, advice)
        else:
            self._report(
                "repeated-time", f"{text} occurs twice in {zone}; the first is meant, {shown}", pointer, advice
            )

    def _files(self, kind: Kind, value: dict[str, Any]) -> None:
        for path, use in kind.files:
            for pointer, name in select(value, path) if values_at(value, path) else ():
                if isinstance(name, str):
                    self.reading.files.append(NamedFile(len(self.reading.manifests), name, use, pointer))

    def _duplicates(self, kind: Kind, value: dict[str, Any]) -> None:
        for path, key in kind.keyed:
            for pointer, items in select(value, path) if values_at(value, path) else ():
                for index, name in _repeated(items, key):
                    message = f"another item of this list has the {key} {name!r}"
                    self._report("duplicate-item", message, f"{pointer}/{index}", f"give each item a {key} of its own")

    def _expressions(self, kind: Kind, value: dict[str, Any]) -> None:
        for path, variables in kind.expressions:
            for pointer, text in select(value, path) if values_at(value, path) else ():
                if isinstance(text, str):
                    try:
                        self.reader.expression(text, variables)
                    except RuleError as error:
                        message, advice = (
                            f"CEL does not accept {text!r}: {error}",
                            "it may use: " + ", ".join(variables),
                        )
                        self._report("bad-expression", message, pointer, advice)

    def _schema_problem(self, kind: Kind, problem: Problem) -> None:
        place = tokens(problem.pointer)
        depth = secret_within(kind.shape, place)
        if depth:
            self._literal_secret("/" + "/".join(problem.pointer.split("/")[1 : depth + 1]))
            return
        asks = place == ("state",) or (place[:2] == ("schedule", "entries") and place[3:] == ("state",))
        if asks and isinstance(problem.value, str) and problem.value in kind.lifecycle.states:
            message = f"{problem.value!r} is reached by the system, never asked for (X-04)"
            advice = "ask for one of: " + ", ".join(kind.lifecycle.desirable)
            self._report("observed-state", message, problem.pointer, advice)
            return
        if not problem.advice and not problem.known:
            problem = replace(problem, advice=f"`muster schema {kind.name}` says what is accepted")
        self.problems.append((self.index, problem))

    def _literal_secret(self, pointer: str) -> None:
        """Said once of each secret, whatever is wrong with it."""
        message = "what stands here is not shown, because it may be the secret itself"
        advice = "write {env: NAME} or {file: PATH}, and change the secret if it was here: the file's history keeps it"
        if not any(one.code == "literal-secret" and one.pointer == pointer for _, one in self.problems):
            self._report("literal-secret", message, pointer, advice)

    def _report(self, code: str, message: str, pointer: str, advice: str) -> None:
        self.problems.append((self.index, Problem(code, pointer, message, advice)))


def _way_out(error: ValueError) -> str:
    if isinstance(error, ZoneMissing):
        return "add `timezone: Europe/Amsterdam` to the schedule"
    return "a time is local, 2027-06-01T09:00, or has an offset, 2027-06-01T09:00+02:00"


def _repeated(items: Any, key: str) -> Iterator[tuple[int, str]]:
    """Index and key of each item that has the key of one before it."""
    seen: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict) and key in item:
            name = str(item[key])
            if name in seen:
                yield index, name
            seen.add(name)
