/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement of the SQLite back end, by name. Numbers in them are the states of
 * parley/store.h (inbox 1 received, 2 claimed, 3 answered, 4 done, 5 dead; outbox 1 pending,
 * 2 sending, 3 sent, 4 parked, 5 undeliverable, 6 dead), spelled out because SQLite uses a partial
 * index only where its WHERE appears literally.
 */
#include "store/sqlite.h"

#define CONSENT_OF(user)                                                                                     \
    "coalesce((SELECT CASE granted WHEN 1 THEN version ELSE '' END FROM consent WHERE user_key = " user      \
    " ORDER BY id DESC LIMIT 1), '')"

#define QUOTA_OF(user, month)                                                                                \
    "coalesce((SELECT used + reserved FROM quota WHERE user_key = " user " AND month = " month "), 0)"

#define OLD_TURNS                                                                                            \
    "(SELECT t.turn_id FROM turn t WHERE t.at_ms < ?1 AND NOT EXISTS (SELECT 1 FROM outbox o"                \
    " WHERE o.turn_id = t.turn_id AND o.state IN (1, 2)) ORDER BY t.at_ms, t.rowid LIMIT ?2)"

#define ATTEMPT_OPEN                                                                                         \
    "SELECT turn_id, run, n, began_ms, estimate_nusd, scopes FROM llm_attempt WHERE outcome IS NULL"

#define SPEND_MAX "9000000000000000000"

const struct sql sqlite_sql[SQL_COUNT] = {
    [SQL_BEGIN] = { "begin", "BEGIN IMMEDIATE" },
    [SQL_COMMIT] = { "commit", "COMMIT" },
    [SQL_ROLLBACK] = { "rollback", "ROLLBACK" },

    [SQL_INGEST_FACTS] = { "ingest.facts",
                           "SELECT coalesce((SELECT tier FROM user WHERE user_key = ?1), ?3), " QUOTA_OF(
                               "?1", "?2") ", " CONSENT_OF("?1") },
    [SQL_INGEST_INSERT] = { "ingest.insert",
                            "INSERT INTO inbox (turn_id, channel, bot, external_id, user_key, conv_key, "
                            "address,"
                            " payload, body_hash, month, received_ms, tier, quota_limit, reserved,"
                            " lease, lease_until_ms, state, tries, runs)"
                            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                            " 1 + (?15 IS NOT NULL), ?15 IS NOT NULL, ?15 IS NOT NULL)"
                            " ON CONFLICT (channel, bot, external_id) DO NOTHING" },
    [SQL_INGEST_EARLIER] = { "ingest.earlier",
                             "SELECT i.id, i.turn_id, i.state, i.body_hash = ?4, t.answer_json, i.tier, "
                             "i.reserved,"
                             " i.quota_limit, " QUOTA_OF("i.user_key", "i.month") ", " CONSENT_OF(
                                 "i.user_key") " FROM inbox i LEFT JOIN turn t ON t.turn_id = i.turn_id"
                                               " WHERE i.channel = ?1 AND i.bot = ?2 AND i.external_id = "
                                               "?3" },

    [SQL_CLAIM] = { "claim", "UPDATE inbox SET state = 2, lease = ?2, lease_until_ms = ?3, tries = tries + 1,"
                             " runs = runs + 1 WHERE id = ?1 AND state = 1 RETURNING runs" },
    [SQL_FENCE] = { "fence", "SELECT tries, crashes, reserved, month FROM inbox"
                             " WHERE id = ?1 AND lease = ?2 AND state = 2 AND (?3 IS NULL OR turn_id = ?3)" },
    [SQL_ANSWERED] = { "answered",
                       "UPDATE inbox SET state = 3, lease = NULL, lease_until_ms = 0, payload = '',"
                       " reserved = 0 WHERE id = ?1" },
    [SQL_RETURNED] = { "returned",
                       "UPDATE inbox SET state = ?2, lease = NULL, lease_until_ms = 0, tries = ?3,"
                       " crashes = ?4, reserved = ?5, next_at_ms = ?6, last_error = ?7"
                       " WHERE id = ?1" },
    [SQL_CLAIMED_UNTIL] = { "claimed", "SELECT id, tries, crashes, reserved FROM inbox"
                                       " WHERE state = 2 AND lease_until_ms <= ?1"
                                       " ORDER BY lease_until_ms LIMIT 1" },

    [SQL_QUOTA_RESERVE] = { "quota.reserve",
                            "INSERT INTO quota (user_key, month, used, reserved) VALUES (?1, ?2, 0, 1)"
                            " ON CONFLICT (user_key, month) DO UPDATE SET reserved = reserved + 1" },
    [SQL_QUOTA_SETTLE] = { "quota.settle",
                           "INSERT INTO quota (user_key, month, used, reserved) VALUES (?1, ?2, ?3, 0)"
                           " ON CONFLICT (user_key, month) DO UPDATE SET used = used + ?3, reserved = "
                           "reserved - ?4" },
    [SQL_QUOTA_RELEASE] = { "quota.release",
                            "UPDATE quota SET reserved = reserved - 1"
                            " WHERE (user_key, month) = (SELECT user_key, month FROM inbox WHERE id = ?1)" },

    [SQL_TURN_INSERT] = { "turn.insert",
                          "INSERT INTO turn (turn_id, user_key, conv_key, channel, question, answer, "
                          "answer_json,"
                          " code, provider, model, tokens_in, tokens_out, cost_nusd, at_ms)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)" },
    [SQL_TURN_NOTICE] = { "turn.notice", "INSERT INTO turn (turn_id, user_key, conv_key, channel, question, "
                                         "answer, answer_json,"
                                         " code, provider, model, tokens_in, tokens_out, cost_nusd, at_ms)"
                                         " SELECT turn_id, user_key, conv_key, channel, '', '', ?2, "
                                         "'unavailable', '', '', 0, 0, 0,"
                                         " ?3 FROM inbox WHERE id = ?1" },
    [SQL_USAGE_INSERT] = { "usage.insert",
                           "INSERT INTO usage (turn_id, user_key, channel, month, provider, model, tokens_in,"
                           " tokens_out, cost_nusd, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                           "?10)" },
    [SQL_PSEUDONYM_INSERT] = { "pseudonym.insert",
                               "INSERT INTO pseudonym (conv_key, placeholder, sealed, at_ms)"
                               " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (conv_key, placeholder) DO NOTHING" },

    [SQL_OUTBOX_INSERT] = { "outbox.insert",
                            "INSERT INTO outbox (turn_id, part, state, payload, tries, changed_ms)"
                            " VALUES (?1, ?2, ?3, ?4, ?3 = 2, ?5)" },
    [SQL_OUTBOX_NOTICE] = { "outbox.notice",
                            "INSERT INTO outbox (turn_id, part, state, payload, tries, changed_ms)"
                            " SELECT turn_id, 0, 1, '', 0, ?2 FROM inbox WHERE id = ?1" },
    /* No IN with three values: SQLite builds a table for it, at every run. */
    [SQL_PART_SET] = { "part.set", "UPDATE outbox SET state = ?3, tries = tries + (?3 = 2), platform_id = "
                                   "?4, next_at_ms = ?5,"
                                   " error = ?6, changed_ms = ?7, payload = CASE WHEN ?3 = 3 OR ?3 >= 5 THEN "
                                   "'' ELSE payload END"
                                   " WHERE turn_id = ?1 AND part = ?2 AND (state <= 2 OR state = 4)" },
    [SQL_PARTS_SETTLED] = { "parts.settled",
                            "UPDATE inbox SET state = 4 WHERE turn_id = ?1 AND state = 3 AND NOT EXISTS"
                            " (SELECT 1 FROM outbox WHERE turn_id = ?1 AND state IN (1, 2))" },

    [SQL_ATTEMPT_BEGIN] = { "attempt.begin",
                            "INSERT INTO llm_attempt (turn_id, run, n, provider, model, began_ms,"
                            " estimate_nusd, scopes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                            " ON CONFLICT (turn_id, run, n) DO NOTHING" },
    [SQL_ATTEMPT_OPEN] = { "attempt.open", ATTEMPT_OPEN " AND turn_id = ?1 AND run = ?2 AND n = ?3" },
    [SQL_ATTEMPT_OPEN_ANY] = { "attempt.open_any", ATTEMPT_OPEN " LIMIT 1" },
    [SQL_ATTEMPT_OPEN_OF] = { "attempt.open_of", ATTEMPT_OPEN
                              " AND turn_id = (SELECT turn_id FROM inbox WHERE id = ?1) LIMIT 1" },
    [SQL_ATTEMPT_END] = { "attempt.end",
                          "UPDATE llm_attempt SET outcome = ?4, tokens_in = ?5, tokens_out = ?6,"
                          " cost_nusd = ?7, took_ms = ?8, scopes = ''"
                          " WHERE turn_id = ?1 AND run = ?2 AND n = ?3 AND outcome IS NULL" },
    /* A sum past 2^63 would turn into a floating-point number, which the column refuses: it stops short. */
    [SQL_SPENT] = { "spend.get",
                    "SELECT spent_nusd, reserved_nusd FROM spend WHERE scope = ?1 AND period = ?2" },
    [SQL_SPEND_ADD] = { "spend.add",
                        "INSERT INTO spend (scope, period, spent_nusd, reserved_nusd)"
                        " VALUES (?1, ?2, min(?3, " SPEND_MAX "), min(max(?4, 0), " SPEND_MAX "))"
                        " ON CONFLICT (scope, period) DO UPDATE"
                        " SET spent_nusd = min(spent_nusd + ?3, " SPEND_MAX "),"
                        " reserved_nusd = min(max(reserved_nusd + ?4, 0), " SPEND_MAX ")" },

    [SQL_RECOVER_OUTBOX] = { "recover.outbox",
                             "UPDATE outbox SET state = 1, possible_duplicate = 1, next_at_ms = 0,"
                             " changed_ms = ?1 WHERE state = 2" },

    [SQL_PRUNE_INBOX] = { "prune.inbox",
                          "DELETE FROM inbox WHERE id IN (SELECT i.id FROM inbox i WHERE i.state >= 4"
                          " AND i.received_ms < ?1 AND NOT EXISTS (SELECT 1 FROM outbox o"
                          " WHERE o.turn_id = i.turn_id AND o.state IN (1, 2)) ORDER BY i.received_ms LIMIT "
                          "?2)" },
    [SQL_PRUNE_ATTEMPTS] = { "prune.attempts", "DELETE FROM llm_attempt WHERE turn_id IN " OLD_TURNS },
    [SQL_PRUNE_TURNS] = { "prune.turns", "DELETE FROM turn WHERE turn_id IN " OLD_TURNS },
    [SQL_PRUNE_PSEUDONYMS] = { "prune.pseudonyms",
                               "DELETE FROM pseudonym WHERE (conv_key, placeholder) IN"
                               " (SELECT p.conv_key, p.placeholder FROM pseudonym p WHERE p.at_ms < ?1"
                               " AND NOT EXISTS (SELECT 1 FROM turn t WHERE t.conv_key = p.conv_key)"
                               " ORDER BY p.at_ms LIMIT ?2)" },

    [SQL_PRUNE_SPEND] = { "prune.spend",
                          "DELETE FROM spend WHERE (scope, period) IN (SELECT scope, period FROM spend"
                          " WHERE period < date(?1 / 1000, 'unixepoch') AND reserved_nusd = 0"
                          " AND (length(period) = 10 OR period < strftime('%Y-%m', ?1 / 1000, 'unixepoch'))"
                          " ORDER BY period LIMIT ?2)" },

    [SQL_PRUNE_STATE] = { "prune.state",
                          "DELETE FROM state WHERE key IN (SELECT key FROM state"
                          " WHERE until_ms > 0 AND until_ms < ?1 ORDER BY until_ms LIMIT ?2)" },
    [SQL_STATE_PUT] = { "state.put", "INSERT INTO state (key, value, until_ms) VALUES (?1, ?2, ?3)"
                                     " ON CONFLICT (key) DO UPDATE SET value = ?2, until_ms = ?3" },
    [SQL_STATE_GET] = { "state.get",
                        "SELECT value FROM state WHERE key = ?1 AND (until_ms = 0 OR until_ms > ?2)" },
    [SQL_FORGET_TURNS] = { "forget.turns", "DELETE FROM turn WHERE conv_key = ?1" },
    [SQL_FORGET_PSEUDONYMS] = { "forget.pseudonyms", "DELETE FROM pseudonym WHERE conv_key = ?1" },
    [SQL_FEEDBACK] = { "feedback", "INSERT INTO feedback (turn_id, helpful, at_ms)"
                                   " SELECT turn_id, ?3, ?4 FROM turn WHERE turn_id = ?1 AND user_key = ?2"
                                   " ON CONFLICT (turn_id) DO UPDATE SET helpful = ?3, at_ms = ?4" },
    [SQL_STATE_DROP] = { "state.drop", "DELETE FROM state WHERE key = ?1" },

    [SQL_SET_TIER] = { "set_tier", "INSERT INTO user (user_key, tier, changed_ms) VALUES (?1, ?2, ?3) ON "
                                   "CONFLICT (user_key)"
                                   " DO UPDATE SET tier = excluded.tier, changed_ms = excluded.changed_ms" },
    [SQL_CONSENT_INSERT] = { "consent", "INSERT INTO consent (user_key, version, granted, channel, at_ms)"
                                        " VALUES (?1, ?2, ?3, ?4, ?5)" },

    [SQL_INBOX_DUE] = { "inbox.due", "SELECT i.id, i.turn_id, i.channel, i.bot, i.external_id, i.user_key, "
                                     "i.conv_key, i.address,"
                                     " i.payload, i.state, i.tries, i.crashes, i.next_at_ms, i.received_ms, "
                                     "i.tier, i.reserved,"
                                     " i.quota_limit, " QUOTA_OF("i.user_key", "i.month") ", " CONSENT_OF(
                                         "i.user_key") " FROM inbox i INDEXED BY inbox_received"
                                                       " WHERE i.state = 1 AND i.id > ?2 AND i.next_at_ms <= "
                                                       "?1 ORDER BY i.id LIMIT ?3" },
    [SQL_OUTBOX_DUE] = { "outbox.due",
                         "SELECT o.turn_id, o.part, i.channel, i.bot, i.address, o.payload, t.answer_json, "
                         "o.tries,"
                         " o.possible_duplicate, o.state, o.next_at_ms FROM outbox o"
                         " JOIN inbox i ON i.turn_id = o.turn_id JOIN turn t ON t.turn_id = o.turn_id"
                         " WHERE o.state = 1 AND o.next_at_ms <= ?1 AND NOT EXISTS (SELECT 1 FROM outbox e"
                         " WHERE e.turn_id = o.turn_id AND e.part < o.part AND e.state IN (1, 2))"
                         " ORDER BY o.next_at_ms, o.turn_id, o.part LIMIT ?2" },
    [SQL_MEMORY] = { "memory",
                     "SELECT question, answer, at_ms FROM turn WHERE conv_key = ?1 AND at_ms >= ?2"
                     " AND (question <> '' OR answer <> '') ORDER BY at_ms DESC, rowid DESC LIMIT ?3" },
    [SQL_PSEUDONYMS] = { "pseudonyms", "SELECT count(*) OVER (), placeholder, sealed FROM pseudonym"
                                       " WHERE conv_key = ?1 ORDER BY placeholder" },
    [SQL_ANSWER_OF] = { "answer_of", "SELECT answer_json FROM turn WHERE turn_id = ?1" },
    [SQL_COUNTS] = { "counts", "SELECT (SELECT count(*) FROM inbox WHERE state = 1), (SELECT count(*) FROM "
                               "inbox WHERE state = 2),"
                               " (SELECT count(*) FROM inbox),"
                               " (SELECT count(*) FROM inbox WHERE state >= 4 AND state = 4),"
                               " (SELECT count(*) FROM inbox WHERE state >= 4 AND state = 5),"
                               " (SELECT count(*) FROM outbox WHERE state = 1), (SELECT count(*) FROM outbox "
                               "WHERE state = 2),"
                               " (SELECT count(*) FROM outbox WHERE state = 3), (SELECT count(*) FROM outbox "
                               "WHERE state = 4),"
                               " (SELECT count(*) FROM outbox WHERE state = 5), (SELECT count(*) FROM outbox "
                               "WHERE state = 6),"
                               " (SELECT count(*) FROM turn), (SELECT count(*) FROM usage), (SELECT count(*) "
                               "FROM llm_attempt),"
                               " (SELECT count(*) FROM llm_attempt WHERE outcome IS NULL)" },
};
