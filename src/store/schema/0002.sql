-- SPDX-License-Identifier: Apache-2.0
--
-- Schema 2: what calls to models have cost, and what running ones may still cost. An attempt carries its
-- estimate and the scopes it was reserved for, so that whoever closes it (its turn, a reaper, the next
-- start) settles the same rows, whatever day it is by then. Closing blanks the scopes: they may name a user.
-- Periods are UTC days ("2026-11-20") and months ("2026-11"). Amounts are billionths of a US dollar.

CREATE TABLE spend (
    scope         TEXT    NOT NULL,             -- "bot", "provider:<name>", "tier:<name>", "user:<key>"
    period        TEXT    NOT NULL,
    spent_nusd    INTEGER NOT NULL CHECK (spent_nusd >= 0),
    reserved_nusd INTEGER NOT NULL CHECK (reserved_nusd >= 0),
    PRIMARY KEY (scope, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX spend_period ON spend (period);

ALTER TABLE llm_attempt ADD COLUMN estimate_nusd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_attempt ADD COLUMN scopes TEXT NOT NULL DEFAULT ''; -- one a line
