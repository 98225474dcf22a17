-- Leads as partners sent them in, by the uid of the campaign's version; `code` is what they are called outside. Times are
-- seconds since 1970, UTC; money is in ten-thousandths of its currency's unit. What was taken in test stays a test.
CREATE TABLE lead (
    id         INTEGER PRIMARY KEY,
    code       TEXT    NOT NULL UNIQUE,
    uid        INTEGER NOT NULL,
    contract   INTEGER NOT NULL,
    partner    TEXT    NOT NULL,
    workflow   TEXT    NOT NULL,
    vertical   TEXT    NOT NULL,
    at         REAL    NOT NULL,
    is_test    INTEGER NOT NULL,
    stage      TEXT    NOT NULL,
    score      INTEGER NOT NULL,
    twin       TEXT    NOT NULL DEFAULT '',
    until      REAL    NOT NULL DEFAULT 0,
    cost       INTEGER NOT NULL DEFAULT 0,
    currency   TEXT    NOT NULL DEFAULT '',
    fields     TEXT    NOT NULL
) STRICT;

CREATE INDEX lead_of_version ON lead (uid, at, id);
CREATE INDEX lead_open ON lead (uid, stage, id) WHERE stage IN ('waiting', 'manual');
CREATE INDEX lead_of_contract ON lead (contract, at, id, is_test);
CREATE INDEX lead_of_partner ON lead (partner, at, id);
CREATE INDEX lead_of_time ON lead (at, id);

-- By what a lead is known again in its campaign, whatever the version: a hash of the fields that a workflow compares.
CREATE TABLE lead_trace (
    campaign TEXT    NOT NULL,
    workflow TEXT    NOT NULL,
    is_test  INTEGER NOT NULL,
    digest   TEXT    NOT NULL,
    at       REAL    NOT NULL,
    lead     INTEGER NOT NULL,
    PRIMARY KEY (campaign, workflow, is_test, digest, at, lead)
) STRICT, WITHOUT ROWID;

-- What a partner has asked before, by the key that it gave: the same request has the same answer.
CREATE TABLE lead_request (
    contract INTEGER NOT NULL,
    key      TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    answer   TEXT    NOT NULL,
    at       REAL    NOT NULL,
    PRIMARY KEY (contract, key)
) STRICT, WITHOUT ROWID;

-- How many leads a partner's contract has sent in since a cap or its period began; `period` is another one where the cap changes.
CREATE TABLE lead_cap (
    contract  INTEGER NOT NULL,
    is_test   INTEGER NOT NULL,
    period    TEXT    NOT NULL,
    begins_at REAL    NOT NULL,
    leads     INTEGER NOT NULL,
    PRIMARY KEY (contract, is_test, period, begins_at)
) STRICT, WITHOUT ROWID;

-- What was not taken as a lead, with the one reason; it can be corrected into one. `uid` is 0 where there is no such version.
CREATE TABLE lead_queue (
    id       INTEGER PRIMARY KEY,
    code     TEXT    NOT NULL UNIQUE,
    uid      INTEGER NOT NULL,
    contract INTEGER NOT NULL,
    campaign TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    at       REAL    NOT NULL,
    stage    TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    lead     INTEGER NOT NULL DEFAULT 0,
    body     TEXT    NOT NULL
) STRICT;

CREATE INDEX lead_queue_of_version ON lead_queue (uid, reason, at);
CREATE INDEX lead_queue_open ON lead_queue (stage, at, id);

-- Leads sold, each to an account once. `contract` is the buyer's; `cost` is what the partner earns by this sale, in a
-- currency of its own. `shares` is to how many accounts the lead may be sold at most, this one included; 0 for any number.
CREATE TABLE outbound (
    id       INTEGER PRIMARY KEY,
    code     TEXT    NOT NULL UNIQUE,
    lead     INTEGER NOT NULL,
    uid      INTEGER NOT NULL,
    contract INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    at       REAL    NOT NULL,
    is_test  INTEGER NOT NULL,
    price    INTEGER NOT NULL,
    currency TEXT    NOT NULL,
    cost     INTEGER NOT NULL DEFAULT 0,
    cost_currency TEXT NOT NULL DEFAULT '',
    shares   INTEGER NOT NULL DEFAULT 0,
    rule     TEXT    NOT NULL DEFAULT '',
    UNIQUE (lead, account)
) STRICT;

CREATE INDEX outbound_of_contract ON outbound (contract, is_test, at, currency, price);
CREATE INDEX outbound_after ON outbound (contract, is_test, id, at, currency, price);
CREATE INDEX outbound_of_account ON outbound (account, at, id, is_test);
CREATE INDEX outbound_of_time ON outbound (at, id);
CREATE INDEX outbound_of_version ON outbound (uid, at, id);

-- How many leads, and for how much in this currency, a buyer's contract has taken in a calendar period: from `begins_at` on,
-- counted up to the sale `counted`. Those after it are added when it is read, so that a row can be late or missing.
CREATE TABLE lead_use (
    contract  INTEGER NOT NULL,
    is_test   INTEGER NOT NULL,
    period    TEXT    NOT NULL,
    begins_at REAL    NOT NULL,
    currency  TEXT    NOT NULL,
    leads     INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    counted   INTEGER NOT NULL,
    PRIMARY KEY (contract, is_test, period, begins_at, currency)
) STRICT, WITHOUT ROWID;

-- Whose turn it was last in a workflow, by the number of the turn.
CREATE TABLE lead_turn (
    campaign TEXT    NOT NULL,
    workflow TEXT    NOT NULL,
    is_test  INTEGER NOT NULL,
    contract INTEGER NOT NULL,
    turn     INTEGER NOT NULL,
    PRIMARY KEY (campaign, workflow, is_test, contract)
) STRICT, WITHOUT ROWID;
