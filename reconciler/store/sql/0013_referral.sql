-- Who takes part in referral programs. Times are seconds since 1970, UTC; uid is the program's, campaign that of a campaign.
CREATE TABLE referral_person (
    uid       INTEGER NOT NULL,
    role      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    contact   TEXT    NOT NULL,
    household TEXT    NOT NULL,
    at        REAL    NOT NULL,
    PRIMARY KEY (uid, role, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE referral_link (
    code     TEXT    NOT NULL PRIMARY KEY,
    uid      INTEGER NOT NULL,
    advocate TEXT    NOT NULL,
    campaign INTEGER NOT NULL,
    at       REAL    NOT NULL,
    UNIQUE (uid, advocate, campaign)
) STRICT, WITHOUT ROWID;

-- Counted by the hour, so that whoever presses a link again and again fills no disk.
CREATE TABLE referral_click (
    code     TEXT    NOT NULL,
    campaign INTEGER NOT NULL,
    hour     INTEGER NOT NULL,
    clicks   INTEGER NOT NULL,
    PRIMARY KEY (code, campaign, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE referral_access (
    uid      INTEGER NOT NULL,
    friend   TEXT    NOT NULL,
    campaign INTEGER NOT NULL,
    code     TEXT    NOT NULL,
    at       REAL    NOT NULL,
    PRIMARY KEY (uid, friend, campaign)
) STRICT, WITHOUT ROWID;

CREATE TABLE referral_event (
    uid      INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    friend   TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    at       REAL    NOT NULL,
    said     TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    first    INTEGER NOT NULL,
    verdicts TEXT    NOT NULL,
    PRIMARY KEY (uid, id)
) STRICT;

-- A friend takes a step once.
CREATE UNIQUE INDEX referral_step ON referral_event (uid, friend, event) WHERE first = 1;

-- value is in ten-thousandths of the currency's unit; round counts how often it was let be tried anew, posted says that a unit
-- of the program's job pays it.
CREATE TABLE referral_reward (
    id          TEXT    NOT NULL PRIMARY KEY,
    uid         INTEGER NOT NULL,
    campaign    INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    friend      TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    beneficiary TEXT    NOT NULL,
    value       INTEGER NOT NULL,
    currency    TEXT    NOT NULL,
    earned_at   REAL    NOT NULL,
    payable_at  REAL    NOT NULL,
    fate        TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    changed_at  REAL    NOT NULL,
    batch       TEXT    NOT NULL,
    round       INTEGER NOT NULL DEFAULT 0,
    posted      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX referral_once ON referral_reward (campaign, key, friend, event, beneficiary);
CREATE INDEX referral_limit ON referral_reward (campaign, key, beneficiary, earned_at);
CREATE INDEX referral_list ON referral_reward (uid, earned_at, id);
CREATE INDEX referral_of_event ON referral_reward (uid, event_id);
CREATE INDEX referral_batch ON referral_reward (uid, batch) WHERE batch <> '';
CREATE INDEX referral_payable ON referral_reward (uid, fate, payable_at)
    WHERE fate IN ('pending', 'review', 'approved', 'failed', 'sending');
CREATE INDEX referral_owed ON referral_reward (campaign, fate)
    WHERE fate IN ('pending', 'review', 'approved', 'failed', 'sending');

-- One row a campaign: whoever adds, voids or begins to pay its rewards takes a turn, and closed says that all are void.
CREATE TABLE referral_gate (
    campaign INTEGER NOT NULL PRIMARY KEY,
    turn     INTEGER NOT NULL,
    closed   INTEGER NOT NULL
) STRICT;
