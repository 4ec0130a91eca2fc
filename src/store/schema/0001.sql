-- SPDX-License-Identifier: Apache-2.0
--
-- Schema 1. A migration that has left the house is never edited: the next change is 0002.sql.
-- States are the numbers of include/parley/store.h. Times are wall-clock milliseconds.
-- A reservation of quota is a flag on its inbox row, so it can be settled once and only once.
-- Turn ids are ULIDs: indexes on them grow at the right edge. Partial indexes hold only rows
-- that somebody looks for by state; their WHERE must appear literally in the query.

CREATE TABLE inbox (
    id             INTEGER PRIMARY KEY,
    turn_id        TEXT    NOT NULL UNIQUE,
    channel        TEXT    NOT NULL,
    bot            TEXT    NOT NULL,
    external_id    TEXT    NOT NULL,
    user_key       TEXT    NOT NULL,
    conv_key       TEXT    NOT NULL,
    address        TEXT    NOT NULL,
    payload        TEXT    NOT NULL,            -- blanked by the answer: nothing runs it again
    body_hash      TEXT    NOT NULL,
    state          INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
    lease          TEXT CHECK ((lease IS NOT NULL) = (state = 2)),
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    tries          INTEGER NOT NULL DEFAULT 0,  -- runs that count against STORE_TRIES_MAX
    runs           INTEGER NOT NULL DEFAULT 0,  -- runs ever begun: never goes back, numbers the attempts
    crashes        INTEGER NOT NULL DEFAULT 0,
    next_at_ms     INTEGER NOT NULL DEFAULT 0,  -- 0 = at once, whatever the clock says
    last_error     TEXT    NOT NULL DEFAULT '',
    month          TEXT    NOT NULL,            -- whose quota the reservation is of
    reserved       INTEGER NOT NULL CHECK (reserved IN (0, 1)),
    tier           INTEGER NOT NULL,
    quota_limit    INTEGER NOT NULL,
    received_ms    INTEGER NOT NULL,
    UNIQUE (channel, bot, external_id)
) STRICT;
CREATE INDEX inbox_received ON inbox (id) WHERE state = 1;
CREATE INDEX inbox_claimed ON inbox (lease_until_ms) WHERE state = 2;
CREATE INDEX inbox_settled ON inbox (received_ms, state) WHERE state >= 4;

CREATE TABLE outbox (
    turn_id            TEXT    NOT NULL REFERENCES inbox (turn_id) ON DELETE CASCADE,
    part               INTEGER NOT NULL CHECK (part >= 0),
    state              INTEGER NOT NULL CHECK (state BETWEEN 1 AND 6),
    payload            TEXT    NOT NULL,        -- blanked when sent or given up
    tries              INTEGER NOT NULL,
    next_at_ms         INTEGER NOT NULL DEFAULT 0,
    possible_duplicate INTEGER NOT NULL DEFAULT 0,
    platform_id        TEXT    NOT NULL DEFAULT '',
    error              TEXT    NOT NULL DEFAULT '',
    changed_ms         INTEGER NOT NULL,
    PRIMARY KEY (turn_id, part)
) STRICT;
CREATE INDEX outbox_state ON outbox (state, next_at_ms);

-- Outlives its inbox row: what a replay returns and what a conversation remembers.
CREATE TABLE turn (
    turn_id     TEXT    NOT NULL PRIMARY KEY,
    user_key    TEXT    NOT NULL,
    conv_key    TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    question    TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    answer_json TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    tokens_in   INTEGER NOT NULL,
    tokens_out  INTEGER NOT NULL,
    cost_nusd   INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX turn_conv ON turn (conv_key, at_ms);
CREATE INDEX turn_at ON turn (at_ms);

-- One row per billed turn: the key is what makes a second bill impossible.
CREATE TABLE usage (
    turn_id    TEXT    NOT NULL PRIMARY KEY,
    user_key   TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    month      TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    tokens_in  INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cost_nusd  INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The row is the intent to call; the outcome comes after. Open rows at a start are calls a crash cut off.
CREATE TABLE llm_attempt (
    turn_id    TEXT    NOT NULL,
    run        INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    provider   TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    began_ms   INTEGER NOT NULL,
    outcome    TEXT,
    tokens_in  INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0,
    cost_nusd  INTEGER NOT NULL DEFAULT 0,
    took_ms    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (turn_id, run, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX llm_attempt_open ON llm_attempt (turn_id) WHERE outcome IS NULL;

CREATE TABLE user (
    user_key   TEXT    NOT NULL PRIMARY KEY,
    tier       INTEGER NOT NULL CHECK (tier BETWEEN 0 AND 2),
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quota (
    user_key TEXT    NOT NULL,
    month    TEXT    NOT NULL,
    used     INTEGER NOT NULL CHECK (used >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (user_key, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
    id       INTEGER PRIMARY KEY,
    user_key TEXT    NOT NULL,
    version  TEXT    NOT NULL,
    granted  INTEGER NOT NULL CHECK (granted IN (0, 1)),
    channel  TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_user ON consent (user_key, id);
CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent
BEGIN
    SELECT raise(ABORT, 'consent is append-only');
END;
CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent
BEGIN
    SELECT raise(ABORT, 'consent is append-only');
END;

CREATE TABLE pseudonym (
    conv_key    TEXT    NOT NULL,
    placeholder TEXT    NOT NULL,
    sealed      BLOB    NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (conv_key, placeholder)
) STRICT, WITHOUT ROWID;
CREATE INDEX pseudonym_at ON pseudonym (at_ms);
