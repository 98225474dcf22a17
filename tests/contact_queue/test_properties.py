"""Whatever is done, in whatever order: what is queued and begun is what a plain reckoning beside says, on every store."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.accounts import ELIGIBLE, Position
from reconciler.model.contact_queue import Begun, ItemStage, Later, Outcome, Pass
from reconciler.model.contact_terms import Brake
from tests.contact_queue.files import GO, NOW, Files
from tests.engine.desk import Opener
from tests.store.stores import STORES

ACCOUNTS = 4
CAMPAIGNS = ("one", "two")
STATUSES = ("pending_contact", "in_auto_management", "promise", "paid")
_account, _campaign = st.integers(0, ACCOUNTS - 1), st.sampled_from(CAMPAIGNS)
STEPS = st.one_of(
    st.tuples(st.just("enqueue"), _campaign),
    st.tuples(st.just("begin"), _account, st.sampled_from(("go", "later", "pass"))),
    st.tuples(st.just("settle"), _account, st.booleans()),
    st.tuples(st.just("cancel"), _campaign),
    st.tuples(st.just("open"), _campaign),
    st.tuples(st.just("state"), _campaign, st.sampled_from(("active", "paused"))),
    st.tuples(st.just("assign"), _campaign, _account),
    st.tuples(st.just("free"), _campaign, _account),
    st.tuples(st.just("restart"), _campaign),
    st.tuples(st.just("says"), _account, st.sampled_from(STATUSES), st.booleans()),
    st.tuples(st.just("brake"), st.booleans()),
)


@dataclass
class _Debtor:
    """An account as it should be."""

    id: int
    status: str = "pending_contact"
    paused: bool = False
    campaign: str = ""
    at: tuple[int, int] = (0, 0)
    """Run and step."""
    due: bool = True
    open: str = ""
    """The stage of its open contact, and whose that is."""
    whose: str = ""
    item_at: tuple[int, int] = (0, 0)

    @property
    def eligible(self) -> bool:
        return self.status in ELIGIBLE and not self.paused


@dataclass
class Reckoning:
    """What should be, beside a store."""

    files: Files
    debtors: list[_Debtor] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    gates: dict[str, bool] = field(default_factory=dict)
    braked: bool = False
    begun: set[tuple[int, int, int]] = field(default_factory=set)

    def start(self) -> None:
        self.debtors = [_Debtor(id_) for id_ in self.files.accounts(ACCOUNTS)]
        for name in CAMPAIGNS:
            self.files.campaign(name)
            self.states[name], self.gates[name] = "active", True

    def enqueue(self, name: str) -> None:
        goes = self.states[name] == "active" and self.gates[name]
        found = [
            one for one in self.debtors if goes and one.campaign == name and one.eligible and one.due and not one.open
        ]
        assert self.files.queue.enqueue(self.files.uids[name], NOW) == len(found)
        for one in found:
            one.open, one.whose, one.item_at = "pending", name, one.at

    def begin(self, number: int, answer: str) -> None:
        one = self.debtors[number]
        item = next((item for item in self.files.items() if item.account == one.id and not item.ended_at), None)
        assert (item is not None) == bool(one.open)
        if item is None or one.open == "processing" or item.due_at > NOW:
            return
        step = Position(item.round, item.step + 1, 0, NOW)
        said = {"go": GO, "later": Later(NOW.replace(hour=20), "allowedHours"), "pass": Pass("no-contact-point", step)}
        found = self.files.begin(item, lambda *_: said[answer])
        fits = one.campaign == one.whose and one.at == one.item_at and one.eligible
        rests = self.states[one.whose] != "active" or not self.gates[one.whose] or self.braked
        assert isinstance(found, Begun) == (fits and not rests and answer == "go")
        if not fits:
            one.open = ""
        elif not rests and answer == "go":
            one.open = "processing"
            assert (one.id, *one.at) not in self.begun, "no step is begun twice"
            self.begun.add((one.id, *one.at))
        elif not rests and answer == "pass":
            one.open, one.at, one.due = "", (one.at[0], one.at[1] + 1), True

    def settle(self, number: int, again: bool) -> None:
        one = self.debtors[number]
        if one.open != "processing":
            return
        item = next(
            item for item in self.files.items() if item.account == one.id and item.stage is ItemStage.PROCESSING
        )
        position = Position(item.round, item.step + 1, 0, NOW if again else None, 1, NOW)
        assert self.files.queue.settle(item.id, Outcome(ItemStage.COMPLETED, "", position), NOW)
        if one.campaign == one.whose and one.at[0] == one.item_at[0]:
            one.at, one.due = (one.at[0], one.at[1] + 1), again
        one.open = ""

    def cancel(self, name: str) -> None:
        found = [one for one in self.debtors if one.open == "pending" and one.whose == name]
        assert self.files.queue.cancel(self.files.uids[name], "it was paused", NOW) == len(found)
        self.gates[name] = False
        for one in found:
            one.open = ""

    def open(self, name: str) -> None:
        self.files.queue.open(self.files.uids[name], NOW)
        self.gates[name] = True

    def state(self, name: str, state: str) -> None:
        was_open = self.gates[name]
        self.files.campaign(name, state)
        if not was_open:
            self.files.queue.cancel(self.files.uids[name], "", NOW)
        self.states[name] = state

    def assign(self, name: str, number: int) -> None:
        one = self.debtors[number]
        takes = self.gates[name] and not one.campaign
        assert self.files.join(self.files.uids[name], [one.id]) == takes
        if takes:
            one.campaign, one.at, one.due = name, (one.at[0] + 1, 0), True

    def free(self, name: str, number: int) -> None:
        one = self.debtors[number]
        assert self.files.store.accounts.free(self.files.uids[name], [one.id], NOW) == (one.campaign == name)
        if one.open == "pending" and one.whose == name:
            one.open = ""
        if one.campaign == name:
            one.campaign = ""

    def restart(self, name: str) -> None:
        found = [one for one in self.debtors if one.campaign == name]
        assert self.files.store.accounts.restart(self.files.uids[name], NOW, NOW) == len(found)
        for one in found:
            one.at, one.due = (one.at[0] + 1, 0), True
        for one in self.debtors:
            if one.open == "pending" and one.whose == name:
                one.open = ""

    def says(self, number: int, status: str, paused: bool) -> None:
        one = self.debtors[number]
        self.files.change(str(number), status=status, paused=paused)
        one.status, one.paused = status, paused

    def brake(self, is_on: bool) -> None:
        self.files.queue.brake(Brake(is_on, "x", "dana", NOW))
        self.braked = is_on

    def check(self) -> None:
        """The rows are as they should be."""
        items = self.files.items()
        open_now = {item.account: item.stage.value for item in items if not item.ended_at}
        assert open_now == {one.id: one.open for one in self.debtors if one.open}
        found = [self.files.get(number) for number in range(ACCOUNTS)]
        names = {uid: name for name, uid in self.files.uids.items()}
        assert [names.get(account.campaign, "") for account in found] == [one.campaign for one in self.debtors]
        positions = [(account.position.round, account.position.step) for account in found]
        assert positions == [one.at for one in self.debtors]
        members = {(account.campaign, account.id) for account in found if account.campaign}
        assert self.files.members() == members


@pytest.fixture(params=sorted(STORES))
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Opener]:
    """A store of its own for each example."""
    return lambda: Opener(request.param, tmp_path_factory.mktemp("contacts"))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEPS, min_size=5, max_size=25))
def test_whatever_is_done_nobody_is_contacted_twice(
    fresh: Callable[[], Opener], steps: list[tuple[object, ...]]
) -> None:
    """AMB-C1, AMB-C2, AMB-C6, AMB-C7, AMB-C9, AMB-C10, AMB-C11, AMB-C13: at most one open contact an account, no step begun
    twice in a run, none of a campaign that is shut, each account with one campaign.
    """
    with closing(fresh()()) as store:
        world = Reckoning(Files(store))
        world.start()
        for name in CAMPAIGNS[:1]:
            for number in range(ACCOUNTS):
                world.assign(name, number)
        world.enqueue("one")
        for what, *given_ in steps:
            getattr(world, str(what))(*given_)
            world.check()
