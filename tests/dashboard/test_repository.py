"""The files as pages see them: changed while pages are asked for, broken, or gone."""

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

from reconciler.controller.survey import survey
from reconciler.dashboard.repository import LATE, Repository
from reconciler.model.errors import Invalid
from reconciler.model.ref import Ref
from reconciler.source.imagined import imagined
from tests.dashboard.showroom import showroom
from tests.dashboard.test_list import lead, names
from tests.world import World

ALPHA, BRAVO = Ref("LeadCampaign", "alpha"), Ref("LeadCampaign", "bravo")

TIMED = b"schedule: {timezone: UTC, entries: [{at: 2030-01-01T00:00, state: test}]}\n"


@dataclass
class Looking:
    """A repository, and the seconds that pass by it; `slow` is what a look takes."""

    files: Repository
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def later(self) -> Repository:
        self.seconds[0] += 10.0
        return self.files


@contextmanager
def looking(world: World, slow: float = 0.0) -> Iterator[Looking]:
    made: list[Looking] = []

    def forward() -> float:
        made[0].seconds[0] += slow
        return made[0].seconds[0]

    with closing(world.app()) as app:
        made.append(Looking(Repository(app, forward)))
        made[0].files.start()
        yield made[0]
        made[0].files.close()


def test_what_changes_is_seen_by_the_next_who_asks(world: World) -> None:
    lead(world, "alpha")
    with looking(world) as here:
        assert set(here.files.manifests()) == {ALPHA}
        lead(world, "bravo")
        assert set(here.files.manifests()) == {ALPHA}, "it was looked at a moment ago"
        assert set(here.later().manifests()) == {ALPHA, BRAVO}
        (world.manifests / "alpha.yaml").unlink()
        assert set(here.later().manifests()) == {BRAVO}


def test_nobody_waits_where_a_look_takes_long(world: World) -> None:
    lead(world, "alpha")
    with looking(world, slow=1.0) as here:
        assert set(here.files.manifests()) == {ALPHA}
        lead(world, "bravo")
        with here.files._using:  # somebody plans, or a look goes on
            assert set(here.later().manifests()) == {ALPHA}
        here.files.close()
        assert set(here.files.manifests()) == {ALPHA, BRAVO}


def test_a_change_that_is_only_supposed_leaves_what_is_known(world: World) -> None:
    """It is looked at as everything would be with it, but without looking at everything; who comes takes that."""
    lead(world, "alpha")
    lead(world, "bravo")
    world.stored_all()
    now = world.clock.now()
    with (
        looking(world) as here,
        closing(world.app()) as app,
        closing(app.store()) as store,
        here.files.reconciler(store) as as_it_is,
    ):
        before, library = here.files.survey(as_it_is, now), as_it_is.gatherer.library
        one = library.catalog.manifests[ALPHA]
        text = (world.manifests / "alpha.yaml").read_bytes()
        there = imagined(library, one.file, text.replace(b"growth", b"partners") + TIMED)
        other = there.catalog.manifests[ALPHA]
        over = app.reconciler_over(store, as_it_is.gatherer.kinds, there)
        found = here.files.supposed(over, {ALPHA: (one, other)}, now)
        assert found and not found.whole and other.digest != one.digest
        assert found.triage.judged == survey(over.gatherer.sources(), now).triage.judged == (ALPHA,)
        assert here.files.supposed(over, {ALPHA: (None, other)}, now) is None
        assert found.scheduled == (ALPHA,)
        after = here.files.survey(as_it_is, now)
        assert (after.triage, after.scheduled) == (before.triage, ())


def test_who_came_earlier_and_was_slower_does_not_have_everything_looked_at(world: World) -> None:
    lead(world, "alpha")
    now = world.clock.now()
    with (
        looking(world) as here,
        closing(world.app()) as app,
        closing(app.store()) as store,
        here.files.reconciler(store) as reconciler,
    ):
        assert here.files.survey(reconciler, now).whole
        assert not here.files.survey(reconciler, now - LATE / 2).whole
        assert here.files.survey(reconciler, now - 2 * LATE).whole, "the clock was set back"


def test_files_change_while_pages_are_asked_for(world: World) -> None:
    lead(world, "alpha")
    world.stored_all()
    stop = threading.Event()

    def write() -> None:
        for number in range(40):
            lead(world, "alpha", team=f"team-{number}")
            lead(world, f"more-{number % 3}")
        stop.set()

    with showroom(world) as room, ThreadPoolExecutor(4) as pool:
        room.enter()
        writing = pool.submit(write)
        asked = [pool.submit(room.get, "/campaigns") for _ in range(60)]
        assert all(names(one.result()) == ["alpha"] for one in asked)
        writing.result()
    assert stop.is_set()


def test_a_broken_file_breaks_no_page(world: World) -> None:
    lead(world, "alpha")
    lead(world, "bravo")
    world.stored_all()
    (world.manifests / "alpha.yaml").write_text("kind: [")
    with showroom(world) as room:
        page = room.get("/campaigns")
        assert names(page) == ["alpha", "bravo"]
        assert "file unreadable its manifest has an error" in page.words
        assert "unmanaged" not in page.words
    with looking(world) as here:
        assert set(here.files.manifests()) == {BRAVO}
        assert here.files.files().problems == 1
        lead(world, "alpha")
        assert (set(here.later().manifests()), here.files.files().problems) == ({ALPHA, BRAVO}, 0)


def test_a_directory_that_has_gone_takes_nothing_away(world: World) -> None:
    lead(world, "alpha")
    with looking(world) as here:
        assert set(here.files.manifests()) == {ALPHA}
        shutil.rmtree(world.manifests)
        found = here.later().files()
        assert (set(found.manifests), found.problems > 0) == ({ALPHA}, True)
        world.manifests.mkdir()
        lead(world, "bravo")
        assert set(here.later().manifests()) == {BRAVO}


def test_settings_that_are_wrong_leave_the_last_good_ones_in_force(world: World) -> None:
    lead(world, "alpha")
    with looking(world) as here, world.store() as store:
        assert set(here.files.manifests()) == {ALPHA}
        world.write("../muster.yaml", "manifests: 7\n")
        assert (set(here.later().manifests()), bool(here.files.files().trouble)) == ({ALPHA}, True)
        with pytest.raises(Invalid), here.files.reconciler(store):
            pass
        world.write("../muster.yaml", "timezone: Europe/Berlin\n")
        assert here.later().files().trouble == ""
        with here.files.reconciler(store) as reconciler:
            assert reconciler.gatherer.project.timezone == "Europe/Berlin"


def test_settings_that_never_held_are_said_to_whoever_asks(world: World) -> None:
    with closing(world.app()) as app:
        world.write("../muster.yaml", "manifests: 7\n")
        files = Repository(app, lambda: 0.0)
        files.start()
        with pytest.raises(Invalid):
            files.manifests()
        files.close()


def test_a_plan_sees_what_was_just_written(world: World) -> None:
    lead(world, "alpha")
    with looking(world) as here, world.store() as store:
        with here.files.reconciler(store) as reconciler:
            assert [one.ref for one in reconciler.plan()[0].resources] == [ALPHA]
        lead(world, "bravo")
        with here.files.reconciler(store) as reconciler:
            assert [one.ref for one in reconciler.plan()[0].resources] == [ALPHA, BRAVO]
        assert set(here.files.manifests()) == {ALPHA, BRAVO}
