"""Communications written down without anybody saying them."""

from reconciler.model.enrolments import Communication
from reconciler.model.ports import Store
from reconciler.store import enrolment_statements as statements
from reconciler.store.desk import Sql, seconds


def say(store: Store, one: Communication) -> None:
    """As if it had been said."""
    row = (one.enrolment, one.step, seconds(one.at), one.channel, one.stage.value, one.detail)

    def put(sql: Sql) -> None:
        sql.run(statements.SAY, row)

    store.ledger._desk.writing(put)  # type: ignore[attr-defined]
