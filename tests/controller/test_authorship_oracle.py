"""Random histories, and a search that reads every file of every commit: both name the same commits."""

import random
from typing import Any

import pytest
import yaml

from tests.controller.test_authorship import suppression, who
from tests.repository import Git, begun
from tests.world import World

_NAMES = ("solar", "wind", "water", "heat")
_FILES = ("a.yaml", "b.yaml", "deep/c.yaml")

Said = dict[str, Any]
"""What each name's manifest says."""


def _write(world: World, chance: random.Random, said: dict[str, str]) -> None:
    """The manifests in files, order and layout that chance chooses."""
    for file in world.manifests.rglob("*.yaml"):
        file.unlink()
    texts: dict[str, list[str]] = {}
    names = sorted(said)
    chance.shuffle(names)
    for name in names:
        comment = f"# {chance.random()}\n" if chance.random() < 0.3 else ""
        texts.setdefault(chance.choice(_FILES), []).append(comment + suppression(name, said[name]))
    for file, documents in texts.items():
        world.write(file, "---\n".join(documents))


def _tree(git: Git, commit: str) -> dict[str, str]:
    """What a commit says, read from scratch."""
    found = {}
    for path in git("ls-tree", "-r", "--name-only", commit, "--", "campaigns.d").splitlines():
        for document in yaml.safe_load_all(git("show", f"{commit}:{path}")):
            found[document["metadata"]["name"]] = document.get("spec", {}).get("description", "")
    return found


def _oracle(git: Git, name: str) -> str:
    commit, seen = git.head, {}

    def says(one: str) -> str | None:
        if one not in seen:
            seen[one] = _tree(git, one)
        return seen[one].get(name)

    while True:
        parents = git("rev-list", "--parents", "-n", "1", commit).split()[1:]
        same = [parent for parent in parents if says(parent) == says(commit)]
        if not same:
            return commit
        commit = same[0]


def _grow(world: World, git: Git, chance: random.Random) -> None:
    """A history of two branches that are merged again and again, now and then with a say of its own."""
    said = dict.fromkeys(_NAMES[:2], "0")
    _write(world, chance, said)
    git.commit("0")
    git("branch", "side")
    for number in range(1, 12):
        git("checkout", "-q", chance.choice(("main", "side")))
        said = _tree(git, "HEAD")
        name = chance.choice(_NAMES)
        if chance.random() < 0.2:
            said.pop(name, None)
        elif chance.random() < 0.8:
            said[name] = chance.choice(("0", "1", "2"))
        _write(world, chance, said)
        git.commit(str(number))
        if chance.random() < 0.4:
            other = {"main": "side", "side": "main"}[git("symbolic-ref", "--short", "HEAD")]
            theirs = _tree(git, other)
            git.merge(other, ours=True)
            mixed = {name: chance.choice((said, theirs)).get(name) for name in _NAMES}
            mixed[chance.choice(_NAMES)] = chance.choice(("0", "merged", None))
            _write(world, chance, {name: text for name, text in mixed.items() if text is not None})
            git("add", "-A")
            git("commit", "-q", "--amend", "--no-edit")


@pytest.mark.parametrize("seed", range(8))
def test_the_walk_finds_what_reading_everything_finds(world: World, seed: int) -> None:
    world.write("../.gitignore", ".muster/\n")
    git = begun(world.root)
    _grow(world, git, random.Random(seed))
    found = {ref.name: one.commit for ref, one in who(world.root).items()}
    assert found == {name: _oracle(git, name) for name in _tree(git, "HEAD")}
