"""What the rows of a job add up to, in SQLite and PostgreSQL alike: one scan of them for each question."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.ref import Ref
from reconciler.model.returns import Return, Sign
from reconciler.model.sums import Outcome, SignSum, StageSum
from reconciler.model.work import Stage
from reconciler.store.desk import Desk, Sql

QUARTER: Final = 900
"""Seconds: every zone's hours are made of whole quarters."""

_QUARTER: Final = "round(at / 900 - 0.499999999)"
"""The quarter that a time falls into. Both databases round it alike; only one of them is sure to have `floor`."""
_DOMAIN: Final = "substr(key, length(rtrim(key, replace(key, '@', ''))) + 1)"
"""What stands behind the last @: from the right, all characters go that are none."""
_ODD: Final = "stage IN ('failed', 'suppressed', 'cancelled', 'unknown')"

_SENT: Final = """
SELECT resource.ref, sum(lane.sent) FROM lane JOIN resource ON resource.uid = lane.uid AND NOT resource.forgotten
GROUP BY resource.ref
"""
_VIAS: Final = "SELECT number, via FROM lane WHERE uid = ?"
_STAGES: Final = f"""
SELECT lane, stage, {_QUARTER} AS quarter, count(*) FROM unit WHERE uid = ? GROUP BY lane, stage, quarter
"""
_REFUSED: Final = """
sign.sign = 'bounced' AND EXISTS (SELECT 1 FROM unit WHERE unit.uid = sign.uid AND unit.key = sign.key AND unit.stage = 'failed')
"""
"""Refused while it was sent: that is told like a bounce, but what has failed was never sent and cannot come back."""
_COUNT_REFUSED: Final = f"SELECT count(DISTINCT key) FROM sign WHERE uid = ? AND {_REFUSED}"
_FIRST_SIGNS: Final = f"SELECT sign, key, min(at) AS at FROM sign WHERE uid = ? AND NOT ({_REFUSED}) GROUP BY sign, key"
_SIGNS: Final = f"""
SELECT unit.lane, first.sign, {_QUARTER.replace("at", "first.at")} AS quarter, count(*)
FROM ({_FIRST_SIGNS}) AS first LEFT JOIN unit ON unit.uid = ? AND unit.key = first.key
GROUP BY unit.lane, first.sign, quarter
"""
_DOMAINS: Final = f"""
WITH part AS (
    SELECT {_DOMAIN} AS domain, stage, count(*) AS units FROM unit WHERE uid = ? GROUP BY domain, stage
), most AS (
    SELECT domain, sum(units) AS units FROM part GROUP BY domain ORDER BY units DESC, domain LIMIT ?
)
SELECT part.domain, part.stage, part.units FROM most JOIN part ON part.domain = most.domain
ORDER BY most.units DESC, part.domain, part.stage
"""
_DOMAIN_SIGNS: Final = f"""
SELECT domain, sign, count(*)
FROM (SELECT DISTINCT sign, key, {_DOMAIN} AS domain FROM sign WHERE uid = ? AND NOT ({_REFUSED})) AS part
WHERE domain IN (%s) GROUP BY domain, sign
"""
_OUTCOMES: Final = f"""
SELECT id, key, lane, attempts, at, answer FROM unit WHERE uid = ? AND stage = ? AND {_ODD} AND id > ? ORDER BY id LIMIT ?
"""
_HEARD: Final = f"""
SELECT id, key, at, data FROM sign WHERE uid = ? AND sign = ? AND NOT ({_REFUSED}) AND (key, id) > (?, ?) ORDER BY key, id LIMIT ?
"""
_CLICKS: Final = """
SELECT data, count(DISTINCT key) AS units FROM sign WHERE uid = ? AND sign = 'clicked'
GROUP BY data ORDER BY units DESC, data LIMIT ?
"""
"""What is noted of a click is the number of its link, and nothing else: equal notes are of one link."""


class SqlSums:
    """Implements `sums.Sums` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def sent(self) -> Mapping[Ref, int]:
        """See `sums.Sums`."""
        found = self._desk.reading(lambda sql: sql.rows(_SENT))
        return {Ref.canonical(ref): int(sent) for ref, sent in found}

    def refused(self, uid: int) -> int:
        """See `sums.Sums`."""
        return int(self._desk.reading(lambda sql: sql.rows(_COUNT_REFUSED, (uid,)))[0][0])

    def vias(self, uid: int) -> Sequence[str]:
        """See `sums.Sums`."""
        found = self._desk.reading(lambda sql: _vias(sql, uid))
        return [via for _, via in sorted(found.items())]

    def stages(self, uid: int) -> Sequence[StageSum]:
        """See `sums.Sums`."""

        def ask(sql: Sql) -> list[StageSum]:
            vias = _vias(sql, uid)
            return [
                StageSum(vias.get(lane, ""), Stage(stage), _time(quarter), units)
                for lane, stage, quarter, units in sql.rows(_STAGES, (uid,))
            ]

        return self._desk.reading(ask)

    def signs(self, uid: int) -> Sequence[SignSum]:
        """See `sums.Sums`."""

        def ask(sql: Sql) -> list[SignSum]:
            vias = _vias(sql, uid)
            return [
                SignSum(vias.get(lane, ""), Sign(sign), _instant(quarter * QUARTER), units)
                for lane, sign, quarter, units in sql.rows(_SIGNS, (uid, uid))
            ]

        return self._desk.reading(ask)

    def domains(self, uid: int, most: int) -> Mapping[str, Mapping[Stage, int]]:
        """See `sums.Sums`."""

        found: dict[str, dict[Stage, int]] = {}
        for domain, stage, units in self._desk.reading(lambda sql: sql.rows(_DOMAINS, (uid, most))):
            found.setdefault(domain, {})[Stage(stage)] = units
        return found

    def domain_signs(self, uid: int, domains: Sequence[str]) -> Mapping[str, Mapping[Sign, int]]:
        """See `sums.Sums`."""
        found: dict[str, dict[Sign, int]] = {domain: {} for domain in domains}
        statement = _DOMAIN_SIGNS % ", ".join("?" * len(domains))
        rows = self._desk.reading(lambda sql: sql.rows(statement, (uid, *domains))) if domains else []
        for domain, sign, units in rows:
            found[domain][Sign(sign)] = units
        return found

    def outcomes(self, uid: int, stage: Stage, after: int, limit: int) -> Sequence[Outcome]:
        """See `sums.Sums`."""

        def ask(sql: Sql) -> list[Outcome]:
            vias = _vias(sql, uid)
            return [
                Outcome(id_, key, vias.get(lane, ""), stage, attempts, _instant(at), _decoded(answer))
                for id_, key, lane, attempts, at, answer in sql.rows(_OUTCOMES, (uid, stage.value, after, limit))
            ]

        return self._desk.reading(ask)

    def heard(self, uid: int, sign: Sign, after: tuple[str, str], limit: int) -> Sequence[Return]:
        """See `sums.Sums`."""
        found = self._desk.reading(lambda sql: sql.rows(_HEARD, (uid, sign.value, *after, limit)))
        return [Return(id_, uid, key, sign, _instant(at), _decoded(data)) for id_, key, at, data in found]

    def clicks(self, uid: int, most: int) -> Mapping[int, int]:
        """See `sums.Sums`."""
        found = self._desk.reading(lambda sql: sql.rows(_CLICKS, (uid, most)))
        told = ((_decoded(data).get("link"), units) for data, units in found)
        return {int(link): units for link, units in told if isinstance(link, str) and link.isdecimal()}


def _vias(sql: Sql, uid: int) -> dict[int, str]:
    return dict(sql.rows(_VIAS, (uid,)))


def _decoded(text: str) -> Mapping[str, Any]:
    return canonical.decode(text) if text else {}


def _time(quarter: float) -> datetime | None:
    return _instant(quarter * QUARTER) if quarter > 0 else None


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
