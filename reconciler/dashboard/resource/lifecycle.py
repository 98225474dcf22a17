"""The law of a resource, as it bears on it now: a picture, the ways that lead on, and what may not change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.dashboard.visit import Visit
from reconciler.lifecycle.draw_layout import Layout
from reconciler.lifecycle.draw_present import Present
from reconciler.lifecycle.draw_svg import layout_of, svg
from reconciler.model.actor import Actor
from reconciler.model.event import Event
from reconciler.model.lifecycle import Action, Frozen, Lifecycle, State
from reconciler.model.plan import Alternative, GuardVerdict, Verdict
from reconciler.model.portrait import Option, Portrait
from reconciler.plan.ways_out import commands

_EVERY: Final = 86400.0
"""Seconds that a layout is kept: a kind has the same one for ever."""
_PATIENCE: Final = 2.0
WORDS: Final = {
    Verdict.TRUE: ("may be taken", "good"),
    Verdict.FALSE: ("its guards forbid it", "bad"),
    Verdict.UNKNOWN: ("hangs on what is not known", "warn"),
}
"""What the guards of a way say together, and in which tone."""


@dataclass(frozen=True, slots=True)
class Way:
    """One transition that leads away from the present state."""

    option: Option
    verdict: Verdict

    @property
    def words(self) -> str:
        """What its guards say together; what no person takes may happen."""
        if self.verdict is Verdict.TRUE and self.option.transition.by is not Actor.USER:
            return "may happen"
        return WORDS[self.verdict][0]

    @property
    def tone(self) -> str:
        """How that is coloured."""
        return WORDS[self.verdict][1] if self.option.transition.by is Actor.USER else ""


@dataclass(frozen=True, slots=True)
class Law:
    """What the page shows of it. `keys` are fields whose members may change, but neither come nor go."""

    picture: str
    state: State
    ways: tuple[Way, ...]
    frozen: tuple[Frozen, ...]
    keys: tuple[Frozen, ...]
    instead: tuple[Alternative, ...]
    forbidden: tuple[Action, ...]


def law_of(visit: Visit, one: Portrait, log: Iterable[Event]) -> Law:
    """The law of this portrait; `log` is the end of its log, by which it is known where it was."""
    ways = tuple(Way(option, together(option.guards)) for option in one.options)
    state = one.law.states[one.resource.state]
    been = {str(event.body[side]) for event in log for side in ("from", "to") if event.body.get(side)}
    verdicts = {way.option.transition.index: way.verdict for way in ways}
    is_frozen = bool(state.frozen or state.frozen_keys)
    return Law(
        picture=svg(one.law, Present(state.name, verdicts, frozenset(been)), _layout(visit, one.law)),
        state=state,
        ways=ways,
        frozen=state.frozen,
        keys=state.frozen_keys,
        instead=tuple(commands(one.law, one.resource.ref, state.name)) if is_frozen else (),
        forbidden=tuple(one for one in state.forbids if one.message),
    )


def _layout(visit: Visit, law: Lifecycle) -> Layout | None:
    """Where the picture has everything, which is the same for all of a kind; None while that is worked out."""
    key = "lifecycle", law.kind, visit.premises.repository.kinds.fingerprint
    held = visit.premises.kept.glance(key, lambda _store: layout_of(law), _EVERY, _PATIENCE)
    return held.value if held else None


def together(guards: Iterable[GuardVerdict]) -> Verdict:
    """What guards say of a way that all of them have to allow."""
    said = {guard.verdict for guard in guards}
    return next((one for one in (Verdict.FALSE, Verdict.UNKNOWN) if one in said), Verdict.TRUE)
