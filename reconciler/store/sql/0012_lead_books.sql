-- Sold leads that a buyer gives back: a claim, and what was decided of it. What was approved is a credit, dated by that; of
-- each sale there is at most one return that was not denied. Money is copied from the sale, in ten-thousandths.
CREATE TABLE lead_return (
    id            INTEGER PRIMARY KEY,
    outbound      INTEGER NOT NULL,
    account       TEXT    NOT NULL,
    partner       TEXT    NOT NULL,
    stage         TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    claimed_at    REAL    NOT NULL,
    claimed_by    TEXT    NOT NULL,
    decided_at    REAL    NOT NULL DEFAULT 0,
    decided_by    TEXT    NOT NULL DEFAULT '',
    note          TEXT    NOT NULL DEFAULT '',
    amount        INTEGER NOT NULL,
    currency      TEXT    NOT NULL,
    cost          INTEGER NOT NULL,
    cost_currency TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX lead_return_of_sale ON lead_return (outbound) WHERE stage <> 'denied';
CREATE INDEX lead_return_in_order ON lead_return (outbound, id);
CREATE INDEX lead_return_of_account ON lead_return (account, decided_at, id) WHERE stage = 'approved';
CREATE INDEX lead_return_of_partner ON lead_return (partner, decided_at, id) WHERE stage = 'approved';
CREATE INDEX lead_return_decided ON lead_return (decided_at, id) WHERE stage = 'approved';
CREATE INDEX lead_return_in_stage ON lead_return (stage, id);

-- The revision of a version that a contract was made for, when it joined the version or somebody has confirmed it; what it
-- names and was changed or removed since is outdated. What the contract's own log says of when it was saved is not repeated.
CREATE TABLE lead_baseline (
    contract INTEGER NOT NULL,
    uid      INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    sort     TEXT    NOT NULL,
    at       REAL    NOT NULL,
    PRIMARY KEY (uid, contract)
) STRICT, WITHOUT ROWID;
