/* SPDX-License-Identifier: Apache-2.0
 *
 * The furniture of the stage tests. The kit is the reader's "connection", so the fake reader needs no state
 * of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/stage_kit.h"

#include <parley/clock.h>
#include <parley/log.h>

#include "base/rand.h"

#define HEARD_MAX (4U << 20)

static struct stage_kit *kit_of(struct turn *t)
{
    return CONTAINER_OF(t, struct stage_kit, turn);
}

/* ---- hooks ---- */

static void on_refused(struct turn *t, const struct refusal *why)
{
    kit_of(t)->refused = *why;
}

static void on_progress(struct turn *t, const char *what)
{
    buf_printf(&kit_of(t)->progress, "%s;", what);
}

static int on_sentence(struct turn *t, const char *text, size_t len)
{
    struct stage_kit *k = kit_of(t);
    buf_add(&k->heard, text, len);
    k->sentences++;
    return k->full && k->full-- ? X_E_FULL : 0;
}

static void on_restart(struct turn *t)
{
    buf_clear(&kit_of(t)->heard);
    kit_of(t)->restarts++;
}

static int on_parts(struct turn *t)
{
    static const char *const whole[] = { "" };
    t->parts = (struct turn_parts){ whole, 1 };
    return 0;
}

static void on_deliver(struct turn *t)
{
    kit_of(t)->delivered++;
}

static void on_finished(struct turn *t, enum verdict how)
{
    kit_of(t)->finished_as = how;
    kit_of(t)->finished++;
}

static void on_admitted(struct turn *t)
{
    kit_of(t)->admitted++;
}

static const struct pipeline_hooks hooks = {
    .refused = on_refused,
    .admitted = on_admitted,
    .progress = on_progress,
    .sentence = on_sentence,
    .restart = on_restart,
    .parts = on_parts,
    .deliver = on_deliver,
    .finished = on_finished,
};

/* ---- the reader ---- */

static struct stage_kit *kit_behind(struct store_db *db, const char *conv_key)
{
    struct stage_kit *k = (void *)db;
    memset(k->asked_conv, 0, sizeof k->asked_conv);
    strncat(k->asked_conv, conv_key, sizeof k->asked_conv - 1);
    return k;
}

static int read_memory(struct store_db *db, const char *conv_key, int64_t since_ms, size_t most,
                       struct arena *a X_UNUSED, struct store_remark **out, size_t *n, struct err *err)
{
    struct stage_kit *k = kit_behind(db, conv_key);
    k->asked_since_ms = since_ms;
    k->asked_most = most;
    if (k->read_rc)
        return err_set(err, k->read_rc, "the test says so");
    *n = k->remarks < most ? k->remarks : most;
    *out = k->remark + (k->remarks - *n);
    return 0;
}

static int read_pseudonyms(struct store_db *db, const char *conv_key, struct arena *a X_UNUSED,
                           struct store_pseudonym **out, size_t *n, struct err *err)
{
    struct stage_kit *k = kit_behind(db, conv_key);
    if (k->read_rc)
        return err_set(err, k->read_rc, "the test says so");
    *out = k->pseudonym;
    *n = k->pseudonyms;
    return 0;
}

/* ---- the snapshot ---- */

static void load_config(struct stage_kit *k)
{
    static const char *const no_env[] = { NULL };
    struct err err = { "" };
    const struct config_source src = { .path = folder_path(&k->dir, "parley.json"),
                                       .state_dir = k->dir.at,
                                       .set = k->set,
                                       .sets = k->sets,
                                       .env = no_env };
    config_free(k->config);
    k->config = NULL;
    if (config_load(&k->config, &src, &err))
        fail_msg("%s", err.text);
    k->snap.config = k->config;
}

static void load_policies(struct stage_kit *k, const char *dir)
{
    struct err err = { "" };
    policies_free(k->policies);
    k->policies = NULL;
    if (policies_load(&k->policies, dir, &err))
        fail_msg("%s", err.text);
    k->snap.policies = k->policies;
}

int stage_kit_setup(void **state)
{
    struct stage_kit *k = calloc(1, sizeof *k);
    assert_non_null(k);
    *state = k;
    log_setup(LOG_OFF, LOG_TEXT);
    clock_fake(STAGE_KIT_WALL_MS, 1000000);
    rand_init();
    folder_make(&k->dir);
    folder_text(&k->dir, "parley.json", "{}\n");
    load_config(k);
    load_policies(k, "");
    k->snap.refs = 1;
    buf_init(&k->heard, HEARD_MAX);
    buf_init(&k->progress, 1024);
    k->reader = (struct store_ops){ .name = "kit", .memory = read_memory, .pseudonyms = read_pseudonyms };
    k->own.reader = (void *)k;
    k->own.store = &k->reader;
    k->own.scratch = match_scratch_new();
    k->pipe.scratch = match_scratch_new();
    k->worker.state = &k->own;
    k->pipe.hooks = &hooks;
    memset(&k->pipe.keys, 7, sizeof k->pipe.keys);
    stage_kit_turn(k);
    return 0;
}

int stage_kit_teardown(void **state)
{
    struct stage_kit *k = *state;
    arena_wipe(&k->turn.arena);
    knowledge_reader_close(k->own.knowledge);
    knowledge_close(k->pipe.knowledge);
    match_scratch_free(k->own.scratch);
    match_scratch_free(k->pipe.scratch);
    policies_free(k->policies);
    config_free(k->config);
    buf_free(&k->heard);
    buf_free(&k->progress);
    folder_erase(&k->dir);
    clock_real();
    free(k);
    return 0;
}

void stage_kit_set(struct stage_kit *k, const char *setting)
{
    assert_true(k->sets < STAGE_KIT_SETS_MAX);
    k->set[k->sets++] = setting;
    load_config(k);
}

void stage_kit_policy(struct stage_kit *k, const char *name, const char *json)
{
    char path[64];
    assert_true(snprintf(path, sizeof path, "policies/%s", name) < (int)sizeof path);
    folder_text(&k->dir, path, json);
    load_policies(k, folder_path(&k->dir, "policies"));
}

/* ---- the turn ---- */

void stage_kit_turn(struct stage_kit *k)
{
    struct turn *t = &k->turn;
    arena_wipe(&t->arena);
    memset(t, 0, sizeof *t);
    arena_init(&t->arena, TURN_ARENA_BYTES);
    t->msg = (struct message){ .channel = "web",
                               .bot = "default",
                               .external_id = "x",
                               .user = "u",
                               .conversation = "c",
                               .address = "",
                               .text = "",
                               .locale = "en",
                               .country = "",
                               .consent = "",
                               .peer_ip = "" };
    ulid_new(t->id);
    t->snap = &k->snap;
    t->pipeline = &k->pipe;
    t->attempt = 1;
    t->consent_given = "";
    t->answer.retry_after_ms = -1;
    t->identity.language = "en";
    t->redaction.text = "";
    memcpy(t->identity.conv_key, "conversation", sizeof "conversation");
    buf_clear(&k->heard);
    buf_clear(&k->progress);
    k->sentences = k->restarts = k->delivered = k->finished = k->admitted = k->full = 0;
    k->refused = (struct refusal){ 0 };
}

void stage_kit_say(struct stage_kit *k, const char *text)
{
    k->turn.msg.text = text;
    k->turn.redaction.text = text;
}

void stage_kit_passage(struct stage_kit *k, const char *title, const char *text)
{
    struct turn_passages *p = &k->turn.passages;
    assert_true(p->len < TURN_PASSAGES_MAX);
    p->at[p->len++] = (struct passage){ .title = title, .source = "a.md", .text = text, .score = 1.0 };
}

void stage_kit_index(struct stage_kit *k, const char *name, const char *text)
{
    struct knowledge_report report;
    struct err err = { "" };
    char path[64], source[80];
    assert_true(snprintf(path, sizeof path, "docs/%s", name) < (int)sizeof path);
    folder_text(&k->dir, path, text);
    snprintf(source, sizeof source, "%s/docs", k->dir.at);
    const struct knowledge_index_conf conf = {
        .state_dir = k->dir.at, .source_dir = source, .embedder = &embedder_hash, .vindex = &vindex_faiss
    };
    int rc = knowledge_index(&conf, &report, &err);
    if (rc == 0 && !k->pipe.knowledge)
        rc = knowledge_open(&k->pipe.knowledge, k->dir.at, &embedder_hash, &vindex_faiss, &err);
    if (rc == 0 && !k->own.knowledge)
        rc = knowledge_reader_open(&k->own.knowledge, k->pipe.knowledge, &err);
    if (rc)
        fail_msg("%s", err.text);
}

bool stage_kit_warned(const struct stage_kit *k, const char *code)
{
    for (size_t i = 0; i < k->turn.validation.warnings; i++)
        if (strcmp(k->turn.validation.warning[i], code) == 0)
            return true;
    return false;
}

const char *stage_kit_notice(const struct stage_kit *k, const char *code)
{
    assert_non_null(k->turn.answer.code);
    assert_string_equal(k->turn.answer.code, code);
    assert_true(k->turn.answer.text && k->turn.answer.text[0]);
    assert_ptr_equal(k->turn.answer.redacted, k->turn.answer.text);
    return k->turn.answer.text;
}
