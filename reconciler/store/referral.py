"""Who takes part in referral programs, in SQLite and PostgreSQL alike. Rewards that an event earns are added with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.referral import Access, Clicks, FriendEvent, Funnel, Link, Person, Role, Taken
from reconciler.model.reward import Due
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.rewards import add, enter_gates, of_event

HOUR: Final = 3600
"""Seconds of one count of clicks."""

_ENROL: Final = """
INSERT INTO referral_person (uid, role, id, contact, household, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (uid, role, id) DO UPDATE SET
    contact = CASE WHEN referral_person.contact = '' THEN excluded.contact ELSE referral_person.contact END,
    household = CASE WHEN referral_person.household = '' THEN excluded.household ELSE referral_person.household END
WHERE (referral_person.contact = '' AND excluded.contact <> '')
    OR (referral_person.household = '' AND excluded.household <> '')
"""
_PERSON_COLUMNS: Final = "uid, role, id, at, contact, household"
_PERSON: Final = f"SELECT {_PERSON_COLUMNS} FROM referral_person WHERE uid = ? AND role = ? AND id = ?"
_PEOPLE: Final = (
    f"SELECT {_PERSON_COLUMNS} FROM referral_person WHERE uid = ? AND role = ? AND id > ? ORDER BY id LIMIT ?"
)
_SHARE: Final = """
INSERT INTO referral_link (code, uid, advocate, campaign, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (uid, advocate, campaign) DO NOTHING
"""
_LINK_COLUMNS: Final = "code, uid, advocate, campaign, at"
_SHARED: Final = f"SELECT {_LINK_COLUMNS} FROM referral_link WHERE uid = ? AND advocate = ? AND campaign = ?"
_LINK: Final = f"SELECT {_LINK_COLUMNS} FROM referral_link WHERE code = ?"
_LINKS: Final = f"SELECT {_LINK_COLUMNS} FROM referral_link WHERE uid = ? AND advocate = ? ORDER BY at, code"
_CLICK: Final = """
INSERT INTO referral_click (code, campaign, hour, clicks) VALUES (?, ?, ?, 1)
ON CONFLICT (code, campaign, hour) DO UPDATE SET clicks = referral_click.clicks + 1
"""
_CLICKS: Final = """
SELECT referral_click.campaign, sum(referral_click.clicks), count(DISTINCT referral_click.code)
FROM referral_click JOIN referral_link ON referral_link.code = referral_click.code
WHERE referral_link.uid = ? GROUP BY referral_click.campaign ORDER BY referral_click.campaign
"""
_SHARED_OF: Final = "SELECT count(*) FROM referral_link WHERE uid = ? AND campaign = ?"
_CLICKED_OF: Final = """
SELECT coalesce(sum(referral_click.clicks), 0)
FROM referral_click JOIN referral_link ON referral_link.code = referral_click.code
WHERE referral_link.uid = ? AND referral_click.campaign = ?
"""
_OPENED_OF: Final = "SELECT count(*) FROM referral_access WHERE uid = ? AND campaign = ?"
_STEPS_OF: Final = """
SELECT referral_event.event, count(*)
FROM referral_access JOIN referral_event
    ON referral_event.uid = referral_access.uid AND referral_event.friend = referral_access.friend
    AND referral_event.first = 1 AND referral_event.at >= referral_access.at
WHERE referral_access.uid = ? AND referral_access.campaign = ?
GROUP BY referral_event.event ORDER BY referral_event.event
"""
_ACCESS: Final = """
INSERT INTO referral_access (uid, friend, campaign, code, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (uid, friend, campaign) DO NOTHING
"""
_ACCESSES: Final = """
SELECT campaign, code, at FROM referral_access WHERE uid = ? AND friend = ? ORDER BY at, campaign
"""
_REACHED: Final = "SELECT event, at FROM referral_event WHERE uid = ? AND friend = ? AND first = 1 ORDER BY at, event"
_EVENT_COLUMNS: Final = "uid, id, friend, event, at, said, code, verdicts, first"
_EVENT: Final = f"SELECT {_EVENT_COLUMNS} FROM referral_event WHERE uid = ? AND id = ?"
_TAKE: Final = """
INSERT INTO referral_event (uid, id, friend, event, at, said, code, verdicts, first) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_REVISION: Final = "SELECT revision FROM resource WHERE uid = ? AND NOT forgotten"


class SqlReferral:
    """Implements `referral.Referral` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def enrol(self, person: Person) -> Person:
        """See `referral.Referral`."""
        row = (person.uid, person.role.value, person.id, person.contact, person.household, seconds(person.at))

        def write(sql: Sql) -> Person:
            sql.run(_ENROL, row)
            return _person(sql.rows(_PERSON, row[:3])[0])

        known = self.person(person.uid, person.role, person.id)
        return known if known is not None and _says_nothing_new(person, known) else self._desk.writing(write)

    def person(self, uid: int, role: Role, id_: str) -> Person | None:
        """See `referral.Referral`."""
        found = self._desk.reading(lambda sql: sql.rows(_PERSON, (uid, role.value, id_)))
        return _person(found[0]) if found else None

    def people(self, uid: int, role: Role, after: str, limit: int) -> Sequence[Person]:
        """See `referral.Referral`."""
        found = self._desk.reading(lambda sql: sql.rows(_PEOPLE, (uid, role.value, after, limit)))
        return [_person(row) for row in found]

    def share(self, link: Link) -> Link:
        """See `referral.Referral`."""
        row = (link.code, link.uid, link.advocate, link.campaign, seconds(link.at))

        def write(sql: Sql) -> Link:
            sql.run(_SHARE, row)
            return _link(sql.rows(_SHARED, row[1:4])[0])

        known = self._desk.reading(lambda sql: sql.rows(_SHARED, row[1:4]))
        return _link(known[0]) if known else self._desk.writing(write)

    def link(self, code: str) -> Link | None:
        """See `referral.Referral`."""
        found = self._desk.reading(lambda sql: sql.rows(_LINK, (code,)))
        return _link(found[0]) if found else None

    def links(self, uid: int, advocate: str) -> Sequence[Link]:
        """See `referral.Referral`."""
        return [_link(row) for row in self._desk.reading(lambda sql: sql.rows(_LINKS, (uid, advocate)))]

    def click(self, code: str, campaign: int, at: datetime) -> None:
        """See `referral.Referral`."""
        hour = int(seconds(at)) // HOUR
        self._desk.writing(lambda sql: sql.run(_CLICK, (code, campaign, hour)))

    def clicks(self, uid: int) -> Sequence[Clicks]:
        """See `referral.Referral`."""
        found = self._desk.reading(lambda sql: sql.rows(_CLICKS, (uid,)))
        return [Clicks(campaign, int(clicks), links) for campaign, clicks, links in found]

    def funnel(self, uid: int, campaign: int) -> Funnel:
        """See `referral.Referral`."""

        def look(sql: Sql) -> Funnel:
            links, clicks, friends = (
                int(sql.rows(one, (uid, campaign))[0][0]) for one in (_SHARED_OF, _CLICKED_OF, _OPENED_OF)
            )
            steps = {event: int(count) for event, count in sql.rows(_STEPS_OF, (uid, campaign))}
            return Funnel(links, clicks, friends, steps)

        return self._desk.reading(look)

    def access(self, access: Access) -> Access:
        """See `referral.Referral`."""
        row = (access.uid, access.friend, access.campaign, access.code, seconds(access.at))
        kept = self._of_campaign(access)
        if kept is None:
            self._desk.writing(lambda sql: sql.run(_ACCESS, row))
            kept = self._of_campaign(access)
        return kept or access

    def _of_campaign(self, access: Access) -> Access | None:
        found = self.accesses(access.uid, access.friend)
        return next((one for one in found if one.campaign == access.campaign), None)

    def accesses(self, uid: int, friend: str) -> Sequence[Access]:
        """See `referral.Referral`."""
        found = self._desk.reading(lambda sql: sql.rows(_ACCESSES, (uid, friend)))
        return [Access(uid, friend, campaign, code, instant(at)) for campaign, code, at in found]

    def reached(self, uid: int, friend: str) -> Mapping[str, datetime]:
        """See `referral.Referral`."""
        found = self._desk.reading(lambda sql: sql.rows(_REACHED, (uid, friend)))
        return {event: instant(at) for event, at in found}

    def event(self, uid: int, id_: str) -> Taken | None:
        """See `referral.Referral`."""
        return self._desk.reading(lambda sql: _taken(sql, uid, id_))

    def take(self, event: FriendEvent, seen: Mapping[int, int], dues: Sequence[Due], now: datetime) -> Taken | None:
        """See `referral.Referral`."""
        return self._desk.writing(lambda sql: _take(sql, event, (seen, dues), now))


def _take(sql: Sql, event: FriendEvent, judged: tuple[Mapping[int, int], Sequence[Due]], now: datetime) -> Taken | None:
    """Gates first, in order: from there on nobody voids, and what is compared stays true until this is committed."""
    seen, dues = judged
    known = _taken(sql, event.uid, event.id)
    if known is not None:
        return known
    closed = enter_gates(sql, {due.reward.campaign for due in dues})
    if any(_revision(sql, uid) != revision for uid, revision in sorted(seen.items())):
        return None
    if sql.run(_TAKE, _row(event, first=1)):
        for due in dues:
            add(sql, due, now, is_closed=due.reward.campaign in closed)
    else:  # somebody has just reported it, or the same step under another id
        sql.run(_TAKE, _row(event, first=0))
    return _taken(sql, event.uid, event.id)


def _revision(sql: Sql, uid: int) -> int:
    found = sql.rows(_REVISION, (uid,))
    return int(found[0][0]) if found else 0


def _taken(sql: Sql, uid: int, id_: str) -> Taken | None:
    found = sql.rows(_EVENT, (uid, id_))
    if not found:
        return None
    row = found[0]
    event = FriendEvent(uid, id_, row[2], row[3], instant(row[4]), row[5], row[6], _decoded(row[7]))
    return Taken(event, of_event(sql, uid, id_), bool(row[8]))


def _row(event: FriendEvent, first: int) -> tuple[object, ...]:
    verdicts = canonical.encode(list(event.verdicts)).decode()
    at = seconds(event.at)
    return (event.uid, event.id, event.friend, event.event, at, event.said, event.code, verdicts, first)


def _decoded(text: str) -> Sequence[Mapping[str, Any]]:
    return tuple(canonical.decode(text))


def _says_nothing_new(person: Person, known: Person) -> bool:
    return not ((person.contact and not known.contact) or (person.household and not known.household))


def _person(row: tuple[Any, ...]) -> Person:
    uid, role, id_, at, contact, household = row
    return Person(uid, Role(role), id_, instant(at), contact, household)


def _link(row: tuple[Any, ...]) -> Link:
    code, uid, advocate, campaign, at = row
    return Link(code, uid, advocate, campaign, instant(at))
