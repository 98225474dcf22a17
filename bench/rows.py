"""The baseline of applying: a plain `executemany` of the rows that an apply wrote, with the store's own PRAGMAs.

python -m bench.rows STORE.db     prints the seconds that inserting and committing took
"""

import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from reconciler.controller.execute import BATCH

TABLES = ("resource", "event", "listed")


def insert(source: Path, target: Path) -> float:
    """Seconds to insert every row of `source` into a new database, in commits as large as the store's."""
    db = sqlite3.connect(source)
    schema = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")]
    rows = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    out = sqlite3.connect(target, isolation_level=None)
    out.execute("PRAGMA journal_mode = WAL")
    out.execute("PRAGMA synchronous = FULL")
    for statement in schema:
        out.execute(statement)
    started = time.perf_counter()
    for table in TABLES:
        places = ", ".join("?" * len(rows[table][0]))
        for start in range(0, len(rows[table]), BATCH):
            out.execute("BEGIN IMMEDIATE")
            out.executemany(f"INSERT INTO {table} VALUES ({places})", rows[table][start : start + BATCH])
            out.execute("COMMIT")
    return time.perf_counter() - started


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        print(insert(Path(sys.argv[1]), Path(directory) / "rows.db"))
