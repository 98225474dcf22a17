"""Hold a checkout against the commit it began from: the plan of that tree, with the same store, at the same instant."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from reconciler import __version__
from reconciler.controller.gather import Gatherer, Wishes
from reconciler.controller.reconcile import Reconciler
from reconciler.model.comparison import Comparison
from reconciler.model.diagnostic import Diagnostic, has_errors
from reconciler.model.errors import Invalid
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.plan.codec import digest_of
from reconciler.plan.compare import mended, split
from reconciler.source.cache import Cache
from reconciler.source.catalog import load_catalog
from reconciler.source.environment import environments
from reconciler.source.git_tree import Repository, merge_base, repository_of, write_tree
from reconciler.source.known_kinds import load_known_kinds
from reconciler.source.policy_check import check_policies
from reconciler.source.project import Project, read_project

_CACHE: Final = "base"
"""What the base's files said is remembered apart from what the checkout's say; the bytes are mostly the same."""


@dataclass(frozen=True, slots=True)
class Against:
    """What a checkout is held against: a ref of git, and the paths that the command line named."""

    ref: str
    paths: tuple[str, ...] = ()


def compare(here: Reconciler, plan: Plan, wishes: Wishes, against: Against) -> Comparison:
    """`plan`, which `here` has just made, taken apart. Usage where git cannot say what the base was.

    Where the base itself cannot be planned, because its files are invalid or it has none, everything is the branch's.
    """
    root = here.gatherer.project.root
    commit = merge_base(root, against.ref)
    repository = repository_of(root) or Repository(root, "")
    with TemporaryDirectory(prefix="muster-base-") as folder:
        try:
            there = _laid_out(here, repository, commit, against.paths, Path(folder))
            base, _ = there.plan(wishes, plan.made_at)
        except Invalid as error:
            branch = replace(plan, due=())
            note = _why(error.diagnostics, folder)
            return Comparison(against.ref, commit, branch, _nothing_of(plan), note=note)
        edited = _edited(here.gatherer.library.catalog.manifests, there.gatherer.library.catalog.manifests)
    branch, owed = split(plan, base, edited)
    return Comparison(against.ref, commit, branch, owed, mended(plan, base))


def _laid_out(
    here: Reconciler, repository: Repository, commit: str, paths: tuple[str, ...], folder: Path
) -> Reconciler:
    """A reconciler over the base's tree, in `folder`: its own settings, kinds and manifests, our store and runtimes."""
    ours = here.gatherer.project
    named = tuple(_there(path, ours.root, repository.top) for path in paths)
    write_tree(repository, commit, [repository.prefix], folder / "part")
    theirs = _project(ours, folder / "part" / "tree" / repository.prefix, named)
    if repository.prefix and not all(_lies_in(path, theirs.root) for path in (*theirs.manifests, *theirs.kinds)):
        # Manifests or kinds of this project lie elsewhere in the repository, or a link leads there.
        write_tree(repository, commit, [""], folder / "whole")
        theirs = _project(ours, folder / "whole" / "tree" / repository.prefix, named)
    directory = ours.state_directory / "cache" / _CACHE
    kinds, found = load_known_kinds(theirs.kinds, theirs.root, directory)
    found = (*found, *check_policies(theirs.policies, kinds))
    if has_errors(found):
        raise Invalid(found)
    library = load_catalog(theirs, kinds, Cache(directory, f"{__version__} {kinds.fingerprint} {theirs.reading}"))
    library.cache.wait()
    gatherer = Gatherer(theirs, kinds, library, here.store, here.runtimes, commit)
    return Reconciler(gatherer, here.store, here.clock, here.runtimes, here.actor)


def _project(ours: Project, root: Path, paths: tuple[str, ...]) -> Project:
    root.mkdir(parents=True, exist_ok=True)  # the base may not have had it
    # An environment that the base has not got yet has nothing to say there.
    name = ours.overlay.name if ours.overlay else None
    project, found = read_project(root, paths, ours.store, name if name in environments(root) else None)
    if has_errors(found):
        raise Invalid(found)
    return project


def _there(path: str, root: Path, top: Path) -> str:
    """A path of the command line, as it is called in the base's tree: relative, where it lies in the repository."""
    meant = Path(os.path.normpath(root / path))
    return os.path.relpath(meant, root) if meant.is_relative_to(os.path.realpath(top)) else path


def _lies_in(path: Path, root: Path) -> bool:
    real = Path(os.path.realpath(path))
    return real.exists() and real.is_relative_to(os.path.realpath(root))


def _edited(ours: Mapping[Ref, Manifest], theirs: Mapping[Ref, Manifest]) -> frozenset[Ref]:
    """The manifests that the two trees do not have alike; where in which file they stand is no matter."""
    return frozenset(ref for ref in ours.keys() | theirs.keys() if _asked(ours.get(ref)) != _asked(theirs.get(ref)))


def _asked(one: Manifest | None) -> object:
    return (one.digest, one.state, one.flags, one.moved_from) if one else None


def _nothing_of(plan: Plan) -> Plan:
    """Nothing is owed but the timers that are due: they run whatever is merged."""
    return replace(
        plan,
        resources=(),
        blocked=(),
        waiting=(),
        unmanaged=(),
        diagnostics=(),
        timeline=(),
        unchanged=0,
        digest=digest_of(()),
    )


def _why(found: tuple[Diagnostic, ...], folder: str) -> str:
    """Why the base cannot be planned, in one sentence, without the name of the temporary folder."""
    first = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    place = str(first.place).replace(folder, "")
    return f"the base cannot be planned ({place}: {first.summary}{more}), so everything counts as this branch's"
