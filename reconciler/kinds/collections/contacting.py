"""Contacts as the units of a lane: begun in the transaction that has looked whether they may be made, then said, then settled.

A contact for which surely nobody was asked goes back into the queue, and is decided anew when it is due: it counts for nothing
(AMB-C11). One of which nobody knows whether it was made counts, and is not made again; an agent, which knows it by its key, is
asked once more, if it may be asked then as well (AMB-C1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.board import Board, Boards, Running
from reconciler.kinds.collections.deciding import Conduct, decider
from reconciler.kinds.collections.packing import STEPS, TEXTS, steps_of
from reconciler.kinds.collections.seen import account_told, contact_of
from reconciler.kinds.collections.steps import outcome as settled
from reconciler.kinds.messaging.crossing import result_of
from reconciler.kinds.messaging.outreach import Fate, Message, Outcome, key_of
from reconciler.kinds.messaging.texts import StoredTemplates, Text, files_of, text_of, unpacked
from reconciler.model.accounts import Account
from reconciler.model.contact_queue import Begun, Decide, Decision, Go, Item, ItemStage, Later, Past
from reconciler.model.contact_queue import Outcome as Settled
from reconciler.model.errors import Permanent
from reconciler.model.instant import to_text
from reconciler.model.ports import Store
from reconciler.model.work import Lane, Result, Stage, Unit

LOST: Final = "its worker was lost"
"""Why it is not known what became of a contact."""
_A_DAY: Final = timedelta(days=1)
_A_MOMENT: Final = timedelta(seconds=1)
_STAGES: Final[Mapping[Fate, ItemStage]] = {
    Fate.REACHED: ItemStage.COMPLETED,
    Fate.NOT_REACHED: ItemStage.FAILED,
    Fate.REFUSED: ItemStage.FAILED,
    Fate.UNKNOWN: ItemStage.UNKNOWN,
    Fate.UNFIT: ItemStage.SKIPPED,
}


@dataclass(slots=True)
class Contacts:
    """Implements `crossing.Case` for one slice of a lane of a campaign's job."""

    store: Store
    boards: Boards
    lane: Lane
    _begun: dict[int, tuple[Begun, Conduct]] = field(default_factory=dict)
    """By unit: what is under way."""
    _texts: Mapping[str, Text] | None = None

    def begin(self, unit: Unit) -> Message | Result:
        """See `crossing.Case`. The limits that are asked are those of this very moment."""
        now, board = self.lane.now(), self.boards.now()
        running = board.running.get(self.lane.uid)
        conduct = board.conduct(running) if running and running.is_active else None
        decide = decider(conduct, now) if conduct else _resting(now, "the campaign is not active")
        if running is not None and running.strategy is not None:
            steps = steps_of(running.strategy)
            # Otherwise its position is that of another step; the next cycle begins anew.
            if self.lane.package.get(STEPS, steps) != steps:
                decide = _resting(now, "the steps of its strategy were changed")
        found = self.store.contact_queue.begin(unit.payload["item"], unit.payload["turn"], decide, now)
        if not isinstance(found, Begun) or running is None or conduct is None:
            return self._left(found, now)
        self._begun[unit.id] = found, conduct
        try:
            return self._message(board, running, found)
        except Permanent:
            self.put_back(unit)
            raise

    def settle(self, unit: Unit, outcome: Outcome) -> Result:
        """See `crossing.Case`."""
        begun, conduct = self._begun.pop(unit.id)
        now = self.lane.now()
        if outcome.fate is Fate.LATER:
            return self._later(begun, outcome, now)
        stage = _STAGES[outcome.fate]
        if begun.is_repeated and stage is not ItemStage.COMPLETED and outcome.fate is not Fate.NOT_REACHED:
            stage = ItemStage.UNKNOWN  # who was asked the first time may have made it
        self.store.contact_queue.settle(begun.item.id, settled(conduct.course, begun, stage, outcome.text), now)
        return result_of(outcome, now)

    def put_back(self, unit: Unit) -> None:
        """See `crossing.Case`. What was begun before stays so: nobody knows what became of that."""
        begun, _ = self._begun.pop(unit.id)
        if not begun.is_repeated:
            now = self.lane.now()
            self.store.contact_queue.withdraw(begun.item.id, now, now)

    def _later(self, begun: Begun, outcome: Outcome, now: datetime) -> Result:
        """Not now. It waits where it is, under the same key: decided anew if surely nobody was asked, else as one in doubt."""
        result = result_of(outcome, now)
        if outcome.is_unheard or begun.is_repeated:
            return result
        due_at = result.due_at or now
        waits = self.store.contact_queue.withdraw(begun.item.id, due_at, now)
        return result if waits else Result(Stage.CANCELLED, {"why": "the queue was shut"})

    def _left(self, found: Begun | Item | None, now: datetime) -> Result:
        """There is nothing to be said: it was put off, passed over or cancelled; or it is in doubt, and may not be repeated."""
        if found is None:
            return Result(Stage.CANCELLED, {"why": "it is not there any more"})
        item = found.item if isinstance(found, Begun) else found
        if item.stage is not ItemStage.PROCESSING:
            return Result(Stage.CANCELLED, {"why": item.reason or item.stage.value})
        lose(self.store, self.boards, item, now)
        return Result(Stage.FAILED, {"why": item.reason or LOST})

    def _message(self, board: Board, running: Running, begun: Begun) -> Message:
        account, today = begun.account, board.organisation.today(self.lane.now())
        assert running.strategy is not None, "it has begun by one"
        step = running.strategy.steps[begun.item.step]
        return Message(
            _key(running, begun),
            board.channel(begun.go.channel),
            self._text(step.template),
            contact_of(account.row),
            {
                "account": account_told(account.row, today),
                "campaign": {"name": running.ref.name, "title": running.spec.title or ""},
                "step": {"number": begun.item.step + 1, "try": begun.item.tries + 1},
            },
            begun.go.action,
        )

    def _text(self, name: str) -> Text:
        """What a template says by now, if the store has all of it; else what it said when its files were read last."""
        shelf = StoredTemplates(self.store)
        _, document = shelf.document("Template", name)
        if not files_of(document):
            return text_of(name, shelf)
        if self._texts is None:
            self._texts = unpacked(self.lane.package.get(TEXTS, {}))
        if name not in self._texts:
            raise Permanent(f"the files of Template/{name} were not read yet")
        return self._texts[name]


def lose(store: Store, boards: Boards, item: Item, now: datetime) -> None:
    """Nobody knows what became of a contact: it counts, is not made again, and its account goes on."""
    account = next(iter(store.accounts.by_id([item.account])))
    store.contact_queue.settle(item.id, _unknown(boards, item, account, now), now)


def _unknown(boards: Boards, item: Item, account: Account, now: datetime) -> Settled:
    board, reason = boards.now(), item.reason or LOST
    running = board.running.get(item.uid)
    try:
        if running is not None:
            begun = Begun(item, account, Go(item.channel, "", item.action))
            return settled(board.conduct(running).course, begun, ItemStage.UNKNOWN, reason)
    except Permanent:
        pass  # what it was conducted by is gone: it goes on from another try, for this one was made
    position = account.position
    return Settled(ItemStage.UNKNOWN, reason, replace(position, tries=position.tries + 1, due_at=now + _A_DAY))


def _resting(now: datetime, reason: str) -> Decide:
    """What is asked where a contact was queued for something that is another one by now: whoever looks again sees what."""

    def decide(_account: Account, _item: Item, _past: tuple[Past, ...]) -> Decision:
        return Later(now + _A_MOMENT, reason)

    return decide


def _key(running: Running, begun: Begun) -> str:
    """By what agents and mailboxes know a contact: a try of a step, of one run of the strategy."""
    account, item = begun.account, begun.item
    joined = to_text(account.joined_at) if account.joined_at else ""
    return key_of(running.ref, account.row.number, joined, item.round, item.step, item.tries)
