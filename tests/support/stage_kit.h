/* SPDX-License-Identifier: Apache-2.0
 *
 * One turn and what a stage needs around it, without loop, threads or gateway: a snapshot (built-in policies,
 * an empty configuration file and settings), hooks that write down what they hear, and a worker whose store
 * reader answers what the test lays out. A stage is then a plain function call.
 */
#ifndef TESTS_SUPPORT_STAGE_KIT_H
#define TESTS_SUPPORT_STAGE_KIT_H

#include "base/str.h"
#include "pipeline/stages.h"
#include "tests/support/folder.h"

#define STAGE_KIT_SETS_MAX 24
#define STAGE_KIT_WALL_MS  INT64_C(1790000000000) /* 2026-09-21T14:13:20Z */

struct stage_kit {
    struct turn turn; /* of the stage under test */
    struct pipeline pipe;
    struct snapshot snap;
    struct worker worker;
    struct folder dir; /* removed by the teardown */

    /* what the reader answers */
    struct store_pseudonym *pseudonym;
    struct store_remark *remark;
    size_t pseudonyms, remarks;
    int read_rc; /* instead, when not 0 */
    /* what it was asked */
    char asked_conv[KEY_BYTES];
    int64_t asked_since_ms;
    size_t asked_most;

    /* what the hooks heard */
    struct buf heard;    /* sentences since the last restart */
    struct buf progress; /* "searching;writing;" */
    size_t sentences, restarts, delivered;
    enum verdict finished_as;
    size_t finished;
    struct refusal refused; /* code NULL = was not */
    size_t admitted;
    size_t full; /* how many of the next sentences are answered with X_E_FULL */

    /* private */
    struct worker_kit own;
    struct store_ops reader;
    struct config *config;
    struct policies *policies;
    const char *set[STAGE_KIT_SETS_MAX];
    size_t sets;
};

#define STAGE_CASE(f) cmocka_unit_test_setup_teardown(f, stage_kit_setup, stage_kit_teardown)

/* cmocka: *state is the kit; its clock stands still at STAGE_KIT_WALL_MS, monotonic 1,000,000 ms. */
int stage_kit_setup(void **state);
int stage_kit_teardown(void **state);

void stage_kit_set(struct stage_kit *k, const char *setting); /* borrowed; "answer.footer=false" */
void stage_kit_policy(struct stage_kit *k, const char *name,
                      const char *json);                   /* lays policies/<name> over */
void stage_kit_turn(struct stage_kit *k);                  /* a new turn, memory wiped */
void stage_kit_say(struct stage_kit *k, const char *text); /* message and redacted text */
void stage_kit_passage(struct stage_kit *k, const char *title, const char *text);
/* Indexes docs/<name> beside what is there and gives the worker a reader. */
void stage_kit_index(struct stage_kit *k, const char *name, const char *text);
bool stage_kit_warned(const struct stage_kit *k, const char *code);
/* The text of a notice that a stage left as the answer; fails unless its code is this one. */
const char *stage_kit_notice(const struct stage_kit *k, const char *code);

#endif
