-- SPDX-License-Identifier: Apache-2.0
--
-- Schema 3: every answer writes its part of the outbox twice, so the table is one tree, in the order of its
-- key, and only the parts that somebody still looks for are in an index.

CREATE TABLE outbox_3 (
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
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_3 SELECT turn_id, part, state, payload, tries, next_at_ms, possible_duplicate, platform_id,
    error, changed_ms FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_3 RENAME TO outbox;
CREATE INDEX outbox_pending ON outbox (next_at_ms) WHERE state = 1;
CREATE INDEX outbox_sending ON outbox (turn_id) WHERE state = 2;
