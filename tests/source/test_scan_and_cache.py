"""Odd trees end in diagnostics, never in tracebacks; a plan with a cache, whole or broken, is the plan without one."""

import json
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from reconciler.source.beside import beside
from reconciler.source.cache import Cache
from reconciler.source.catalog import load_catalog
from reconciler.source.project import read_project
from reconciler.source.scan import scan
from tests.world import World

CHECKOUT = Path(__file__).parent.parent.parent
PROGRAM = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: NAME}\nspec: {timezone: Europe/Amsterdam}\n"
TEMPLATE = "apiVersion: muster/v1\nkind: Template\nmetadata: {name: hello}\nspec: {html: {file: FILE}}\n"
LIST = "apiVersion: muster/v1\nkind: RecipientList\nmetadata: {name: all}\nspec: {source: {csv: FILE}}\n"


def program(name: str = "refer-a-friend") -> str:
    return PROGRAM.replace("NAME", name)


def template(file: str) -> str:
    return TEMPLATE.replace("FILE", json.dumps(file))


def diagnostics(world: World, *arguments: str) -> tuple[int, list[tuple[str, str]]]:
    """Exit code, and code and place of each diagnostic. No bug, no matter what."""
    code, out, err = world.cli("validate", "--format", "json", *arguments)
    assert code in (0, 3), err
    text_code, _, text = world.cli("validate", *arguments)
    assert text_code == code
    assert "\x1b" not in text, "control characters of file names do not reach the terminal"
    return code, [(one["code"], one.get("file", "")) for one in json.loads(out)["diagnostics"]]


def plan_of(world: World) -> dict[str, Any]:
    """The plan as JSON."""
    code, out, err = world.cli("plan", "--format", "json")
    assert code in (0, 3, 4, 5), err
    plan: dict[str, Any] = json.loads(out)
    return plan


def age(world: World, seconds: int = 3600) -> None:
    """Make every file look old, so that the cache trusts its signature."""
    for file in world.manifests.rglob("*"):
        if file.is_file() and not file.is_symlink():
            found = file.stat()
            os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns - seconds * 10**9))


# Trees.


def test_a_directory_called_yaml(world: World) -> None:
    world.write("a.yaml", program())
    world.write("team.yaml/b.yaml", program("inside"))
    (world.manifests / "empty.yml").mkdir()
    assert diagnostics(world) == (3, [("not-a-file", "campaigns.d/empty.yml"), ("not-a-file", "campaigns.d/team.yaml")])


def test_pipes_and_sockets_are_not_opened(world: World) -> None:
    world.write("a.yaml", program())
    os.mkfifo(world.manifests / "pipe.yaml")
    os.mknod(world.manifests / "socket.yaml", stat.S_IFSOCK)
    os.mkfifo(world.manifests / "pipe")
    assert diagnostics(world) == (3, [("not-a-file", f"campaigns.d/{name}.yaml") for name in ("pipe", "socket")])


def test_a_link_to_a_pipe(world: World) -> None:
    world.write("a.yaml", program())
    os.mkfifo(world.manifests / "pipe")
    (world.manifests / "b.yaml").symlink_to("pipe")
    assert diagnostics(world) == (3, [("not-a-file", "campaigns.d/b.yaml")])


def test_links_out_of_the_tree(world: World) -> None:
    world.write("a.yaml", program())
    elsewhere = world.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.yaml").write_text(program("b"))
    (world.manifests / "b.yaml").symlink_to("../elsewhere/b.yaml")
    (world.manifests / "c.yaml").symlink_to("/etc/hostname")
    (world.manifests / "d").symlink_to("../elsewhere", target_is_directory=True)
    (world.manifests / "e").symlink_to("/")
    shown = [f"campaigns.d/{name}" for name in ("b.yaml", "c.yaml", "d", "e")]
    assert diagnostics(world) == (3, [("outside-tree", name) for name in shown])


def test_a_sibling_whose_name_begins_alike_is_outside(world: World) -> None:
    """campaigns.d-old is not in campaigns.d."""
    world.write("../campaigns.d-old/a.yaml", program())
    world.write("b.yaml", program("b"))
    (world.manifests / "a.yaml").symlink_to("../campaigns.d-old/a.yaml")
    assert diagnostics(world) == (3, [("outside-tree", "campaigns.d/a.yaml")])


def test_dangling_links_and_circles(world: World) -> None:
    world.write("a.yaml", program())
    (world.manifests / "gone.yaml").symlink_to("nowhere.yaml")
    (world.manifests / "self.yaml").symlink_to("self.yaml")
    (world.manifests / "deep").symlink_to(".")
    (world.manifests / "out.yaml").symlink_to("../../nowhere.yaml")
    expected = [("outside-tree", "campaigns.d/out.yaml")]
    expected += [("unreadable", f"campaigns.d/{name}.yaml") for name in ("gone", "self")]
    code, found = diagnostics(world)
    assert (code, sorted(found)) == (3, expected)


@pytest.mark.parametrize("target", ["nowhere", "campaigns.d", "/dev/null", "/proc/self/mem"])
def test_the_root_itself_leads_nowhere(world: World, target: str) -> None:
    world.manifests.rmdir()
    world.manifests.symlink_to(target)
    code, found = diagnostics(world)
    assert code == 3
    assert {file for _, file in found} == {"campaigns.d"}


NOWHERE = ["nowhere", "x" * 5_000, "/".join("x" * 2_000), "campaigns.d/a.yaml/b", "a\0b", "\n", "-x"]


@pytest.mark.parametrize("path", NOWHERE, ids=range(len(NOWHERE)))
def test_a_path_that_is_not_there(world: World, path: str) -> None:
    world.write("a.yaml", program())
    code, found = diagnostics(world, "--", path)
    assert (code, [one for one, _ in found]) == (3, ["unreadable"])


def test_roots_that_overlap_are_read_once(world: World) -> None:
    world.write("../muster.yaml", "manifests: [campaigns.d, campaigns.d/team, ./campaigns.d/]\n")
    world.write("team/a.yaml", program())
    assert diagnostics(world) == (0, [])


def test_file_names_of_all_sorts(world: World) -> None:
    names = [
        "two words",
        "naïve",
        "new\nline",
        "b",
        "\x1b[31mred",
        "tab\t",
        "'quote\"",
        "$(id)",
        "%s{}",
        "😀",
        "-x",
        "..x",
    ]
    names += ["\u202egpj"]
    for number, name in enumerate(names):
        world.write(f"{name}.yaml", program(f"p{number}") if number % 2 else "x: 1\n")
    code, found = diagnostics(world)
    assert code == 3
    assert sorted(found) == sorted(
        ("not-a-manifest", f"campaigns.d/{name}.yaml") for name in names[::2] if not name.startswith(".")
    )


def test_a_file_name_that_is_not_utf_8(world: World) -> None:
    world.write("a.yaml", program())
    Path(os.fsdecode(os.fsencode(world.manifests) + b"/b\xff.yaml")).write_text(program("b"))
    code, found = diagnostics(world)
    assert code in (0, 3)
    assert len(found) == (code == 3)
    plan_of(world)


def test_a_deep_tree(world: World) -> None:
    """Deeper than a path may be long: what cannot be opened is reported, the rest is read."""
    world.write("a.yaml", program())
    here = os.open(world.manifests, os.O_RDONLY)
    try:
        for _ in range(60):
            os.mkdir("d" * 100, dir_fd=here)
            inner = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
    finally:
        os.close(here)
    code, found = diagnostics(world)
    assert (code, [one for one, _ in found]) == (3, ["unreadable"])


def test_a_wide_tree(world: World) -> None:
    for number in range(500):
        world.write(f"t{number % 50}/p{number}.yaml", program(f"p{number}"))
    assert diagnostics(world) == (0, [])


# Someone who may not read everything. Root may, by two capabilities: the child gives them up before it starts.

HUMBLE = """
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def humbly(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python program that permission bits hold for."""
    program = [sys.executable, "-c", HUMBLE, *command]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def humble_cli(world: World, *arguments: str) -> tuple[int, str, str]:
    done = humbly(str(CHECKOUT / "cli.py"), "-C", str(world.root), *arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def guarded(world: World) -> World:
    """A world whose permission bits hold."""
    closed = world.root / "closed"
    closed.touch(0)
    if humbly("-c", f"open({str(closed)!r})").returncode == 0:
        pytest.skip("this process may read everything and cannot give that up")
    closed.unlink()
    return world


def test_what_may_not_be_read_is_reported_and_changes_nothing(guarded: World) -> None:
    guarded.write("a.yaml", program())
    guarded.write("b.yaml", program("b")).chmod(0)
    guarded.write("team/c.yaml", program("c"))
    (guarded.manifests / "team").chmod(0)
    code, out, _ = humble_cli(guarded, "validate", "--format", "json")
    found = [(one["code"], one["file"], one["detail"]) for one in json.loads(out)["diagnostics"]]
    (guarded.manifests / "team").chmod(0o755)
    expected = [("unreadable", f"campaigns.d/{name}", "Permission denied") for name in ("b.yaml", "team")]
    assert (code, found) == (3, expected)


def test_a_directory_that_may_be_listed_but_not_entered(guarded: World) -> None:
    guarded.write("a.yaml", program())
    guarded.write("team/c.yaml", program("c"))
    (guarded.manifests / "team").chmod(0o644)
    code, out, err = humble_cli(guarded, "validate", "--format", "json")
    (guarded.manifests / "team").chmod(0o755)
    assert (code, {one["code"] for one in json.loads(out)["diagnostics"]}) == (3, {"unreadable"}), err


def test_an_unreadable_content_file(guarded: World) -> None:
    guarded.write("a.yaml", template("hello.html"))
    guarded.write("hello.html", "<p>hello</p>").chmod(0)
    code, out, err = humble_cli(guarded, "validate", "--format", "json")
    assert (code, [one["code"] for one in json.loads(out)["diagnostics"]]) == (3, ["unreadable"]), err


@pytest.mark.parametrize("name", ["muster.yaml", "kinds/widget/kind.yaml", "kinds/widget/schema.json", "kinds"])
def test_unreadable_settings_and_definitions(guarded: World, name: str) -> None:
    guarded.write("a.yaml", program())
    guarded.write("../muster.yaml", "kinds: [kinds]\n")
    guarded.write("../kinds/widget/kind.yaml", "kind: Widget\nrole: supporting\nstates: {present: {initial: true}}\n")
    guarded.write("../kinds/widget/schema.json", '{"type": "object"}')
    (guarded.root / name).chmod(0)
    code, out, err = humble_cli(guarded, "validate", "--format", "json")
    (guarded.root / name).chmod(0o755)
    assert code == 3, err
    assert json.loads(out)["diagnostics"]


def test_a_project_that_may_not_be_written(guarded: World) -> None:
    """No cache can be kept and no store be made: validating still works, and says the same each time."""
    guarded.write("a.yaml", program())
    age(guarded)
    guarded.root.chmod(0o555)
    for _ in range(2):
        assert humble_cli(guarded, "validate") == (0, "1 manifests are valid.\n", "")
    code, _, err = humble_cli(guarded, "plan")
    assert code == 0 or (code == 1 and "state.db cannot be opened" in err)
    guarded.root.chmod(0o755)
    assert not (guarded.root / ".muster").exists()


def test_a_cache_that_may_not_be_written(guarded: World) -> None:
    guarded.write("a.yaml", program())
    age(guarded)
    guarded.cli("apply", "--yes")
    for file in (*cache_of(guarded).iterdir(), cache_of(guarded)):
        file.chmod(0o555)
    guarded.write("b.yaml", program("b"))
    for _ in range(2):
        assert humble_cli(guarded, "validate") == (0, "2 manifests are valid.\n", "")
    cache_of(guarded).chmod(0o000)
    assert humble_cli(guarded, "validate") == (0, "2 manifests are valid.\n", "")
    cache_of(guarded).chmod(0o755)


# The cache.


def prepared(world: World) -> dict[str, Any]:
    """Manifests of all sorts, read once into a settled cache; the plan that they make without one."""
    for number in range(8):
        world.write(f"p{number}.yaml", program(f"p{number}"))
    world.write("several.yaml", program("x") + "---\n" + program("y"))
    world.write("hello.html", "<p>hello</p>")
    world.write("t.yaml", template("hello.html"))
    world.write("warned.yaml", LIST.replace("FILE", "nowhere.csv"))
    world.write("comments.yaml", "# nothing\n")
    age(world)
    world.cli("apply", "--yes")
    world.write("p3.yaml", program("p3").replace("Amsterdam", "Paris"))
    world.write("t2.yaml", template("hello.html").replace("name: hello", "name: hi"))
    age(world)
    shutil.rmtree(cache_of(world), ignore_errors=True)
    cold = without_time(plan_of(world))
    assert [one["ref"] for one in cold["resources"]] == ["ReferralProgram/p3@1", "Template/hi@1"]
    wait_until_settled(world)
    assert without_time(plan_of(world)) == cold
    return cold


def wait_until_settled(world: World) -> None:
    """Read until the cache trusts what it saw."""
    for _ in range(3):
        plan_of(world)
    assert (cache_of(world) / "index").exists()


def without_time(plan: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in plan.items() if name not in ("made_at", "base")}


def cache_of(world: World) -> Path:
    return world.root / ".muster" / "cache"


DAMAGE = ("truncated", "emptied", "flipped", "garbage", "removed", "a directory", "doubled", "of another file")


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["index", "documents", "contents", "tree"])
def test_a_damaged_cache_is_no_cache(world: World, name: str, damage: str) -> None:
    cold = prepared(world)
    chance = random.Random(f"{name} {damage}")
    file, others = (
        cache_of(world) / name,
        {"index": "documents", "documents": "index", "contents": "index", "tree": "index"},
    )
    good = file.read_bytes()
    for _ in range(20 if damage in ("truncated", "flipped") else 1):
        match damage:
            case "truncated":
                file.write_bytes(good[: chance.randrange(len(good))])
            case "emptied":
                file.write_bytes(b"")
            case "flipped":
                data = bytearray(good)
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                file.write_bytes(data)
            case "garbage":
                file.write_bytes(chance.randbytes(5_000))
            case "removed":
                file.unlink()
            case "a directory":
                file.unlink()
                file.mkdir()
            case "doubled":
                file.write_bytes(good + good)
            case "of another file":
                file.write_bytes((cache_of(world) / others[name]).read_bytes())
        assert without_time(plan_of(world)) == cold
        if not file.is_dir():
            file.write_bytes(good)


def test_every_flipped_byte_of_the_index_is_noticed_or_harmless(world: World) -> None:
    """The index says states, flags and digests: a flipped bit in it must not become another plan."""
    cold = prepared(world)
    file = cache_of(world) / "index"
    good = file.read_bytes()
    chance = random.Random(7)
    for at in chance.sample(range(len(good)), 150):
        data = bytearray(good)
        data[at] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        assert without_time(plan_of(world)) == cold, at
        file.write_bytes(good)


def test_a_cache_of_another_version_is_not_read(world: World) -> None:
    cold = prepared(world)
    file = cache_of(world) / "index"
    for wrong in (b"muster-cache-0", b"muster-cache-9"):
        file.write_bytes(file.read_bytes().replace(b"muster-cache-1", wrong))
        assert without_time(plan_of(world)) == cold


def test_another_time_zone_reads_anew(world: World) -> None:
    """The project's zone is part of what the schedule means."""
    world.write(
        "a.yaml",
        program()
        + "---\napiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: c}\nstate: not_launched\n"
        + "schedule: {entries: [{at: 2027-02-01T00:00, state: live}]}\nspec: {program: refer-a-friend}\n",
    )
    world.write("../muster.yaml", "timezone: Europe/Amsterdam\n")
    age(world)

    def instant() -> str:
        with world.opened() as reconciler:
            (found,) = [one for one in reconciler.gatherer.library.catalog.manifests.values() if one.entries]
            return found.entries[0].at

    assert [instant(), instant()] == 2 * ["2027-01-31T23:00:00Z"]
    world.write("../muster.yaml", "timezone: America/New_York\n")
    assert instant() == "2027-02-01T05:00:00Z"
    world.write("../muster.yaml", "\n")
    assert [one.code for one in world.invalid().diagnostics] == ["bad-time"]


def test_a_changed_kind_reads_anew(world: World) -> None:
    world.write("../muster.yaml", "kinds: [kinds]\n")
    law = "kind: Widget\nrole: supporting\nstates: {present: {initial: true, final: true}}\n"
    world.write("../kinds/widget/kind.yaml", law)
    kind_of = '{"type": "object", "properties": {"size": {"type": "TYPE"}}}'
    schema = world.write("../kinds/widget/schema.json", kind_of.replace("TYPE", "integer"))
    world.write("a.yaml", "apiVersion: muster/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 7}\n")
    age(world)
    assert diagnostics(world) == (0, [])
    schema.write_text(kind_of.replace("TYPE", "string"))
    assert diagnostics(world) == (3, [("bad-value", "campaigns.d/a.yaml")])


def test_the_cache_does_not_hide_problems(world: World) -> None:
    """Content files come and go without their manifests changing."""
    world.write("a.yaml", template("hello.html"))
    data = world.write("b.yaml", LIST.replace("FILE", "rows.csv"))
    age(world)
    for _ in range(3):
        assert diagnostics(world) == (
            3, [("missing-file", "campaigns.d/a.yaml"), ("missing-data", "campaigns.d/b.yaml")],
        )  # fmt: skip
    world.write("hello.html", "<p>hello</p>")
    rows = world.write("rows.csv", "email\n")
    for _ in range(3):
        assert diagnostics(world) == (0, [])
    (world.manifests / "hello.html").unlink()
    rows.unlink()
    assert diagnostics(world) == (3, [("missing-file", "campaigns.d/a.yaml"), ("missing-data", "campaigns.d/b.yaml")])
    data.unlink()
    (world.manifests / "hello.html").mkdir()
    assert diagnostics(world) == (3, [("missing-file", "campaigns.d/a.yaml")])


def test_warnings_are_shown_each_time(world: World) -> None:
    world.write("a.yaml", program())
    world.write("later.yaml", "# to do\n")
    age(world)
    for _ in range(3):
        assert diagnostics(world) == (0, [("empty-file", "campaigns.d/later.yaml")])


def test_a_content_file_counts_and_a_data_file_does_not(world: World) -> None:
    world.write("t.yaml", template("hello.html"))
    hello = world.write("hello.html", "<p>hello</p>")
    world.write("l.yaml", LIST.replace("FILE", "rows.csv"))
    rows = world.write("rows.csv", "email\na@shop.example\n")
    age(world)
    assert world.cli("apply", "--yes").code == 0
    assert plan_of(world)["resources"] == []
    rows.write_text("email\nb@shop.example\n")
    assert plan_of(world)["resources"] == []
    times = hello.stat()
    hello.write_text("<p>HELLO</p>")
    os.utime(hello, ns=(times.st_atime_ns, times.st_mtime_ns))
    (changed,) = plan_of(world)["resources"]
    (step,) = changed["steps"]
    assert (changed["ref"], [change["path"] for change in step["changes"]]) == (
        "Template/hello@1",
        ["/files/hello.html"],
    )
    world.apply()
    assert plan_of(world)["resources"] == []


def test_an_edit_of_equal_size_and_time_is_noticed(world: World) -> None:
    """What touch, rsync and tar do: the old mtime set back. The ctime tells."""
    file = world.write("a.yaml", program())
    age(world)
    world.cli("apply", "--yes")
    wait_until_settled(world)
    times = file.stat()
    for zone, changed in (("Europe/Stockholm", True), ("Europe/Amsterdam", False), ("Europe/Bratislav", None)):
        file.write_text(program().replace("Europe/Amsterdam", zone))
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert (file.stat().st_size, file.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
        plan = plan_of(world)
        assert bool(plan["resources"]) == bool(changed)
        assert [one["code"] for one in plan["diagnostics"]] == (["bad-value"] if changed is None else [])


def test_edits_right_after_a_scan_are_noticed(world: World) -> None:
    """The racy case: written, read, and written again within one tick of the file system's clock."""
    file = world.manifests / "a.yaml"
    world.write("b.yaml", program("b"))
    age(world)
    for number in range(200):
        zone = ("Europe/Amsterdam", "Europe/Stockholm")[number % 2]
        file.write_text(program().replace("Europe/Amsterdam", zone))
        with world.opened() as reconciler:
            library = reconciler.gatherer.library
            (document,) = [one for ref, one in library.documents(library.catalog.manifests).items() if ref.name != "b"]
        assert document["spec"]["timezone"] == zone


def test_a_file_replaced_by_another_of_equal_size_and_time(world: World) -> None:
    """The inode tells, even where the ctime is made to look the same."""
    file = world.write("a.yaml", program())
    age(world)
    wait_until_settled(world)
    times = file.stat()
    other = world.manifests / "other"
    other.write_text(program().replace("Amsterdam", "Stockholm"))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(file)
    (created,) = plan_of(world)["resources"]
    with world.opened() as reconciler:
        library = reconciler.gatherer.library
        (document,) = library.documents(library.catalog.manifests).values()
    assert (created["ref"], document["spec"]["timezone"]) == ("ReferralProgram/refer-a-friend@1", "Europe/Stockholm")


def test_files_that_come_and_go(world: World) -> None:
    one, two = world.write("one.yaml", program("one")), world.write("two.yaml", program("two"))
    age(world)
    for present in ({"one", "two"}, {"two"}, {"one", "two"}, {"one"}, {"one", "two"}):
        for file in (one, two):
            if file.stem in present:
                file.write_text(program(file.stem))
            else:
                file.unlink()
        age(world)
        for _ in range(2):
            refs = {found["ref"] for found in plan_of(world)["resources"]}
            assert refs == {f"ReferralProgram/{name}@1" for name in present}


def test_the_pack_does_not_grow_for_ever(world: World) -> None:
    """Two megabytes of edits leave a pack of twice what is alive, and one megabyte."""
    file = world.manifests / "a.yaml"
    app, long = world.app(), "x" * 4_900
    kinds = app.kinds()
    for number in range(400):
        file.write_text(program().replace("spec: {", f'spec: {{description: "{number} {long}", '))
        age(world)
        assert len(app.library(kinds).catalog.manifests) == 1
    assert diagnostics(world) == (0, [])
    assert (cache_of(world) / "documents").stat().st_size < 1.2 * (1 << 20)
    cold = plan_of(world)
    shutil.rmtree(cache_of(world))
    assert without_time(plan_of(world)) == without_time(cold)


def test_no_litter_is_left_in_the_cache(world: World) -> None:
    world.write("a.yaml", program())
    age(world)
    wait_until_settled(world)
    known = {"index", "documents", "contents", "tree", "lock", "clock", "memo", "kinds"}
    assert {file.name for file in cache_of(world).iterdir()} <= known


@pytest.mark.parametrize("where", [".muster", ".muster/cache"])
def test_a_file_in_the_way_of_the_cache(world: World, where: str) -> None:
    world.write("a.yaml", program())
    way = world.root / where
    way.parent.mkdir(exist_ok=True)
    way.write_text("in the way")
    for _ in range(2):
        assert diagnostics(world) == (0, [])


def test_many_processes_at_once(world: World) -> None:
    """Readers and a writer over one cache: everybody sees a whole truth, and the cache is fit for use afterwards."""
    for number in range(300):
        world.write(f"p{number}.yaml", program(f"p{number}"))
    age(world)
    command = [sys.executable, str(CHECKOUT / "cli.py"), "-C", str(world.root), "validate"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    results = [(*process.communicate(timeout=60), process.returncode) for process in running]
    assert results == 6 * [("300 manifests are valid.\n", "", 0)]
    assert len(plan_of(world)["resources"]) == 300


def test_files_that_vanish_and_change_while_they_are_read(world: World) -> None:
    """Whatever happens between the scan and the read ends in a catalog or a diagnostic."""
    for number in range(60):
        world.write(f"p{number}.yaml", program(f"p{number}"))
    stop = threading.Event()

    def disturb() -> None:
        chance = random.Random(3)
        while not stop.is_set():
            file = world.manifests / f"p{chance.randrange(60)}.yaml"
            if chance.random() < 0.5:
                file.unlink(missing_ok=True)
            else:
                file.write_text(program(file.stem) * chance.randrange(3))

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        for _ in range(40):
            code, _, err = world.cli("plan")
            assert code in (0, 3), err
    finally:
        stop.set()
        disturber.join()


def test_a_file_that_vanishes_between_the_scan_and_the_read(world: World) -> None:
    """Exactly then: the scan is made, then the files go, then they are read."""
    world.write("a.yaml", program("a"))
    gone, cut = world.write("b.yaml", program("b")), world.write("c.yaml", program("c"))
    big = world.write("d.yaml", program("d"))
    project, _ = read_project(world.root)
    scanned = scan(project.manifests, project.root)
    gone.unlink()
    cut.write_text("")
    big.write_text(program("d") + "#" * 100_000)
    library = load_catalog(project, world.app().kinds(), Cache(project.state_directory / "cache", "x"), scanned)
    assert sorted(ref.name for ref in library.catalog.manifests) == ["a", "d"]
    assert sorted((one.code, one.place.file) for one in library.catalog.diagnostics) == [
        ("empty-file", "campaigns.d/c.yaml"), ("unreadable", "campaigns.d/b.yaml"),
    ]  # fmt: skip


def test_documents_of_a_file_that_vanished_after_it_was_cached(world: World) -> None:
    """The catalog is in hand, the pack is lost, and the file is gone: an answer or a diagnosis, never a bug."""
    file = world.write("a.yaml", program())
    age(world)
    wait_until_settled(world)
    library = world.app().library(world.app().kinds())
    (cache_of(world) / "documents").write_bytes(b"")
    file.unlink()
    assert library.bytes_of("campaigns.d/a.yaml") == b""
    with pytest.raises(Exception, match=r"a\.yaml") as caught:
        library.documents(library.catalog.manifests)
    assert hasattr(caught.value, "exit_code"), "one of ours, so that it does not end as exit 70"


# A plan that had nothing to do is remembered, and must be forgotten as soon as anything could be otherwise.


def at_rest(world: World) -> None:
    """Everything applied, and the empty plan remembered."""
    world.write("../muster.yaml", "timezone: Europe/Amsterdam\n")
    world.write("a.yaml", program())
    world.write("t.yaml", template("hello.html"))
    world.write("hello.html", "<p>hello</p>")
    world.write("l.yaml", LIST.replace("FILE", "rows.csv"))
    world.write("rows.csv", "email\n")
    world.write(
        "c.yaml",
        "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: c}\nstate: not_launched\n"
        "schedule: {entries: [{at: 2027-02-01T00:00, state: live}]}\nspec: {program: refer-a-friend}\n",
    )
    age(world)
    assert world.cli("apply", "--yes").code == 0
    for _ in range(3):
        plan = plan_of(world)
        assert (plan["resources"], plan["blocked"], plan["diagnostics"]) == ([], [], [])


def summary(world: World, *options: str) -> dict[str, int]:
    _, out, _ = world.cli("plan", "--format", "json", *options)
    found: dict[str, int] = json.loads(out)["summary"]
    return {name: count for name, count in found.items() if count and name != "unchanged"}


def test_an_entry_comes_due(world: World) -> None:
    at_rest(world)
    world.clock.set("2027-01-31T22:59:59Z")
    assert summary(world) == {}
    world.clock.set("2027-01-31T23:00:00Z")
    plan = plan_of(world)
    assert [one["ref"] for one in (*plan["resources"], *plan["blocked"], *plan["waiting"])] == ["ReferralCampaign/c@1"]
    world.clock.set("2027-01-04T09:00:00Z")
    assert summary(world) == {}, "the clock of the machine was set back"
    assert summary(world, "--at", "2027-02-01T12:00:00Z") != {}


def test_the_store_is_lost(world: World) -> None:
    at_rest(world)
    for file in (world.root / ".muster").glob("state.db*"):
        file.unlink()
    assert summary(world) == {"create": 4}


def test_another_store_is_named(world: World) -> None:
    at_rest(world)
    _, out, _ = world.cli("--store", "sqlite:other.db", "plan", "--format", "json")
    assert json.loads(out)["summary"]["create"] == 4
    assert summary(world) == {}


def test_another_part_is_looked_at(world: World) -> None:
    at_rest(world)
    _, out, _ = world.cli("plan", "--format", "json", "campaigns.d/a.yaml")
    assert json.loads(out)["summary"]["unmanaged"] == 3
    assert summary(world) == {}


def test_files_beside_the_manifests_change(world: World) -> None:
    at_rest(world)
    (world.manifests / "rows.csv").unlink()
    assert [one["code"] for one in plan_of(world)["diagnostics"]] == ["missing-data"]
    world.write("rows.csv", "email\n")
    assert plan_of(world)["diagnostics"] == []
    hello = world.manifests / "hello.html"
    hello.rename(world.manifests / "gone.html")
    assert [one["code"] for one in plan_of(world)["diagnostics"]] == ["missing-file"]
    (world.manifests / "gone.html").rename(hello)
    assert summary(world) == {}
    hello.write_text("<p>HELLO</p>")
    assert summary(world) == {"update": 1}


def test_settings_change(world: World) -> None:
    at_rest(world)
    world.write("../muster.yaml", "timezone: Pacific/Auckland\n")
    world.clock.set("2027-01-31T12:00:00Z")
    assert summary(world) != {}, "it is February in Auckland"
    world.write("../muster.yaml", "timezone: Mars/Olympus\n")
    assert world.cli("plan").code == 3


def test_manifests_come_and_go(world: World) -> None:
    at_rest(world)
    world.write("b.yaml", program("b"))
    assert summary(world) == {"create": 1}
    (world.manifests / "b.yaml").unlink()
    assert summary(world) == {}
    (world.manifests / "l.yaml").unlink()
    assert summary(world) == {"unmanaged": 1}
    for file in world.manifests.glob("*.yaml"):
        file.unlink()
    assert world.cli("plan").code == 3


@pytest.mark.parametrize("damage", ["truncated", "flipped", "garbage", "emptied"])
def test_a_damaged_memory_of_the_plan(world: World, damage: str) -> None:
    at_rest(world)
    calm = without_time(plan_of(world))
    chance = random.Random(damage)
    for name in ("memo", "tree", "contents"):
        file = cache_of(world) / name
        good = file.read_bytes()
        for _ in range(25):
            at = chance.randrange(len(good))
            flipped = good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1 :]
            choices = {"truncated": good[:at], "flipped": flipped, "garbage": chance.randbytes(500), "emptied": b""}
            file.write_bytes(choices[damage])
            assert without_time(plan_of(world)) == calm, name
            file.write_bytes(good)
        file.write_bytes(choices[damage])
        world.write("b.yaml", program("b"))
        assert summary(world) == {"create": 1}
        (world.manifests / "b.yaml").unlink()
        assert summary(world) == {}


def test_a_fresh_clone_is_told_by_its_contents(world: World) -> None:
    """Other inodes and times, the same bytes: nothing to do. One other byte: something to do."""
    at_rest(world)
    shutil.copytree(world.manifests, world.root / "clone")
    shutil.rmtree(world.manifests)
    (world.root / "clone").rename(world.manifests)
    age(world, 7200)
    for _ in range(2):
        assert summary(world) == {}
    shutil.copytree(world.manifests, world.root / "clone")
    shutil.rmtree(world.manifests)
    (world.root / "clone").rename(world.manifests)
    world.write("a.yaml", program().replace("Amsterdam", "Stockholm"))
    age(world, 10_800)
    for _ in range(2):
        assert summary(world) == {"update": 1}


# Two processes for a large tree.


def test_two_processes_find_what_one_finds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        world.write(f"p{number:02}.yaml", program(f"p{number % 55}") + ("x: [\n" if number % 9 == 4 else ""))
        world.write(f"l{number:02}.yaml", LIST.replace("all", f"l{number}").replace("FILE", f"{number}.csv"))
        world.write(
            f"c{number:02}.yaml", "# comment\n" if number % 7 == 3 else template("x").replace("hello", f"t{number}")
        )
    world.write("x", "hello")
    alone = json.loads(world.cli("validate", "--format", "json").out)
    assert {one["code"] for one in alone["diagnostics"]} == {
        "yaml-syntax",
        "duplicate-ref",
        "missing-data",
        "empty-file",
    }
    monkeypatch.setattr("reconciler.source.catalog.WORTH_A_PROCESS", 2)
    shutil.rmtree(cache_of(world), ignore_errors=True)
    assert json.loads(world.cli("validate", "--format", "json").out) == alone
    for file in world.manifests.glob("p*4*.yaml"):
        file.unlink()
    for number in (4, 13, 22, 31, 40, 49, 55, 56, 57, 58, 59):
        (world.manifests / f"p{number:02}.yaml").unlink(missing_ok=True)
    shutil.rmtree(cache_of(world), ignore_errors=True)
    two = plan_of(world)
    monkeypatch.undo()
    monkeypatch.setattr("reconciler.app.SystemClock.now", lambda _self: world.clock.now())
    shutil.rmtree(cache_of(world), ignore_errors=True)
    assert without_time(plan_of(world)) == without_time(two)
    assert two["summary"]["create"] > 100


def test_a_second_process_may_fail() -> None:
    """Whatever becomes of it, the first one knows, and does not wait for ever."""
    large = os.urandom(5_000_000)
    assert beside(lambda: large)() == large
    assert beside(lambda: b"")() == b""

    def fail() -> bytes:
        raise RuntimeError("broken")

    def die() -> bytes:
        os.kill(os.getpid(), 9)
        return b"never"

    def leave() -> bytes:
        sys.exit(0)

    for task in (fail, die, leave):
        assert beside(task)() is None


# Files that manifests name.


OUTSIDE = ["../secret", "x/../../secret", "../campaigns.d-old/secret", "./../../../etc/passwd", ".", "x/.."]
REFUSED = ["/etc/passwd", "a\0b", "~/x\n", "C:\\x", "file:///etc/passwd", "", "x" * 501]
MISSING = ["nowhere", "x" * 400, "/".join("x" * 200), "hello.html/x", "..hidden", "$(id)", "*", "%2e%2e/secret", "loop"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_named_file_outside_the_tree(world: World, name: str) -> None:
    world.write("../secret", "s3cret")
    world.write("../campaigns.d-old/secret", "s3cret")
    world.write("x/y", "")
    world.write("a.yaml", template(name))
    code, found = diagnostics(world)
    assert code == 3
    assert found[0][0] in ("outside-tree", "missing-file"), found
    assert name in (".", "x/..") or found[0][0] == "outside-tree"


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_name_that_no_file_has(world: World, name: str) -> None:
    world.write("a.yaml", template(name))
    code, found = diagnostics(world)
    assert (code, set(found)) == (3, {("bad-value", "campaigns.d/a.yaml")})


@pytest.mark.parametrize("name", MISSING)
def test_a_named_file_that_is_not_there(world: World, name: str) -> None:
    world.write("hello.html", "<p>hello</p>")
    (world.manifests / "loop").symlink_to("loop")
    world.write("a.yaml", template(name))
    code, found = diagnostics(world)
    assert (code, [one for one, _ in found]) == (3, ["missing-file"])


def test_named_links(world: World) -> None:
    """Inside is fine, out of the tree is not, for content and data alike."""
    world.write("../secret", "s3cret")
    world.write(".shared/hello.html", "<p>hello</p>")
    (world.manifests / "hello.html").symlink_to(".shared/hello.html")
    world.write("a.yaml", template("hello.html"))
    assert diagnostics(world) == (0, [])
    (world.manifests / ".leak").symlink_to("../secret")
    world.write("a.yaml", template(".leak"))
    world.write("b.yaml", LIST.replace("FILE", ".leak"))
    code, found = diagnostics(world)
    assert (code, found) == (3, [("outside-tree", "campaigns.d/a.yaml"), ("outside-tree", "campaigns.d/b.yaml")])


@pytest.mark.parametrize("use", [template(".pipe"), LIST.replace("FILE", ".pipe")], ids=["content", "data"])
def test_a_named_pipe_is_not_opened(world: World, use: str) -> None:
    os.mkfifo(world.manifests / ".pipe")
    world.write("a.yaml", use)
    command = [sys.executable, str(CHECKOUT / "cli.py"), "-C", str(world.root), "validate"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "missing-file" in done.stderr) == (3, True)


@pytest.mark.parametrize("name", ["muster.yaml", "kinds/widget/kind.yaml", "kinds/widget/schema.json"])
@pytest.mark.parametrize("what", ["pipe", "directory", "huge", "circle", "dangling"])
def test_settings_and_definitions_that_are_no_files(world: World, name: str, what: str) -> None:
    world.write("a.yaml", program())
    world.write("../muster.yaml", "kinds: [kinds]\n")
    world.write("../kinds/widget/kind.yaml", "kind: Widget\nrole: supporting\nstates: {present: {initial: true}}\n")
    world.write("../kinds/widget/schema.json", '{"type": "object"}')
    file = world.root / name
    file.unlink()
    match what:
        case "pipe":
            os.mkfifo(file)
        case "directory":
            file.mkdir()
        case "huge":
            with file.open("wb") as out:
                out.truncate(3 << 30)
        case "circle":
            file.symlink_to(file.name)
        case "dangling":
            file.symlink_to("nowhere")
    command = [sys.executable, str(CHECKOUT / "cli.py"), "-C", str(world.root), "validate"]
    limited = ["bash", "-c", 'ulimit -v 2000000; exec "$@"', "limited", *command]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    assert name.rpartition("/")[2] in done.stderr
