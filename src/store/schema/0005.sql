-- SPDX-License-Identifier: Apache-2.0
--
-- Schema 5: what people thought of an answer. One row per turn, the latest word; it holds no words of theirs
-- and goes with its turn.

CREATE TABLE feedback (
    turn_id TEXT    NOT NULL PRIMARY KEY,
    helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
    at_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER feedback_goes_with_its_turn AFTER DELETE ON turn
BEGIN
    DELETE FROM feedback WHERE turn_id = old.turn_id;
END;
