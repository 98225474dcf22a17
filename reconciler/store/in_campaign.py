"""What is counted of invoices in campaigns, and alerts, in SQLite and PostgreSQL alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.enrolments import Communication, Exit, Saying
from reconciler.model.in_campaign import Alert, Cause, Enrolled, Flow, Gap, Notice, Processed, Share, Within
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.enrolled import enrolled
from reconciler.store.enrolment_statements import COLLECTABLE
from reconciler.store.standing import post
from reconciler.store.stretch import Stretch

_IN_ACTIVE: Final = "resource.uid = enrolment.uid AND resource.state = 'active' AND NOT resource.forgotten"

_MARK: Final = """
SELECT coalesce((SELECT max(change) FROM invoice), 0), coalesce((SELECT max(id) FROM enrolment), 0),
    (SELECT count(*) FROM enrolment WHERE exit = '')
"""
"""Whatever comes in has a new id, and whatever goes out is one fewer."""
_WHOLE: Final = f"SELECT count(*) FROM invoice WHERE {COLLECTABLE}"
_PART: Final = f"""
SELECT count(*) FROM invoice JOIN enrolment ON enrolment.invoice = invoice.id AND enrolment.exit = ''
    JOIN resource ON {_IN_ACTIVE}
WHERE {COLLECTABLE}
"""
_EXITS: Final = """
SELECT exit, count(*), sum(CASE WHEN still_since <> '' THEN 1 ELSE 0 END) FROM enrolment WHERE uid = ? GROUP BY exit
"""
_SAID: Final = """
SELECT communication.step, stage, count(*)
FROM enrolment JOIN communication ON communication.enrolment = enrolment.id
WHERE enrolment.uid = ? GROUP BY communication.step, stage
"""
_DUE: Final = """
SELECT step, count(*) FROM enrolment WHERE uid = ? AND exit = '' AND still_since = '' AND due_on <= ? GROUP BY step
"""
_FIRST: Final = """
SELECT enrolment.id, number, entered_at, step, enrolment.due_on, exit, exited_at, still_since
FROM enrolment JOIN invoice ON invoice.id = enrolment.invoice WHERE enrolment.uid = ? ORDER BY enrolment.id LIMIT ?
"""
_SAID_FIRST: Final = """
SELECT enrolment, step, at, channel, stage, detail FROM communication
WHERE enrolment IN (SELECT id FROM enrolment WHERE uid = ? ORDER BY id LIMIT ?) ORDER BY enrolment, step
"""
_ALERT: Final = "id, opened_at, closed_at, expected, enrolled, collectable, guidance"
_OPEN: Final = f"SELECT {_ALERT} FROM in_campaign_alert WHERE closed_at = 0"
_ALERTS: Final = f"SELECT {_ALERT} FROM in_campaign_alert ORDER BY id DESC LIMIT ?"
_RAISE: Final = """
INSERT INTO in_campaign_alert (opened_at, closed_at, expected, enrolled, collectable, guidance) VALUES (?, 0, ?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING id
"""
_CLOSE: Final = "UPDATE in_campaign_alert SET closed_at = ? WHERE id = ? AND closed_at = 0"


class SqlInCampaign:
    """Implements `in_campaign.InCampaign` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def mark(self) -> str:
        """See `in_campaign.InCampaign`."""
        return "/".join(map(str, self._desk.reading(lambda sql: sql.rows(_MARK))[0]))

    def level(self) -> Share:
        """See `in_campaign.InCampaign`."""
        part, whole = self._desk.reading(lambda sql: (sql.rows(_PART), sql.rows(_WHOLE)))
        return Share(int(part[0][0]), int(whole[0][0]))

    def flow(self, uid: int, today: date) -> Flow:
        """See `in_campaign.InCampaign`."""
        exits, said, due = self._desk.reading(
            lambda sql: (
                sql.rows(_EXITS, (uid,)),
                sql.rows(_SAID, (uid,)),
                sql.rows(_DUE, (uid, today.isoformat())),
            )
        )
        inside = [(int(count), int(still)) for why, count, still in exits if not why]
        return Flow(
            enrolled=sum(count for count, _ in inside),
            suspended=sum(still for _, still in inside),
            exits={Exit(why): int(count) for why, count, _ in sorted(exits) if why},
            said={(int(step), Saying(stage)): int(count) for step, stage, count in sorted(said)},
            due={int(step): int(count) for step, count in sorted(due)},
        )

    def first(self, uid: int, limit: int) -> Sequence[Processed]:
        """See `in_campaign.InCampaign`."""
        rows, told = self._desk.reading(
            lambda sql: (sql.rows(_FIRST, (uid, limit)), sql.rows(_SAID_FIRST, (uid, limit)))
        )
        said: dict[int, list[Communication]] = defaultdict(list)
        for enrolment, step, at, channel, stage, detail in told:
            said[enrolment].append(Communication(enrolment, step, instant(at), channel, Saying(stage), detail))
        return [_processed(row, tuple(said[row[0]])) for row in rows]

    def lines(self, which: Within, after: int = 0, limit: int = 50, before: int = 0) -> Sequence[Enrolled]:
        """See `in_campaign.InCampaign`."""
        return self._desk.reading(lambda sql: enrolled(sql, which, Stretch(after, limit, before)))

    def open_alert(self) -> Alert | None:
        """See `in_campaign.InCampaign`."""
        found = self._desk.reading(lambda sql: sql.rows(_OPEN))
        return _alert(found[0]) if found else None

    def alerts(self, limit: int) -> Sequence[Alert]:
        """See `in_campaign.InCampaign`."""
        return [_alert(row) for row in self._desk.reading(lambda sql: sql.rows(_ALERTS, (limit,)))]

    def raise_alert(self, alert: Alert, notice: Notice) -> bool:
        """See `in_campaign.InCampaign`."""
        guidance = [[gap.cause.value, gap.campaign, gap.invoices, list(gap.examples)] for gap in alert.guidance]
        row = (
            *(seconds(alert.opened_at), alert.expected, alert.share.part, alert.share.whole),
            canonical.encode(guidance).decode(),
        )

        def do(sql: Sql) -> bool:
            made = sql.rows(_RAISE, row)
            if made:
                _tell(sql, int(made[0][0]), notice)
            return bool(made)

        return self._desk.writing(do)

    def close_alert(self, id_: int, now: datetime, notice: Notice) -> bool:
        """See `in_campaign.InCampaign`."""

        def do(sql: Sql) -> bool:
            is_closed = sql.run(_CLOSE, (seconds(now), id_)) > 0
            if is_closed:
                _tell(sql, id_, notice)
            return is_closed

        return self._desk.writing(do)


def _tell(sql: Sql, alert: int, notice: Notice) -> None:
    """Put the mails about an alert into the job of its settings, in the transaction that opens or closes it."""
    if notice.units:
        post(sql, notice.uid, [replace(unit, key=f"{alert}:{unit.key}") for unit in notice.units])


def _processed(row: Sequence[Any], said: tuple[Communication, ...]) -> Processed:
    _, number, entered_at, step, due_on, why, exited_at, still = row
    return Processed(
        number,
        instant(entered_at),
        int(step),
        date.fromisoformat(due_on),
        Exit(why) if why else None,
        instant(exited_at) if why else None,
        said,
        date.fromisoformat(still) if still else None,
    )


def _alert(row: Sequence[Any]) -> Alert:
    id_, opened_at, closed_at, expected, enrolled, collectable, guidance = row
    gaps = tuple(
        Gap(Cause(cause), campaign, count, tuple(examples))
        for cause, campaign, count, examples in canonical.decode(guidance)
    )
    closed = instant(closed_at) if closed_at else None
    return Alert(id_, instant(opened_at), closed, expected, Share(enrolled, collectable), gaps)
