-- Who takes part in referral programs. Times are seconds since 1970, UTC; uid is the program's, campaign that of a campaign.
CREATE TABLE referral_person (
    uid       BIGINT NOT NULL,
    role      TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    contact   TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C" NOT NULL,
    at        DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (uid, role, id)
);

CREATE TABLE referral_link (
    code     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    uid      BIGINT NOT NULL,
    advocate TEXT COLLATE "C" NOT NULL,
    campaign BIGINT NOT NULL,
    at       DOUBLE PRECISION NOT NULL,
    UNIQUE (uid, advocate, campaign)
);

-- Counted by the hour, so that whoever presses a link again and again fills no disk.
CREATE TABLE referral_click (
    code     TEXT COLLATE "C" NOT NULL,
    campaign BIGINT NOT NULL,
    hour     BIGINT NOT NULL,
    clicks   BIGINT NOT NULL,
    PRIMARY KEY (code, campaign, hour)
);

CREATE TABLE referral_access (
    uid      BIGINT NOT NULL,
    friend   TEXT COLLATE "C" NOT NULL,
    campaign BIGINT NOT NULL,
    code     TEXT COLLATE "C" NOT NULL,
    at       DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (uid, friend, campaign)
);

CREATE TABLE referral_event (
    uid      BIGINT NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    friend   TEXT COLLATE "C" NOT NULL,
    event    TEXT COLLATE "C" NOT NULL,
    at       DOUBLE PRECISION NOT NULL,
    said     TEXT COLLATE "C" NOT NULL,
    code     TEXT COLLATE "C" NOT NULL,
    first    BIGINT NOT NULL,
    verdicts TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uid, id)
);

-- A friend takes a step once.
CREATE UNIQUE INDEX referral_step ON referral_event (uid, friend, event) WHERE first = 1;

-- value is in ten-thousandths of the currency's unit; round counts how often it was let be tried anew, posted says that a unit
-- of the program's job pays it.
CREATE TABLE referral_reward (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    uid         BIGINT NOT NULL,
    campaign    BIGINT NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    rule        TEXT COLLATE "C" NOT NULL,
    friend      TEXT COLLATE "C" NOT NULL,
    event       TEXT COLLATE "C" NOT NULL,
    event_id    TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    value       BIGINT NOT NULL,
    currency    TEXT COLLATE "C" NOT NULL,
    earned_at   DOUBLE PRECISION NOT NULL,
    payable_at  DOUBLE PRECISION NOT NULL,
    fate        TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    origin      TEXT COLLATE "C" NOT NULL,
    changed_at  DOUBLE PRECISION NOT NULL,
    batch       TEXT COLLATE "C" NOT NULL,
    round       BIGINT NOT NULL DEFAULT 0,
    posted      BIGINT NOT NULL DEFAULT 0
);

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
    campaign BIGINT NOT NULL PRIMARY KEY,
    turn     BIGINT NOT NULL,
    closed   BIGINT NOT NULL
);
