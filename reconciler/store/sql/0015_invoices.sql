-- Invoices, as their sources say, and the campaigns that work them. Money is in ten-thousandths of a currency's unit, times are
-- seconds since 1970, UTC, and days YYYY-MM-DD in the creditor's zone; uid is a resource's, here that of the InvoiceSource.
CREATE TABLE invoice (
    id         INTEGER PRIMARY KEY,
    uid        INTEGER NOT NULL,
    number     TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    held       INTEGER NOT NULL,
    -- Whether the last whole reading of its source has named it: of what is missing there nobody knows that it is still owed.
    listed     INTEGER NOT NULL DEFAULT 1,
    -- The last reading that has named it; 0: it only was posted, so that no reading misses it.
    reading    INTEGER NOT NULL DEFAULT 0,
    amount_due INTEGER NOT NULL,
    currency   TEXT    NOT NULL,
    due_on     TEXT    NOT NULL DEFAULT '',
    -- Every column as rules see it, as JSON.
    data       TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    read_at    REAL    NOT NULL,
    changed_at REAL    NOT NULL,
    -- Grows with every change of any invoice: what a pass has not looked at yet has a higher number.
    change     INTEGER NOT NULL,
    UNIQUE (uid, number)
) STRICT;

-- The number that the last change of any row of a table has. Who writes rows raises it first, so that changes are committed in
-- the order of their numbers: whoever has looked up to one has missed none below it.
CREATE TABLE row_change (
    sort   TEXT    NOT NULL PRIMARY KEY,
    change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often a source (uid) was read, and of the last time that it was read to its end: when, what its signature was then, and
-- why rows were left out.
CREATE TABLE source_reading (
    uid       INTEGER NOT NULL PRIMARY KEY,
    reading   INTEGER NOT NULL,
    read_at   REAL    NOT NULL DEFAULT 0,
    signature TEXT    NOT NULL DEFAULT '',
    trouble   TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- What was answered to rows that were posted under a key, for as long as somebody may post them again.
CREATE TABLE posted_request (
    uid    INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    digest TEXT    NOT NULL,
    answer TEXT    NOT NULL,
    at     REAL    NOT NULL,
    PRIMARY KEY (uid, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX posted_request_at ON posted_request (uid, at);

CREATE INDEX invoice_changed ON invoice (change);
CREATE INDEX invoice_numbered ON invoice (number, uid);
CREATE INDEX invoice_collectable ON invoice (status, id) WHERE status = 'awaiting_payment' AND held = 0 AND listed = 1;

-- An invoice in a campaign (uid). Its clock shows day 0 on `entered_on`; days on which it stood still are counted in `still_days`.
CREATE TABLE enrolment (
    id          INTEGER PRIMARY KEY,
    invoice     INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    entered_at  REAL    NOT NULL,
    entered_on  TEXT    NOT NULL,
    still_days  INTEGER NOT NULL DEFAULT 0,
    -- The day since which its clock stands still; empty: it runs.
    still_since TEXT    NOT NULL DEFAULT '',
    -- Whether a payment arrangement runs, so that its end can be told from one that never was.
    arranged    INTEGER NOT NULL DEFAULT 0,
    -- The next step of the workflow, from 0, and the day on which it is due.
    step        INTEGER NOT NULL DEFAULT 0,
    due_on      TEXT    NOT NULL,
    exited_at   REAL    NOT NULL DEFAULT 0,
    -- Why it left; empty: it is in.
    exit        TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX enrolment_open ON enrolment (invoice) WHERE exit = '';
CREATE INDEX enrolment_due ON enrolment (uid, due_on, id) WHERE exit = '';
CREATE INDEX enrolment_of_invoice ON enrolment (invoice, id);
CREATE INDEX enrolment_in_order ON enrolment (uid, id);

-- What was said to whoever owes an invoice: once for each step of an enrolment.
CREATE TABLE communication (
    enrolment INTEGER NOT NULL,
    step      INTEGER NOT NULL,
    at        REAL    NOT NULL,
    channel   TEXT    NOT NULL,
    stage     TEXT    NOT NULL,
    detail    TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (enrolment, step)
) STRICT, WITHOUT ROWID;

-- Up to which change, on which day, a campaign has looked at the invoices outside.
CREATE TABLE enrolment_pass (
    uid    INTEGER NOT NULL PRIMARY KEY,
    day    TEXT    NOT NULL,
    change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A campaign's tests, by what exactly was tested: workflow, rules and texts.
CREATE TABLE campaign_test (
    ref    TEXT    NOT NULL,
    digest TEXT    NOT NULL,
    at     REAL    NOT NULL,
    passed INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    report TEXT    NOT NULL,
    PRIMARY KEY (ref, digest)
) STRICT, WITHOUT ROWID;

-- Alerts that too few invoices are in a campaign. At most one is open.
CREATE TABLE in_campaign_alert (
    id          INTEGER PRIMARY KEY,
    opened_at   REAL    NOT NULL,
    closed_at   REAL    NOT NULL DEFAULT 0,
    expected    INTEGER NOT NULL,
    enrolled    INTEGER NOT NULL,
    collectable INTEGER NOT NULL,
    guidance    TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX in_campaign_alert_open ON in_campaign_alert (closed_at) WHERE closed_at = 0;
