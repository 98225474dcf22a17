"""What a daemon tells of its passes on stderr: what it did, and what is in the way, each once for as long as it stays so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.controller.passing import Pass
from reconciler.controller.talk import Level, Say
from reconciler.model.diagnostic import has_errors
from reconciler.model.plan import ResourcePlan
from reconciler.model.ports import Store

MOST: Final = 50
"""Lines of one sort in one pass; the rest is counted."""

Line = tuple[str, Level, dict[str, object]]
"""Message, level, data."""


@dataclass(slots=True)
class Chronicle:
    """Implements `daemon.Watching`."""

    say: Say
    _standing: dict[str, Line] = field(default_factory=dict)
    """What was said of the last pass and is not said again while it lasts."""

    def passed(self, one: Pass, _store: Store, seconds: float) -> None:
        """See `daemon.Watching`."""
        for settled in one.settled:
            self.say("settled", ref=settled.ref, event=settled.event, how=settled.settlement.value)
        lasting = dict(_lasting(one))
        for key, line in _first({key: line for key, line in lasting.items() if key not in self._standing}):
            self._tell(line, key)
        for key in [key for key in self._standing if key not in lasting][:MOST]:
            self.say("no longer so", was=self._standing[key][0], about=key.partition(" ")[2])
        self._standing = lasting
        self._done(one, seconds)

    def failed(self, _reason: str, _message: str, _seconds: float) -> None:
        """See `daemon.Watching`: the loop has said it."""

    def _done(self, one: Pass, seconds: float) -> None:
        verb = "would apply" if one.dry else "applied"
        gone = {*one.outcome.done} if not one.dry else {each.ref for each in (*one.plan.due, *one.plan.resources)}
        told = [each for each in (*one.plan.due, *one.plan.resources) if each.ref in gone]
        for each in told[:MOST]:
            data = {**_steps(each), "commit": one.commit[:12], "plan": one.plan.digest}
            self.say(verb, Level.INFO, **data)
        for ref, message in sorted(one.outcome.failed.items()):
            self.say("failed", Level.WARNING, ref=ref, error=message)
        if told or one.outcome.steps or one.outcome.left or one.outcome.stale:
            self.say(
                "pass", steps=one.outcome.steps, resources=len(told), left=len(one.outcome.left),
                stale=len(one.outcome.stale), seconds=round(seconds, 3),
            )  # fmt: skip

    def _tell(self, line: Line, key: str) -> None:
        message, level, data = line
        self.say(message, level, **data)


def _first(lines: Mapping[str, Line]) -> Iterator[tuple[str, Line]]:
    yield from list(lines.items())[:MOST]
    if len(lines) > MOST:
        yield "more", ("more of the same", Level.WARNING, {"count": len(lines) - MOST})


def _lasting(one: Pass) -> Iterator[tuple[str, Line]]:
    """What is in the way, by what tells one such thing from another."""
    if one.trouble:
        data: dict[str, object] = {"reason": one.trouble.reason, "error": one.trouble.message}
        yield f"source {one.trouble.reason} {one.trouble.message}", ("the source is not followed", Level.WARNING, data)
    for kind, why in one.stale.items():
        data = {"kind": kind, "error": why}
        yield f"stale {kind} {why}", ("a list was not taken up whole", Level.WARNING, data)
    for found in one.diagnostics:
        level = Level.ERROR if has_errors((found,)) else Level.WARNING
        data = {"at": found.place, "code": found.code, "detail": found.detail or found.summary, "help": found.help}
        yield f"diagnostic {found.place} {found.code} {found.detail}", ("a manifest is wrong", level, data)
    for blocked in one.plan.blocked:
        first = blocked.refusals[0]
        data = {"ref": blocked.ref, "code": first.code.value, "at": first.place, "why": first.message}
        yield f"blocked {blocked.ref} {first.code.value} {first.message}", ("blocked", Level.WARNING, data)
    for ref, state in one.plan.unmanaged:
        if ref not in one.withheld:
            yield f"unmanaged {ref}", ("unmanaged", Level.WARNING, {"ref": ref, "state": state})


def _steps(one: ResourcePlan) -> dict[str, object]:
    names = ",".join(step.name for step in one.steps)
    return {"ref": one.ref, "steps": names, "from": one.origin, "to": one.target, "cause": one.cause or one.place}
