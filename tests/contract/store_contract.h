/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store back end must do, as tests over `struct store_ops`. A back end's own test calls
 * store_contract_run; each test gets a database of its own in a new directory.
 */
#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include <parley/store.h>

int store_contract_run(const struct store_ops *ops); /* the number of failed tests */

/* ---- for the suite's own files and for tests that need the same messages ---- */

#define STORE_KIT_NOW      INT64_C(1790000000000)
#define STORE_KIT_LEASE_MS 1000
#define STORE_KIT_NOTICE   "{\"code\":\"unavailable\"}"

struct store_kit {
    const struct store_ops *ops;
    char dir[64];
    struct store_db *db;
    struct arena a;
    struct err err;
};

extern const struct store_ops *store_kit_ops; /* what store_kit_setup opens */
int store_kit_setup(void **state);
int store_kit_teardown(void **state);
void store_kit_dir_make(char dir[64]);
void store_kit_dir_remove(const char *dir);

/* begin, the op, then commit, or rollback when it broke; the op's own result. */
#define TX(k, call) (store_kit_begin(k), store_kit_end((k), (call)))
void store_kit_begin(struct store_kit *k);
int store_kit_end(struct store_kit *k, int rc);

/* User "alice", conversation "c1", FREE of 100; turn id "T" + id; lease "L" (claimed) unless cleared. */
struct store_ingest store_kit_message(struct arena *a, const char *id);
struct store_ingested store_kit_ingest(struct store_kit *k, const char *id); /* must be new */
/* Billed, one part, SENDING, under lease "L". */
struct store_answer store_kit_answer(const struct store_ingested *of);
struct store_part store_kit_part(const char *turn_id, int part, enum outbox_state state);
struct store_counts store_kit_counts(struct store_kit *k);
/* What of alice's quota is taken in this month, asked without taking any. */
int64_t store_kit_quota(struct store_kit *k, const char *month);
/* Adds a turn that is answered and delivered. */
struct store_ingested store_kit_turn(struct store_kit *k, const char *id, const char *question,
                                     const char *answer, int64_t at_ms);

int store_contract_turns(const struct store_ops *ops);  /* store_contract.c */
int store_contract_life(const struct store_ops *ops);   /* store_contract_life.c */
int store_contract_person(const struct store_ops *ops); /* store_contract_person.c */
int store_contract_spend(const struct store_ops *ops);  /* store_contract_spend.c */

#endif
