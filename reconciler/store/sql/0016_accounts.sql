-- Debtor accounts, as their sources say, and the queue of whom to contact. Money is in ten-thousandths of a currency's unit,
-- times are seconds since 1970, UTC; uid is a resource's, here that of the AccountSource.
CREATE TABLE account (
    id           INTEGER PRIMARY KEY,
    uid          INTEGER NOT NULL,
    number       TEXT    NOT NULL,
    -- What the source said last; the status here changes with it, and with what happens in between.
    given_status TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    paused       INTEGER NOT NULL DEFAULT 0,
    opted_out    INTEGER NOT NULL DEFAULT 0,
    -- Whether they were heard to opt out, whatever the source says.
    declined     INTEGER NOT NULL DEFAULT 0,
    -- Whether the last whole reading of its source has named it.
    listed       INTEGER NOT NULL DEFAULT 1,
    -- The last reading that has named it; 0: it only was posted, so that no reading misses it.
    reading      INTEGER NOT NULL DEFAULT 0,
    score        REAL,
    balance      INTEGER NOT NULL,
    currency     TEXT    NOT NULL,
    -- The contact's time zone; empty: the organisation's.
    zone         TEXT    NOT NULL DEFAULT '',
    -- Every column as conditions see it, as JSON.
    data         TEXT    NOT NULL,
    digest       TEXT    NOT NULL,
    read_at      REAL    NOT NULL,
    changed_at   REAL    NOT NULL,
    -- Grows with every change of any account: what a pass has not looked at yet has a higher number.
    change       INTEGER NOT NULL,
    -- The campaign that it is assigned to; 0: none.
    campaign     INTEGER NOT NULL DEFAULT 0,
    joined_at    REAL    NOT NULL DEFAULT 0,
    -- Where it is in the strategy: which run of it (a new one whenever it begins anew), the next step, how often that was
    -- tried, and when the next try is due.
    round        INTEGER NOT NULL DEFAULT 0,
    step         INTEGER NOT NULL DEFAULT 0,
    tries        INTEGER NOT NULL DEFAULT 0,
    due_at       REAL    NOT NULL DEFAULT 0,
    -- Contacts of this run without an answer, when the first one was, and when somebody has answered last.
    attempts     INTEGER NOT NULL DEFAULT 0,
    first_at     REAL    NOT NULL DEFAULT 0,
    answered_at  REAL    NOT NULL DEFAULT 0,
    -- When a promise is broken that is not kept until then; 0: there is none.
    promised_until REAL  NOT NULL DEFAULT 0,
    -- Raised by whoever works on it: until the end of the transaction nobody else does.
    turn         INTEGER NOT NULL DEFAULT 0,
    UNIQUE (uid, number)
) STRICT;

CREATE INDEX account_changed ON account (change);
CREATE INDEX account_numbered ON account (number, uid);
-- What a campaign is given of a source is looked for by id.
CREATE INDEX account_of_source ON account (uid, id);
CREATE INDEX account_assigned ON account (campaign, id) WHERE campaign <> 0;
CREATE INDEX account_ready ON account (campaign, due_at, id)
    WHERE campaign <> 0 AND paused = 0 AND opted_out = 0 AND declined = 0 AND listed = 1
        AND status IN ('pending_contact', 'in_auto_management', 'promise_overdue');
CREATE INDEX account_promised ON account (promised_until) WHERE promised_until > 0;

-- Which accounts a campaign has, or had when it was completed.
CREATE TABLE campaign_account (
    uid     INTEGER NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (uid, account)
) STRICT, WITHOUT ROWID;

-- One contact that is to be made, or was. `posted`: a lane has it, under a key that `turn` is part of.
CREATE TABLE contact_item (
    id          INTEGER PRIMARY KEY,
    uid         INTEGER NOT NULL,
    account     INTEGER NOT NULL,
    round       INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    stage       TEXT    NOT NULL,
    posted      INTEGER NOT NULL DEFAULT 0,
    turn        INTEGER NOT NULL DEFAULT 0,
    enqueued_at REAL    NOT NULL,
    due_at      REAL    NOT NULL,
    begun_at    REAL    NOT NULL DEFAULT 0,
    ended_at    REAL    NOT NULL DEFAULT 0,
    channel     TEXT    NOT NULL DEFAULT '',
    action      TEXT    NOT NULL DEFAULT '',
    reason      TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX contact_item_open ON contact_item (account) WHERE stage IN ('pending', 'processing');
CREATE UNIQUE INDEX contact_item_once ON contact_item (account, round, step, tries)
    WHERE stage IN ('processing', 'completed', 'failed', 'unknown');
CREATE INDEX contact_item_waiting ON contact_item (uid, posted, due_at, id) WHERE stage = 'pending';
CREATE INDEX contact_item_processing ON contact_item (uid, id) WHERE stage = 'processing';
CREATE INDEX contact_item_ended ON contact_item (ended_at, id) WHERE ended_at > 0;
CREATE INDEX contact_item_contacted ON contact_item (uid, account) WHERE stage = 'completed';

-- What happened with an account, for good (AMB-C8): contacts and what came of them, answers, promises, payments. `campaign` is
-- the one that it was assigned to then; 0: none.
CREATE TABLE interaction (
    id       INTEGER PRIMARY KEY,
    account  INTEGER NOT NULL,
    campaign INTEGER NOT NULL,
    at       REAL    NOT NULL,
    sort     TEXT    NOT NULL,
    -- By what a source of events names it; empty: it is ours.
    event_id TEXT    NOT NULL DEFAULT '',
    item     INTEGER NOT NULL DEFAULT 0,
    channel  TEXT    NOT NULL DEFAULT '',
    medium   TEXT    NOT NULL DEFAULT '',
    amount   INTEGER NOT NULL DEFAULT 0,
    currency TEXT    NOT NULL DEFAULT '',
    due_on   TEXT    NOT NULL DEFAULT '',
    detail   TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX interaction_once ON interaction (account, event_id) WHERE event_id <> '';
CREATE INDEX interaction_of_account ON interaction (account, at, id);
CREATE INDEX interaction_of_campaign ON interaction (campaign, sort, at);

-- Up to which change, on which day, a campaign has looked at the accounts that nobody has.
CREATE TABLE account_pass (
    uid    INTEGER NOT NULL PRIMARY KEY,
    day    TEXT    NOT NULL,
    change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The operator's brake on everybody's queue (AMB-C13): the last row says whether it is on.
CREATE TABLE engine_brake (
    id     INTEGER PRIMARY KEY,
    is_on  INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    actor  TEXT    NOT NULL,
    at     REAL    NOT NULL
) STRICT;

-- When a cycle over a campaign was begun last, and until when somebody is seen to be at it; 0: nobody. 0 is what concerns all.
CREATE TABLE contact_cycle (
    uid      INTEGER NOT NULL PRIMARY KEY,
    began_at REAL    NOT NULL,
    until    REAL    NOT NULL
) STRICT, WITHOUT ROWID;
