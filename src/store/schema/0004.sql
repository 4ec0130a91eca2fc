-- SPDX-License-Identifier: Apache-2.0
--
-- Schema 4: what adapters keep between messages and across restarts: an offset, a menu's hash, what a button
-- means. Keys begin with the channel's name.

CREATE TABLE state (
    key      TEXT    NOT NULL PRIMARY KEY,
    value    TEXT    NOT NULL,
    until_ms INTEGER NOT NULL                   -- 0 = for ever
) STRICT, WITHOUT ROWID;
CREATE INDEX state_until ON state (until_ms) WHERE until_ms > 0;
