"""The portal: an account's leads as JSON, and as a page that a browser shows. Whoever asks signs in with a token.

GET /v1/portal/leads?after=CODE&limit=50        Authorization: Bearer TOKEN
GET /portal                                     the same, with the token for a password
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import quote

from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.portal import Guests, Page, page_for
from reconciler.model import canonical
from reconciler.model.ports import Store
from reconciler.web.door import Answer, Ask, Door, Says, plain
from reconciler.web.page import page
from reconciler.web.patience import Patience
from reconciler.web.problem import problem
from reconciler.web.webhooks import password_of

USUAL: Final = 50
MOST: Final = 200
"""Leads in one answer."""
_CODE: Final = 100
"""Characters of a code, at most."""
_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid #ddd}dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:0 .8rem}"
    "dt{color:#666}dd{margin:0;overflow-wrap:anywhere}mark{background:#ffe9a8;padding:0 .3rem}"
)


@dataclass(frozen=True, slots=True)
class Portal:
    """The doors of the portal."""

    guests: Guests
    outlook: Outlook
    patience: Patience

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (
            Door("portal", "/v1/portal/leads", ("GET",), self._json, admits=self._admits(problem), says=problem),
            Door("portal", "/portal", ("GET",), self._page, admits=self._admits(plain)),
        )

    def _admits(self, says: Says) -> Callable[[Ask], Answer | None]:
        """Who has guessed too often is not listened to."""

        def admits(ask: Ask) -> Answer | None:
            if self.patience.is_over(ask.client):
                return says(429, "too many without a token of ours", "too-many", Retry_After="60")
            return None

        return admits

    def _json(self, ask: Ask, store: Store) -> Answer:
        found = self._found(ask, store, "Bearer", problem)
        if isinstance(found, Answer):
            return found
        body = {"account": found.account, "leads": found.leads, "next": found.next or None}
        return Answer(200, canonical.encode(body), "application/json", what="listed")

    def _page(self, ask: Ask, store: Store) -> Answer:
        found = self._found(ask, store, 'Basic realm="portal", charset="UTF-8"', plain)
        return found if isinstance(found, Answer) else page(f"Leads of {found.account}", _STYLE, _html(found), "shown")

    def _found(self, ask: Ask, store: Store, scheme: str, says: Says) -> Page | Answer:
        token = password_of(ask)
        guest = self.guests.of(store, token)
        if guest is None:
            if token:
                self.patience.failed(ask.client)
            return says(401, "sign in with a portal user's token", "stranger", WWW_Authenticate=scheme)
        limit, after = ask.query.get("limit", str(USUAL)), ask.query.get("after", "")
        if not (limit.isascii() and limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= MOST):
            return says(400, f"limit is a number from 1 to {MOST}", "bad")
        if len(after) > _CODE or "\0" in after:
            return says(400, "after is the code of a lead", "bad")
        return page_for(guest, store, self.outlook.market(store), after, int(limit))


def _html(found: Page) -> str:
    rows = "".join(_row(one) for one in found.leads)
    table = (
        "<table><thead><tr><th>Sold</th><th>Lead</th><th>Campaign</th><th>Price</th><th>Fields</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else "<p>No leads yet.</p>"
    )
    more = f'<p><a href="/portal?after={quote(found.next, safe="")}">Older leads</a></p>' if found.next else ""
    return f"<h1>Leads of {escape(found.account)}</h1>{table}{more}"


def _row(one: Mapping[str, Any]) -> str:
    fields = "".join(f"<dt>{_said(name)}</dt><dd>{_said(value)}</dd>" for name, value in one["fields"].items())
    test = " <mark>test</mark>" if one["test"] else ""
    price = f"{one['price']['amount']} {one['price']['currency']}"
    cells = (_said(one["soldAt"]), _said(one["id"]) + test, _said(one["campaign"]), _said(price), f"<dl>{fields}</dl>")
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _said(value: object) -> str:
    return escape("" if value is None else str(value))
