"""Pages as doors: who asks is known before a page is made, and what goes wrong is said on a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from reconciler.dashboard.access.port import Access
from reconciler.dashboard.page import Missing, Page, Refused
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import Invalid, MusterError, StoreError
from reconciler.model.ports import Store
from reconciler.web.door import Answer, Ask, Door

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
"""What a page may load: what this very server gives, and no script or style that stands in the page itself."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Makes doors of pages."""

    premises: Premises
    access: Access

    def of(self, pages: Sequence[Page]) -> tuple[Door, ...]:
        """What is served: the pages, and where one comes in."""
        made = (Door(page.name, page.path, page.methods, partial(self._made, page), page.most) for page in pages)
        return (*made, *self.access.doors())

    def _made(self, page: Page, ask: Ask, store: Store) -> Answer:
        visitor = self.access.visitor(ask, store)
        if isinstance(visitor, Answer):
            return visitor
        visit = Visit(ask, store, visitor, self.premises, self.premises.app.clock.now(), page.path)
        if not visitor.role.may(page.role):
            return _secured(_sorry(visit, 403, f"This takes the role {page.role}; you are {visitor.role}."))
        if ask.method == "POST" and not self.access.is_sealed(ask, visitor, visit.sent("seal")):
            return _secured(
                _sorry(visit, 403, "This form is not from a page of yours. Go back, load it anew, and send it again.")
            )
        return _secured(_answered(page, visit))


def _answered(page: Page, visit: Visit) -> Answer:
    try:
        return page.make(visit)
    except Missing as error:
        return _sorry(visit, 404, str(error))
    except (Refused, Invalid) as error:
        return _sorry(visit, 409, str(error))
    except StoreError:
        raise
    except MusterError as error:
        return _sorry(visit, 400, str(error))


def _sorry(visit: Visit, status: int, text: str) -> Answer:
    return visit.show("sorry.html", status=status, code=status, text=text)


def _secured(answer: Answer) -> Answer:
    headers = {"Content-Security-Policy": POLICY, "Cross-Origin-Opener-Policy": "same-origin", **answer.headers}
    return Answer(answer.status, answer.body, answer.kind, headers, answer.what)
