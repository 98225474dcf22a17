"""Where an organisation's systems tell what happens with accounts: promises, payments, answers, opting out. (AMB-C8)

With the key of the AccountSource. Whatever is told twice is done once.
"""

from dataclasses import dataclass
from typing import Final

from reconciler.kinds.collections.events import EventSaid, hear, hearing_told
from reconciler.kinds.said import MOST, Unreadable, read
from reconciler.model import canonical
from reconciler.model.contact_queue import Heard
from reconciler.model.ports import Clock, Store
from reconciler.web.door import Answer, Ask, Door
from reconciler.web.problem import problem
from reconciler.web.source_keys import SourceKeys

_WHAT: Final = "account-events"


@dataclass(frozen=True, slots=True)
class AccountEventDoors:
    """The door `/v1/accounts/NUMBER/events`."""

    keys: SourceKeys
    clock: Clock

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        path = "/v1/accounts/{number:path}/events"
        return (Door(_WHAT, path, ("POST",), self._tell, MOST, self.keys.admits, problem),)

    def _tell(self, ask: Ask, store: Store) -> Answer:
        origin = self.keys.known(ask, store)
        if isinstance(origin, Answer):
            return origin
        try:
            said = read(ask.body, EventSaid)
            found = hear(store, origin.uid, ask.params["number"], said, self.clock.now())
        except Unreadable as error:
            return problem(400, str(error), "unreadable")
        match found.heard:
            case Heard.NOBODY:
                return problem(404, f"{origin.ref.name} has no account of this number", "no-account")
            case Heard.OTHER:
                return problem(409, "this id was told before for something else", "conflict")
        return Answer(200, canonical.encode(hearing_told(said, found)) + b"\n", "application/json", what=_WHAT)
