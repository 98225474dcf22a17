-- What was heard of units after they were sent, once by its id. Times are seconds since 1970, UTC.
CREATE TABLE sign (
    id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    uid  BIGINT  NOT NULL,
    key  TEXT COLLATE "C" NOT NULL,
    sign TEXT    NOT NULL,
    at   DOUBLE PRECISION NOT NULL,
    data TEXT    NOT NULL DEFAULT ''
);

CREATE INDEX sign_of_job ON sign (uid, sign, key);
CREATE INDEX sign_of_address ON sign (key, at);

-- Who is not to be reached, by SuppressionList; an empty list holds for the whole project.
CREATE TABLE suppression (
    address TEXT COLLATE "C" NOT NULL,
    list    TEXT COLLATE "C" NOT NULL,
    reason  TEXT NOT NULL,
    at      DOUBLE PRECISION NOT NULL,
    source  TEXT NOT NULL,
    PRIMARY KEY (address, list)
);
