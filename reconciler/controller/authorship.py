"""Who brought the manifests of a checked-out tree into their present form."""

import os
from collections.abc import Mapping, Sequence

from reconciler.model.authorship import Authorship
from reconciler.model.errors import Interrupted, MusterError
from reconciler.model.manifest import Manifest
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library, content_names
from reconciler.source.git_history import Checkout, Said, Wanted, last_changes
from reconciler.source.kinds import Kinds
from reconciler.source.project import Project
from reconciler.source.reader import ManifestReader
from reconciler.source.strict_yaml import yaml_reader


def authorship(
    project: Project, kinds: Kinds, library: Library, head: str, refs: Sequence[Ref]
) -> Mapping[Ref, Authorship]:
    """For each of these manifests the commit that last changed it, from `head` back.

    Where git fails nobody knows who it was, and that is what is said: an apply does not hang on it.
    """
    root = f"{project.root}{os.sep}"
    wanted = [_wanted(root, library, ref) for ref in refs]
    with yaml_reader() as read:
        reader = ManifestReader(kinds, project.timezone, project.overlay)

        def said(data: bytes) -> Mapping[Ref, Said]:
            reading = reader.read(data, "", read)
            found: dict[Ref, Said] = {}
            for position, manifest in enumerate(reading.manifests):
                found.setdefault(manifest.ref, _said(manifest, content_names(reading.files, position)))
            return found

        try:
            known = last_changes(_checkout(project), head, wanted, said) if wanted else {}
        except Interrupted:
            raise
        except MusterError:
            known = {}
    nobody = Authorship()
    return {ref: known.get(ref, nobody) for ref in refs}


def _checkout(project: Project) -> Checkout:
    """What a daemon has checked out has its history elsewhere."""
    return Checkout(str(project.history), str(project.root)) if project.history else Checkout(str(project.root))


def _wanted(root: str, library: Library, ref: Ref) -> Wanted:
    manifest, content = library.without_content(ref)
    return Wanted(ref, _said(manifest, content), root + manifest.file)


def _said(manifest: Manifest, content: tuple[str, ...]) -> Said:
    """What a manifest means, whatever its layout and place. `movedFrom` says how it came here, not what it is."""
    return Said((manifest.state, manifest.flags, manifest.digest), content)
