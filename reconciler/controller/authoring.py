"""Authoring: manifests written for people to go on with. Looks first, decides, and writes a file that was not there."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.shape import Shape
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place, has_errors
from reconciler.model.errors import Invalid, MusterError, Usage
from reconciler.model.lifecycle import Role
from reconciler.model.manifest import Manifest
from reconciler.model.ref import NAME, Ref
from reconciler.source import example
from reconciler.source.catalog import Library
from reconciler.source.edit import Drop, Edit, Put, cut, edited, overwrite, unix, write_new
from reconciler.source.environment import DIRECTORY
from reconciler.source.files import NamedFiles
from reconciler.source.kinds import Kinds
from reconciler.source.layout import Untidy, lay_out
from reconciler.source.project import DEFAULT_MANIFESTS, FILE, STATE_DIRECTORY, Project
from reconciler.source.reader import ManifestReader, Reading
from reconciler.source.scan import SUFFIXES, scan
from reconciler.source.schema import did_you_mean
from reconciler.source.starter import start
from reconciler.source.strict_yaml import YamlProblem, read_documents


@dataclass(frozen=True, slots=True)
class Desk:
    """What authoring looks at. `remembered` are the refs that the store knows or knew: they are never used again."""

    project: Project
    kinds: Kinds
    library: Library
    remembered: frozenset[Ref] = frozenset()

    @property
    def taken(self) -> frozenset[Ref]:
        """Every ref that a new manifest must not have."""
        return self.remembered | self.library.catalog.manifests.keys()


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest to be written: its text, and where to."""

    ref: Ref
    path: Path
    shown: str
    text: str

    def save(self) -> str:
        """Write it, and say so. Usage where the file exists."""
        try:
            write_new(self.path, self.text)
        except FileExistsError:
            raise Usage(f"{self.shown} exists, and is left as it is; choose another place with --out FILE") from None
        return f"{self.ref} is written to {self.shown}; `muster plan` shows what it would do."


def new_version(desk: Desk, text: str, out: str | None) -> Draft:
    """The next version of what `text` names, as a draft based on it."""
    manifest, kind = _source(desk, text)
    ref = manifest.ref
    if not kind.lifecycle.versioned:
        raise Usage(f"{ref.kind} has no versions; copy it under a new name with `muster duplicate {ref}`")
    version = 1 + max(one.version for one in desk.taken if one[:2] == ref[:2])
    edits: list[Edit] = [Put(("metadata", "version"), version, after="name")]
    # basedOn without a name means this campaign's own.
    edits += [*_based_on(kind, {"version": ref.version}), Drop(("spec", "basedOn", "name")), *_fresh(kind, manifest)]
    return _copy(desk, manifest, Ref(ref.kind, ref.name, version), edits, out)


def duplicate(desk: Desk, text: str, name: str | None, out: str | None) -> Draft:
    """A copy under another name, as a draft: content, targets and settings, but no schedule and no flags (AMB-E11)."""
    manifest, kind = _source(desk, text)
    ref = manifest.ref
    if kind.lifecycle.role is not Role.CAMPAIGN and "duplicate" not in kind.lifecycle.alternatives:
        raise Usage(f"{ref.kind} is not a campaign, and is not duplicated; start with `muster new {ref.kind} NAME`")
    used = {one.name for one in desk.taken if one.kind == ref.kind}
    name = _checked_name(name) if name else _free_name(ref.name, used)
    if name in used:
        raise Usage(f"{ref.kind}/{name} exists, or existed once; choose another name")
    edits: list[Edit] = [Put(("metadata", "name"), name), Drop(("metadata", "version"))]
    edits += [*_based_on(kind, {"name": ref.name, "version": ref.version}), *_fresh(kind, manifest)]
    return _copy(desk, manifest, Ref(ref.kind, name), edits, out)


def new(desk: Desk, kind_name: str, name: str, out: str | None) -> Draft:
    """A manifest of a kind to start from."""
    kind = desk.kinds.table.get(kind_name)
    if kind is None:
        known = sorted(desk.kinds.table)
        advice = did_you_mean(kind_name, known) or "the kinds are " + ", ".join(known)
        raise Usage(f"{kind_name!r} is not a kind of this project; {advice}")
    ref = Ref(kind_name, _checked_name(name))
    single = kind.lifecycle.role is Role.SETTINGS
    # What is not a campaign may be made again after it was deleted.
    taken = desk.taken if kind.lifecycle.role is Role.CAMPAIGN else desk.library.catalog.manifests.keys()
    clash = [one for one in taken if one.kind == kind_name and (single or one.name == name)]
    if clash:
        advice = "a project has one manifest of this kind" if single else "choose another name"
        raise Usage(f"{min(clash)} exists, or existed once; {advice}")
    first = desk.project.manifests[0]
    folder = first.parent if first.is_file() else first
    path = place_for(desk, out, folder / f"{name}.yaml")
    return Draft(ref, path, path_shown(desk.project, path), start(kind, name))


def _source(desk: Desk, text: str) -> tuple[Manifest, Kind]:
    """The manifest that a person means, the highest version where none is given, and its kind."""
    catalog = desk.library.catalog
    if has_errors(catalog.diagnostics):
        # A broken file may hide the very version that would be taken as free.
        raise Invalid(catalog.diagnostics)
    try:
        wanted = Ref.parse(text)
    except ValueError as error:
        raise Usage(str(error)) from None
    versions = sorted(ref for ref in catalog.manifests if ref[:2] == wanted[:2])
    if not versions:
        known = sorted({f"{ref.kind}/{ref.name}" for ref in catalog.manifests})
        advice = did_you_mean(text.partition("@")[0], known) or "`muster validate` reads what there is"
        raise Usage(f"no manifest describes {text}; {advice}")
    ref = wanted if "@" in text else versions[-1]
    if ref not in catalog.manifests:
        raise Usage(f"no manifest describes {text}; there are " + ", ".join(map(str, versions)))
    return catalog.manifests[ref], desk.kinds.table[ref.kind]


def _free_name(name: str, used: set[str]) -> str:
    number = 1
    while True:
        suffix = "-copy" if number == 1 else f"-copy-{number}"
        found = name[: 63 - len(suffix)].rstrip("-") + suffix
        if found not in used:
            return found
        number += 1


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Usage(f"{name!r} is not a name; use at most 63 small letters, digits and hyphens, as in spring-launch")
    return name


def _based_on(kind: Kind, said: dict[str, str | int]) -> list[Edit]:
    """Provenance, as far as the schema of the kind has a place for it."""
    place = kind.shape.members["spec"].members.get("basedOn", Shape()).members
    names = [name for name in said if name in place]
    pairs = zip(["", *names], names, strict=False)
    return [Put(("spec", "basedOn", name), said[name], after=before) for before, name in pairs]


def _fresh(kind: Kind, manifest: Manifest) -> list[Edit]:
    """Without what belongs to the life of the source."""
    law = kind.lifecycle
    stated = law.role is Role.CAMPAIGN or manifest.state != law.initial
    state: list[Edit] = [Put(("state",), law.initial, after="metadata")] if stated else []
    return [*state, Drop(("schedule",)), *(Drop((flag,)) for flag in law.flags), Drop(("metadata", "movedFrom"))]


def _copy(desk: Desk, manifest: Manifest, ref: Ref, edits: Sequence[Edit], out: str | None) -> Draft:
    source = desk.project.root / manifest.file
    # Beside its source, where the files that it names are found as they are written.
    stem = ref.name if ref.version == 1 else f"{ref.name}-v{ref.version}"
    path = place_for(desk, out, source.parent / f"{stem}.yaml")
    text = edited(cut(unix(desk.library.bytes_of(manifest.file)), manifest.index), edits)
    draft = Draft(ref, path, path_shown(desk.project, path), text)
    reading = ManifestReader(desk.kinds, desk.project.timezone).read(text.encode(), draft.shown)
    if has_errors(reading.diagnostics):
        raise Invalid(tuple(reading.diagnostics))
    if [one.ref for one in reading.manifests] != [ref]:
        raise MusterError(f"the text would not describe {ref}; nothing was written")
    if path.parent != source.parent:
        _refuse_lost_files(desk, draft, reading)
    return draft


def place_for(desk: Desk, out: str | None, usual: Path, option: str = "--out") -> Path:
    """The file that a person names with `option`, which a plan must read; without a name the usual one."""
    if out is None:
        return usual
    if not out.endswith(SUFFIXES):
        raise Usage(f"{option} {out}: manifests are read from files that end in {' or '.join(SUFFIXES)}")
    path = Path(normpath(desk.project.root / out))
    folders = [one.parent if one.is_file() else one for one in desk.project.manifests]
    if not any(path.is_relative_to(folder) for folder in folders):
        where = ", ".join(path_shown(desk.project, folder) for folder in folders)
        advice = f"manifests are under {where} (--stdout prints the text)"
        raise Usage(f"{option} {out}: no plan would read it there; {advice}")
    return path


def _refuse_lost_files(desk: Desk, draft: Draft, reading: Reading) -> None:
    named = NamedFiles(desk.project.manifests)
    for one in reading.files:
        if problem := named.check(str(draft.path), one):
            advice = "leave --out away, so that it stands beside its source, or copy the file first"
            raise Usage(f"in {draft.shown}, {problem.detail}; {advice}")


@dataclass(frozen=True, slots=True)
class Tidied:
    """A manifest file whose layout changes."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Tidying:
    """What laying out came to. `left` are files that could not be laid out safely, each with the reason."""

    files: int
    changed: tuple[Tidied, ...]
    left: tuple[tuple[str, str], ...]
    diagnostics: tuple[Diagnostic, ...]


def tidy(project: Project, write: bool) -> Tidying:
    """Lay out every manifest file of the project, and its environments; without `write`, only say what would change."""
    environments = project.root / DIRECTORY
    more = (environments,) if environments.is_dir() and not project.is_part else ()
    scanned = scan((*project.manifests, *more), project.root)
    changed: list[Tidied] = []
    left: list[tuple[str, str]] = []
    found = [*scanned.diagnostics]
    for path in sorted(file[0] for file in scanned.files):
        shown = path_shown(project, Path(path))
        try:
            data = Path(path).read_bytes()
            read_documents(data)
            text = lay_out(data)
        except OSError as error:
            advice = "check the permissions"
            found.append(diagnose("unreadable", error.strerror or str(error), Place(shown), help=advice))
        except YamlProblem as problem:
            place = Place(shown, problem.line, problem.column)
            found.append(diagnose(problem.code, problem.message, place, help=problem.help))
        except Untidy as reason:
            left.append((shown, str(reason)))
        else:
            if text.encode() != data:
                changed.append(Tidied(shown, data.decode(), text))
                if write:
                    overwrite(Path(path), text)
    return Tidying(len(scanned.files), tuple(changed), tuple(left), tuple(found))


@dataclass(frozen=True, slots=True)
class Begun:
    """What `init` wrote, and what it found in its place and left alone."""

    root: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]


def init(root: Path) -> Begun:
    """A campaigns repository at `root`: settings, a first campaign unless there are manifests, and a line for git."""
    if root.exists() and not root.is_dir():
        raise Usage(f"{root} is not a directory")
    fresh = not (root / DEFAULT_MANIFESTS[0]).exists()
    texts = {FILE: example.SETTINGS, **(example.CAMPAIGN if fresh else {})}
    written: list[str] = []
    for file, text in texts.items():
        with suppress(FileExistsError):
            write_new(root / file, text)
            written.append(file)
    ignored = root / ".gitignore"
    lines = ignored.read_text("utf-8").splitlines() if ignored.exists() else []
    if not {f"{STATE_DIRECTORY}/", STATE_DIRECTORY, f"/{STATE_DIRECTORY}/"} & {*lines}:
        _append(ignored, f"{STATE_DIRECTORY}/\n")
        written.append(ignored.name)
    parts = (FILE, f"{DEFAULT_MANIFESTS[0]}/", ignored.name)
    kept = (part for part in parts if not any(file.startswith(part) for file in written))
    return Begun(root, tuple(written), tuple(kept))


def _append(path: Path, line: str) -> None:
    text = path.read_text("utf-8") if path.exists() else ""
    with path.open("a", encoding="utf-8", newline="\n") as out:
        out.write(line if not text or text.endswith("\n") else "\n" + line)


def path_shown(project: Project, path: Path) -> str:
    """A path as people see it: from the project's root, where it lies in it."""
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else path.as_posix()
