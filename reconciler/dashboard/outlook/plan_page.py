"""The plan: what the repository wants, why some of it is blocked, and what would work instead. It is looked at, never applied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.controller.verdict import CHANGES, DENIED, DONE, HELD, ILLEGAL, INVALID, of_plan
from reconciler.dashboard.kept import Held as Kept
from reconciler.dashboard.onward import onward
from reconciler.dashboard.outlook import plan_rows
from reconciler.dashboard.outlook.foresight import Foreseen, foreseen
from reconciler.dashboard.outlook.occasions import occasion
from reconciler.dashboard.outlook.picturing import picture_of
from reconciler.dashboard.page import Page
from reconciler.dashboard.paging import Part, part
from reconciler.dashboard.panel import Card
from reconciler.dashboard.render import number
from reconciler.dashboard.visit import Visit
from reconciler.model.diagnostic import Diagnostic, Severity, has_errors
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.model.timeline import Occurrence
from reconciler.views.plan_text import upcoming
from reconciler.web.door import Answer

ENDS: Final[Mapping[int, tuple[str, str]]] = {
    DONE: ("Nothing to do.", "good"),
    CHANGES: ("There is something to apply, and nothing stands in the way.", "calm"),
    INVALID: ("The files are invalid: nothing can be planned until that is mended.", "bad"),
    ILLEGAL: ("Something is asked for that may not be done, now or later.", "bad"),
    DENIED: ("Something is denied for now: by a guard, a policy, or because too much would change at once.", "bad"),
    HELD: ("Only holds stand in the way.", "warn"),
}
"""What the exit code of `muster plan --detailed-exitcode` means, and in what tone that is said."""
_LANES: Final = 40
"""Lanes of the picture."""
_SHOWS: Final = ("", "blocked", "changes")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the plan is to be shown: everything, what is blocked, or what changes; of one kind; of one resource."""

    show: str
    kind: str
    only: frozenset[Ref] | None

    def wants(self, *refs: Ref) -> bool:
        """Whether something about these is asked for."""
        return any((self.only is None or ref in self.only) and (not self.kind or ref.kind == self.kind) for ref in refs)

    @property
    def picks(self) -> bool:
        """Whether some resources are left out."""
        return bool(self.kind) or self.only is not None

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.show) or self.picks


def _page(visit: Visit) -> Answer:
    held = foreseen(visit)
    asked = _asked(visit)
    if held is None:
        return visit.show("plan_coming.html", again=onward(visit))
    if held.value.plan is None:
        return visit.show("plan_invalid.html", **_invalid(visit, held.value.diagnostics), held=held)
    return visit.show("plan.html", **_sections(visit, held, held.value.plan, asked))


def _asked(visit: Visit) -> Asked:
    show, text = visit.asked("show"), visit.asked("only")
    return Asked(show if show in _SHOWS else "", visit.asked("kind"), _named(visit, text) if text else None)


def _named(visit: Visit, text: str) -> frozenset[Ref]:
    """What a person names: one version, or all of a name; nothing where that is no ref."""
    try:
        wanted = Ref.parse(text)
    except ValueError:
        return frozenset()
    if "@" in text:
        return frozenset({wanted})
    manifests = visit.premises.repository.manifests()
    return frozenset(ref for ref in manifests if ref[:2] == wanted[:2]) or frozenset({wanted})


def _invalid(visit: Visit, found: Sequence[Diagnostic]) -> dict[str, Any]:
    errors, warnings = _sorted(found)
    words, _ = ENDS[INVALID]
    return {"errors": part(visit, "files", errors, _as_is), "warnings": part(visit, "warnings", warnings, _as_is)} | {
        "code": INVALID,
        "words": words,
    }


def _sorted(found: Iterable[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
    errors: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    for one in found:
        (errors if one.severity is Severity.ERROR else warnings).append(one)
    return errors, warnings


def _as_is(one: Diagnostic) -> Diagnostic:
    return one


def _sections(visit: Visit, held: Kept[Foreseen], plan: Plan, asked: Asked) -> dict[str, Any]:
    code = of_plan(plan, detailed=True)
    words, tone = ENDS.get(code, ("", ""))
    errors, warnings = _sorted(plan.diagnostics)
    return {
        "plan": plan,
        "held": held,
        "asked": asked,
        "only": visit.asked("only"),
        "kinds": held.value.kinds,
        "code": code,
        "words": words,
        "tone": tone,
        "cards": _cards(plan, "/plan" if asked.narrows else ""),
        "errors": part(visit, "files", errors, _as_is),
        "warnings": part(
            visit, "warnings", [one for one in warnings if not asked.narrows or _names(one, asked)], _as_is
        ),
        "has_errors": has_errors(plan.diagnostics),
        "last_write": visit.store.last_write(),
        "passed": visit.store.bulletin.last_pass(),
        "horizon": plan.made_at + plan.horizon,
        "picture": _picture(visit, plan, asked),
        **_lists(visit, plan, asked, held.value),
    }


def _names(one: Diagnostic, asked: Asked) -> bool:
    try:
        return asked.wants(Ref.parse(one.ref))
    except ValueError:
        return False


def _lists(visit: Visit, plan: Plan, asked: Asked, known: Foreseen) -> dict[str, Part[Any]]:
    """The parts of the plan, each a page of it, most severe first."""
    zone = visit.premises.app.project.timezone or "UTC"

    def ahead(one: Occurrence) -> Any:
        return occasion(one, zone, known.traits)

    blocked, changes = asked.show in ("", "blocked"), asked.show in ("", "changes")
    alone = not asked.show
    return {
        "blocked": part(visit, "blocked", _of(plan.blocked, asked, blocked), plan_rows.blocked),
        "conflicts": part(
            visit, "conflicts", [one for one in plan.conflicts if blocked and asked.wants(*one.parties)], ahead
        ),
        "due": part(visit, "due", _of(plan.due, asked, changes), plan_rows.due),
        "changes": part(visit, "changes", _of(plan.resources, asked, changes), plan_rows.changed),
        "waiting": part(visit, "waiting", _of(plan.waiting, asked, alone), plan_rows.waiting),
        "holds": part(visit, "holds", _of(plan.holds, asked, alone), plan_rows.held),
        "drift": part(visit, "drift", _of(plan.drift, asked, alone), plan_rows.strayed),
        "unmanaged": part(
            visit,
            "unmanaged",
            [one for one in plan.unmanaged if alone and asked.wants(one[0])],
            lambda one: plan_rows.who(one[0], one[1], one[1]),
        ),
        "ahead": part(visit, "ahead", [one for one in upcoming(plan) if alone and asked.wants(one.ref)], ahead, 10),
    }


def _of(found: Sequence[Any], asked: Asked, wanted: bool) -> Sequence[Any]:
    """What is asked for of a list; where nothing is left out, the list itself: it may be long."""
    if not wanted:
        return ()
    return [one for one in found if asked.wants(one.ref)] if asked.picks else found


def _cards(plan: Plan, whole: str) -> tuple[Card, ...]:
    """They count the whole plan, and lead into it: `whole` is its address where the page shows less."""
    counts, conflicts = plan.summary(), len(plan.conflicts)
    shown = [
        Card(
            "Blocked",
            number(counts["blocked"]),
            "",
            f"{whole}#blocked" if counts["blocked"] else "",
            _tone(counts["blocked"], "bad"),
        ),
        Card(
            "Conflicts ahead", number(conflicts), "", f"{whole}#conflicts" if conflicts else "", _tone(conflicts, "bad")
        ),
    ]
    for name, label in (
        ("create", "To create"),
        ("update", "To edit"),
        ("transition", "To move"),
        ("delete", "To delete"),
    ):
        shown.append(Card(label, number(counts[name]), "", f"{whole}#changes" if counts[name] else ""))
    shown.append(Card("Waiting", number(counts["waiting"]), "", f"{whole}#waiting" if counts["waiting"] else ""))
    shown.append(Card("As their manifests ask", number(counts["unchanged"])))
    if counts["unmanaged"]:
        shown.append(Card("Without a manifest", number(counts["unmanaged"]), "", f"{whole}#unmanaged", "warn"))
    return tuple(shown)


def _tone(count: int, tone: str) -> str:
    return tone if count else ""


def _picture(visit: Visit, plan: Plan, asked: Asked) -> str:
    """The timeline of what the plan touches: the gravest first where there is no room for all. Empty: nothing to draw."""
    if asked.show == "changes":
        return ""
    wanted = list(dict.fromkeys(one.ref for one in (*plan.conflicts, *upcoming(plan)) if asked.wants(one.ref)))[:_LANES]
    return picture_of(visit, plan, wanted, plan.made_at)


PAGES: Final = (Page("plan", "/plan", _page),)
