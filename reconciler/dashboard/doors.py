"""Pages as doors: who asks is known first, what goes wrong is said on a page, and what is done is written down."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from hmac import compare_digest
from typing import Final

from reconciler.dashboard.access.origin import is_from_here, is_part_of_another
from reconciler.dashboard.access.port import Access
from reconciler.dashboard.auditor import Auditor
from reconciler.dashboard.limits import Limits
from reconciler.dashboard.outside import Outside
from reconciler.dashboard.page import Missing, Page, Refused
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.visit import Visit
from reconciler.model.audit import Entry, Outcome
from reconciler.model.errors import Invalid, MusterError, Partial, StoreError, Usage
from reconciler.model.ports import Store
from reconciler.web.door import SMALL, Answer, Ask, Door, Handler

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FORM: Final = "application/x-www-form-urlencoded"
_NUL: Final = "\0"
"""Nothing is called so. PostgreSQL would refuse to look for it, as if something were wrong with the store."""
_Make = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Doors:
    """Makes doors of pages. `url` is where browsers find the dashboard, if the settings say so."""

    premises: Premises
    access: Access
    outside: Outside
    auditor: Auditor
    limits: Limits
    url: str = ""

    def of(self, pages: Sequence[Page]) -> tuple[Door, ...]:
        """What is served."""
        return tuple(self._door(page, partial(self._made, page)) for page in pages)

    def besides(self, doors: Sequence[Door]) -> tuple[Door, ...]:
        """What is not: of methods that a path has not, and of all other paths, a stranger hears what they hear of any."""
        paths = {door.path: set[str]() for door in doors}
        for door in doors:
            paths[door.path].update(door.methods)
        pages = (
            Page("not-so", path, partial(_not_so, methods), methods=_others(methods), most=SMALL)
            for path, methods in paths.items()
        )
        return tuple(self._door(page, partial(self._shown, page)) for page in pages)

    def nowhere(self) -> tuple[Door, ...]:
        """Every path, after all others."""
        page = Page("nowhere", "/{rest:path}", _nowhere, methods=METHODS, most=SMALL)
        return (self._door(page, partial(self._shown, page)),)

    def _door(self, page: Page, handler: Handler) -> Door:
        return Door(page.name, page.path, page.methods, handler, page.most, self._admits, self.outside.page)

    def _admits(self, ask: Ask) -> Answer | None:
        """Before the body is read."""
        visitor = self.access.visitor(ask)
        if isinstance(visitor, Answer):
            return visitor
        if is_part_of_another(ask):
            return self.outside.page(403, "This is no part of another site's pages.", "cross-site")
        if ask.method == "POST" and not is_from_here(ask, self.url):
            return self.outside.page(
                403, "This form is not from a page of this dashboard. Nothing was done.", "cross-site"
            )
        if any(_NUL in text for text in (*ask.params.values(), *(part for pair in ask.pairs for part in pair))):
            return self.outside.page(400, "No address has a NUL in it.", "nul")
        wait = self.limits.wait(ask, visitor)
        if wait:
            text = f"You ask for more than one person can read. Wait {wait} s."
            return self.outside.page(429, text, "too-many", Retry_After=str(wait))
        return None

    def _made(self, page: Page, ask: Ask, store: Store) -> Answer:
        visit = self._visit(page, ask, store)
        if isinstance(visit, Answer):
            return visit
        return self._acted(page, visit) if ask.method == "POST" else self._looked(page, visit)

    def _shown(self, page: Page, ask: Ask, store: Store) -> Answer:
        """A page that does nothing, by whatever method it is asked for."""
        visit = self._visit(page, ask, store)
        return visit if isinstance(visit, Answer) else self._looked(page, visit)

    def _visit(self, page: Page, ask: Ask, store: Store) -> Visit | Answer:
        visitor = self.access.visitor(ask)
        if isinstance(visitor, Answer):
            return visitor
        return Visit(ask, store, visitor, self.premises, self.premises.app.clock.now(), page.path)

    def _looked(self, page: Page, visit: Visit) -> Answer:
        """A page. What it notes, as that it showed what people are called, is written down; of many times, some."""
        if not visit.visitor.role.may(page.role):
            return _sorry(visit, 403, _beyond(page, visit))
        answer, outcome, text = _outcome(page.make, visit)
        if visit.notes:
            entry = _entry(page, visit, outcome, text)
            self.auditor.sparingly(visit.store, entry, f"{visit.visitor.actor} reads {visit.ask.path}")
        return answer

    def _acted(self, page: Page, visit: Visit) -> Answer:
        """What a form asks for, written down whatever comes of it."""
        if not visit.visitor.role.may(page.role):
            text = _beyond(page, visit)
            self.auditor.sparingly(visit.store, _entry(page, visit, Outcome.DENIED, text), visit.visitor.actor)
            return _sorry(visit, 403, text)
        if visit.ask.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return _sorry(visit, 415, "This takes a form.")
        if not _is_sealed(visit):
            return _sorry(
                visit,
                403,
                "This form is of an earlier visit. Nothing was done: go back, load the page anew, send it again.",
            )
        closure = visit.store.closure()
        if closure:
            return _sorry(visit, 409, f"This store is closed: {closure}. Nothing was done.")
        try:
            answer, outcome, text = _outcome(page.make, visit)
        except Exception as error:
            failed = _entry(page, visit, Outcome.FAILED, str(error) if isinstance(error, MusterError) else "a bug")
            self.auditor.write(visit.store, failed)
            raise
        self.auditor.write(visit.store, _entry(page, visit, outcome, text))
        return answer


def _is_sealed(visit: Visit) -> bool:
    """Whether the form has the seal of this session: no other site knows it. A form that cannot be read has none."""
    try:
        return compare_digest(visit.sent("seal").encode(), visit.visitor.seal.encode())
    except Usage:
        return False


def _outcome(make: _Make, visit: Visit) -> tuple[Answer, Outcome, str]:
    """What is answered, what became of it, and why."""
    try:
        answer = make(visit)
        return answer, Outcome.DONE if answer.status < 400 else Outcome.REFUSED, ""
    except Missing as error:
        return _sorry(visit, 404, str(error)), Outcome.REFUSED, str(error)
    except (Refused, Invalid) as error:
        return _sorry(visit, 409, str(error)), Outcome.REFUSED, str(error)
    except (StoreError, Partial):
        raise
    except MusterError as error:
        return _sorry(visit, 400, str(error)), Outcome.REFUSED, str(error)


def _entry(page: Page, visit: Visit, outcome: Outcome, text: str) -> Entry:
    """What the audit has of it: the action's own word and resource where the address names them, else the address."""
    params, who = visit.ask.params, visit.visitor
    target = (
        f"{params['kind']}/{params['name']}" if {"kind", "name"} <= params.keys() else visit.ask.path if params else ""
    )
    detail = "; ".join(_said(visit, text))
    return Entry(
        visit.now, who.actor, who.role.value, visit.ask.client, params.get("event", page.name), target, outcome, detail
    )


def _said(visit: Visit, text: str) -> Iterator[str]:
    yield from visit.notes
    if text and text not in visit.notes:
        yield text


def _beyond(page: Page, visit: Visit) -> str:
    return f"This takes the role {page.role}; you are {visit.visitor.role}."


def _others(methods: AbstractSet[str]) -> tuple[str, ...]:
    """HEAD goes with GET."""
    return tuple(one for one in METHODS if one not in methods)


def _not_so(methods: AbstractSet[str], visit: Visit) -> Answer:
    answer = _sorry(visit, 405, f"This address does not take {visit.ask.method}.")
    return Answer(answer.status, answer.body, answer.kind, {"Allow": ", ".join(sorted(methods))}, answer.what)


def _nowhere(_visit: Visit) -> Answer:
    raise Missing("There is no page at this address.")


def _sorry(visit: Visit, status: int, text: str) -> Answer:
    return visit.show("sorry.html", status=status, code=status, text=text)
