"""One environment's patches over the manifests: JSON merge patches (RFC 7396), by ref or by selector, the later ones last.

A patched manifest is read, checked and compared as if it stood so in its file. Only its places differ: what comes from
a patch has its place in the environment's file.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.lifecycle.shape import Shape, values_at
from reconciler.model.change import escape, tokens
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.manifest import Manifest
from reconciler.model.match import Match
from reconciler.model.ref import Ref
from reconciler.source.schema import did_you_mean
from reconciler.source.settings_file import SettingsFile

Data = dict[str, Any]

IDENTITY: Final = ("/apiVersion", "/kind", "/metadata/name", "/metadata/version", "/metadata/movedFrom")
"""What no patch may touch: by these a manifest is what it is."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: of the manifests that `ref` names (any version where it names none), or that `match` picks."""

    patch: Data
    kind: str = ""
    name: str = ""
    version: int = 0
    match: Match | None = None

    @property
    def target(self) -> str:
        """What it is for, in words."""
        if self.match is None:
            return f"{self.kind}/{self.name}" + (f"@{self.version}" if self.version else "")
        words = [*self.match.kinds, *(f"{name}: {value}" for name, value in self.match.labels)]
        return "what matches " + (", ".join(words) or "anything")


@dataclass(slots=True)
class Overlay:
    """The patches of one environment."""

    name: str
    file: SettingsFile
    patches: tuple[Patch, ...]
    _named: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _matching: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for index, one in enumerate(self.patches):
            if one.match is None:
                self._named.setdefault((one.kind, one.name), []).append(index)
            else:
                self._matching.append(index)

    def layers(self, value: Any) -> tuple[int, ...]:
        """The patches that are for this manifest, as its own file has it."""
        metadata = value.get("metadata") if isinstance(value, dict) else None
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(metadata, dict) or not isinstance(kind, str):
            return ()
        name, version, labels = metadata.get("name"), metadata.get("version", 1), metadata.get("labels")
        named = self._named.get((kind, name), ()) if isinstance(name, str) else ()
        found = [index for index in named if self.patches[index].version in (0, version)]
        labels = labels if isinstance(labels, dict) else {}
        for index in self._matching:
            match = self.patches[index].match
            if match is not None and match.picks(kind, labels):
                found.append(index)
        return tuple(sorted(found))

    def patched(self, value: Any, layers: tuple[int, ...]) -> Any:
        """The manifest with these patches laid over it; `value` stays as it is."""
        for index in layers:
            value = merged(value, self.patches[index].patch)
        return value

    def place(
        self, layers: tuple[int, ...], pointer: str, base: Any = None, shape: Shape | None = None
    ) -> Place | None:
        """Where the patch that has the last word about `pointer` says it; None where that is the manifest's own file.

        `base` is the manifest as its own file has it.
        """
        for index in reversed(layers):
            if _says(self.patches[index].patch, pointer, base):
                return self._place(index, pointer, shape)
        return None

    def blame(self, layers: tuple[int, ...], pointer: str, base: Any, *, on_key: bool = False) -> Place | None:
        """Where the environment is wrong about `pointer`: as `place`, or where it deletes what is missing there."""
        for index in reversed(layers):
            patch = self.patches[index].patch
            if _says(patch, pointer, base):
                return self._place(index, pointer, on_key=on_key)
            inner = next(iter(values_at(patch, tokens(pointer))), None)
            deleted = (
                next((name for name, value in inner.items() if value is None), "") if isinstance(inner, dict) else ""
            )
            if deleted:
                return self._place(index, f"{pointer}/{escape(deleted)}")
        return None

    def _place(self, index: int, pointer: str, shape: Shape | None = None, *, on_key: bool = False) -> Place:
        around = Shape(members={"patches": Shape(item=Shape(members={"patch": shape}))}) if shape else None
        mark = self.file.marks.mark(0, f"/patches/{index}/patch{pointer}", shape=around, on_key=on_key)
        return Place(self.file.shown, mark.line, mark.column)

    def values(self, layers: tuple[int, ...]) -> Mapping[str, Any]:
        """What the patches say, each value by its pointer; what a later one overrides or deletes is left out."""
        said: Any = {}
        for index in layers:
            said = merged(said, self.patches[index].patch)
        return dict(_leaves(said, ""))

    def unmatched(self, manifests: Mapping[Ref, Manifest]) -> Iterator[Diagnostic]:
        """A warning for each patch that is for no manifest."""
        used = {index for manifest in manifests.values() for index in manifest.layers}
        for index, one in enumerate(self.patches):
            if index not in used:
                part = "match" if one.match else "ref"
                known = [str(ref) if one.version else f"{ref.kind}/{ref.name}" for ref in manifests]
                advice = did_you_mean(one.target, sorted(set(known))) if part == "ref" else ""
                yield diagnose(
                    "unmatched-patch",
                    f"no manifest is {one.target}",
                    self.file.place(f"/patches/{index}/{part}"),
                    help=advice or "correct it, or remove the patch",
                )


def merged(value: Any, patch: Any) -> Any:
    """RFC 7396: mappings member by member, null deletes, everything else replaces. Neither argument is changed."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(value) if isinstance(value, dict) else {}
    for name, inner in patch.items():
        if inner is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), inner)
    return result


def _says(patch: Any, pointer: str, base: Any) -> bool:
    """Whether a patch has the say about what is at `pointer`, and not only about some of its members."""
    for token in tokens(pointer):
        if not isinstance(patch, dict):
            return True  # it replaces what is around it
        if token not in patch:
            return False
        patch = patch[token]
        base = base.get(token) if isinstance(base, dict) else None
    return not isinstance(patch, dict) or not isinstance(base, dict)


def _leaves(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{pointer}/{escape(name)}")
    else:
        yield pointer, value
