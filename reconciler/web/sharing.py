"""`/r/CODE`: where a shared link leads: to the landing of the campaign that answers for whoever presses it.

It leads nowhere but where manifests say. What a browser has seen stands in a cookie of its own, without a name: it only
decides which page is shown, never what is earned.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from typing import Final

from reconciler.kinds.referral.answer import Running, Visitor
from reconciler.kinds.referral.code import read_code
from reconciler.kinds.referral.programs import Offering, Programs
from reconciler.kinds.referral.reception import landing_of
from reconciler.model.ports import Clock, Store
from reconciler.model.ref import Ref
from reconciler.model.referral import NOBODY, Link
from reconciler.web.door import Answer, Ask, Door, plain
from reconciler.web.patience import Patience
from reconciler.web.tracking import is_look, on_the_wire

COOKIE: Final = "muster_r"
_SEEN: Final = re.compile(r"([1-9][0-9]{0,17})-([0-9]{1,11})", re.ASCII)
_MOST: Final = 8
"""Campaigns that a browser remembers."""
_AGE: Final = 400 * 86_400
"""Seconds for which it does: browsers keep none longer."""
_STYLE: Final = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#222}"
_CSP: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}';"
    " frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Sharing:
    """The door `/r`. Cookies are `is_secure` where this server is reached by TLS."""

    programs: Programs
    clock: Clock
    patience: Patience
    is_secure: bool = True

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (Door("share", "/r/{code}", ("GET",), self._follow),)

    def _follow(self, ask: Ask, store: Store) -> Answer:
        code = read_code(ask.params["code"])
        link = store.referral.link(code) if code else None
        if link is None:
            return self._unknown(ask)
        offering = self.programs.of(store, link.uid)
        if offering is None:
            return _page("", "", "nobody")
        now, seen = self.clock.now(), seen_by(ask.headers.get("cookie", ""))
        shown = offering.program.answer(_visitor(offering, link, seen), now).creative
        campaign = offering.uids[shown] if shown else NOBODY
        counts = is_look(ask)
        if counts:  # also where nobody is live (AMB-R3)
            store.referral.click(code, campaign, now)
        headers = self._remembering(seen, campaign, now) if shown and counts else {}
        return _led(offering, shown, code, headers)

    def _unknown(self, ask: Ask) -> Answer:
        """Links that are ours are followed, however many others came from the same address."""
        if self.patience.is_over(ask.client):
            return plain(429, "too many links that are none", "too-many", Retry_After="60")
        self.patience.failed(ask.client)
        return plain(404, "this link is not valid", "forged")

    def _remembering(self, seen: Mapping[int, datetime], campaign: int, now: datetime) -> dict[str, str]:
        """The cookie with this campaign in it; the first time counts."""
        kept = dict(sorted({campaign: now, **seen}.items(), key=lambda pair: pair[1])[-_MOST:])
        value = ".".join(f"{uid}-{int(at.timestamp())}" for uid, at in kept.items())
        secure = "; Secure" if self.is_secure else ""
        return {"Set-Cookie": f"{COOKIE}={value}; Path=/r; Max-Age={_AGE}; HttpOnly; SameSite=Lax{secure}"}


def seen_by(cookies: str) -> Mapping[int, datetime]:
    """What a browser has seen, and when first; what is written otherwise is not there."""
    for part in cookies[:4096].split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            found = [match for one in value.split(".")[:_MOST] if (match := _SEEN.fullmatch(one))]
            return {int(one[1]): datetime.fromtimestamp(int(one[2]), UTC) for one in found}
    return {}


def _visitor(offering: Offering, link: Link, seen: Mapping[int, datetime]) -> Visitor:
    opened = {ref: at for uid, at in seen.items() if (ref := offering.campaign(uid)) is not None}
    campaign = offering.campaign(link.campaign)
    accessed = opened.pop(campaign, None) if campaign else None
    return Visitor("friend", link.advocate, campaign, accessed, {}, opened)


def _led(offering: Offering, shown: Ref | None, code: str, headers: Mapping[str, str]) -> Answer:
    """To the campaign's landing, the program's fallback, or a page that says what there is to say."""
    url = landing_of(offering, shown, code) or offering.spec.fallback or ""
    what = "led" if shown else "nobody"
    if url:
        return Answer(302, headers={"Location": on_the_wire(url), **headers}, what=what)
    page = _page(offering.spec.title or "", _offer(offering.running(shown)), what)
    return Answer(page.status, page.body, page.kind, {**page.headers, **headers}, what)


def _offer(one: Running | None) -> str:
    return (one.spec.offer.friend or "") if one and one.spec.offer else ""


def _page(title: str, offer: str, what: str) -> Answer:
    head, said = escape(title or "Welcome"), escape(offer or "There is no offer at the moment.")
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{head}</title><style>{_STYLE}</style></head><body><main><h1>{head}</h1><p>{said}</p></main></body></html>"
    )
    return Answer(200, text.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": _CSP}, what)
