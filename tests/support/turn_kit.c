/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway runs on a thread of its own; the diary under one lock is all that both threads touch. What the
 * test asks of the loop is posted to it and waited for, so no test looks at a state that is about to change.
 */
#include "turn_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "gateway/inside.h"
#include "knowledge/knowledge.h"

static const struct {
    const char *name, *text;
} docs[] = {
    { "staking.md", "# How to stake ETH\n\nStaking ETH means locking 32 ETH in a validator that helps to "
                    "secure Ethereum. Solo "
                    "staking needs your own node and 32 ETH. Pooled staking lets you start with less, "
                    "because a pool shares the "
                    "validator. Rewards are paid in ETH and change with the number of validators.\n" },
    { "seed.md", "# Seed phrases\n\nA seed phrase is a list of 12 or 24 words that restores a wallet. Write "
                 "it on paper and "
                 "keep it offline. Nobody from support will ever ask for it. Help is at help@wallet.example "
                 "for everybody.\n" },
    { "gas.md", "# Gas fees\n\nGas is the fee for a transaction on Ethereum. It rises when many people use "
                "the network at the "
                "same time. You can set a maximum fee and wait for a quiet hour.\n" },
};

static void add(struct kit *k, enum kit_what what, const char *tag, const char *text, size_t len, bool after)
{
    pthread_mutex_lock(&k->lock);
    k->entry = realloc(k->entry, (k->entries + 1) * sizeof *k->entry);
    k->entry[k->entries++] = (struct kit_entry){ what, strdup(tag), strndup(text, len), after };
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

static void on_accepted(void *ctx, const char *tag)
{
    add(ctx, KIT_ACCEPTED, tag, "", 0, false);
}

static void on_progress(void *ctx, const char *tag, const char *what)
{
    add(ctx, KIT_PROGRESS, tag, what, strlen(what), false);
}

static int on_sentence(void *ctx, const char *tag, const char *text, size_t len)
{
    struct kit *k = ctx;
    add(k, KIT_SENTENCE, tag, text, len, false);
    return k->sentence_full > 0 && k->sentence_full-- ? X_E_FULL : 0;
}

static void on_restart(void *ctx, const char *tag)
{
    add(ctx, KIT_RESTART, tag, "", 0, false);
}

static void on_refused(void *ctx, const char *tag, const struct refusal *why)
{
    add(ctx, KIT_REFUSED, tag, why->code, strlen(why->code), false);
}

static void on_replay(void *ctx, const char *tag, const char *json)
{
    add(ctx, KIT_REPLAY, tag, json, strlen(json), false);
}

static void on_answered(void *ctx, const char *tag, const char *json, bool after_restart)
{
    add(ctx, KIT_ANSWERED, tag, json, strlen(json), after_restart);
}

static void on_failed(void *ctx, const char *tag, const struct refusal *why)
{
    add(ctx, KIT_FAILED, tag, why->code, strlen(why->code), false);
}

static int on_parts(void *ctx, const struct turn *t X_UNUSED, struct arena *words,
                    const char *const **payload, size_t *n)
{
    const struct kit *k = ctx;
    const char **at = k->parts ? arena_array(words, (size_t)k->parts, sizeof *at) : NULL;
    if (!k->parts)
        return 0;
    for (int i = 0; at && i < k->parts; i++)
        at[i] = arena_printf(words, "%d/%d", i + 1, k->parts);
    *payload = at;
    *n = (size_t)k->parts;
    return words->failed ? -ENOMEM : 0;
}

static enum outbox_state on_part(void *ctx, const char *tag, int part X_UNUSED, const char *payload)
{
    add(ctx, KIT_PART, tag, payload, strlen(payload), false);
    return OUTBOX_SENT;
}

static void on_ready(void *ctx, struct gateway *g)
{
    struct kit *k = ctx;
    const struct loopback_ear ear = { k,          on_accepted, on_progress, on_sentence,
                                      on_restart, on_refused,  on_replay,   on_answered,
                                      on_failed,  on_parts,    on_part };
    k->adapter = gateway_adapter(g, "loopback");
    loopback_listen(k->adapter, &ear);
    pthread_mutex_lock(&k->lock);
    k->gateway = g;
    k->ready = true;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

void kit_make(struct kit *k)
{
    *k = (struct kit){ 0 };
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->changed, NULL);
    snprintf(k->dir, sizeof k->dir, "/tmp/parley-turn-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    char folder[128], setting[160];
    snprintf(folder, sizeof folder, "%s/docs", k->dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < ARRAY_LEN(docs); i++)
        write_file(folder, docs[i].name, docs[i].text);
    write_file(k->dir, "parley.json", "{}\n");
    struct knowledge_report report;
    struct err err = { "" };
    const struct knowledge_index_conf conf = {
        .state_dir = k->dir, .source_dir = folder, .embedder = &embedder_hash, .vindex = &vindex_faiss
    };
    if (knowledge_index(&conf, &report, &err))
        fail_msg("%s", err.text);
    snprintf(setting, sizeof setting, "state.dir=%s", k->dir);
    kit_set(k, setting);
    kit_set(k, "log.level=error");
    kit_set(k, "consent.region=none");
    kit_set(k, "limits.user_per_minute=100000");
    kit_set(k, "workers.threads=2");
}

void kit_set(struct kit *k, const char *setting)
{
    assert_true(k->sets < KIT_SETS_MAX);
    k->set[k->sets++] = strdup(setting);
}

static void *life(void *arg)
{
    static const char *const no_env[] = { NULL };
    static const struct adapter_ops *const adapters[] = { &adapter_loopback };
    struct kit *k = arg;
    struct gateway *g = NULL;
    char path[128];
    snprintf(path, sizeof path, "%s/parley.json", k->dir);
    const struct gateway_conf conf = {
        .source = { .path = path, .set = k->set, .sets = k->sets, .env = no_env },
        .adapter = adapters,
        .adapters = 1,
        .ready = on_ready,
        .ctx = k
    };
    int rc = gateway_open(&g, &conf, &k->err);
    pthread_mutex_lock(&k->lock);
    k->open_rc = rc;
    k->ended = rc != 0;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
    if (rc == 0)
        rc = gateway_run(g);
    pthread_mutex_lock(&k->lock);
    k->ended = true;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
    return rc ? k : NULL;
}

int kit_try_start(struct kit *k)
{
    k->ready = k->ended = false;
    pthread_create(&k->thread, NULL, life, k);
    pthread_mutex_lock(&k->lock);
    while (!k->ready && !k->ended)
        pthread_cond_wait(&k->changed, &k->lock);
    pthread_mutex_unlock(&k->lock);
    if (!k->ready) {
        pthread_join(k->thread, NULL);
        return k->open_rc;
    }
    return 0;
}

void kit_start(struct kit *k)
{
    if (kit_try_start(k))
        fail_msg("%s", k->err.text);
}

struct errand {
    struct task task;
    struct kit *kit;
    void (*fn)(struct kit *k, void *arg);
    void *arg;
    bool done;
};

static void run_errand(struct task *t)
{
    struct errand *e = CONTAINER_OF(t, struct errand, task);
    struct kit *k = e->kit;
    e->fn(k, e->arg);
    pthread_mutex_lock(&k->lock);
    e->done = true;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

void kit_on_loop(struct kit *k, void (*fn)(struct kit *k, void *arg), void *arg)
{
    struct errand e = { .task.run = run_errand, .kit = k, .fn = fn, .arg = arg };
    loop_post(gateway_host(k->gateway)->loop, &e.task);
    pthread_mutex_lock(&k->lock);
    while (!e.done)
        pthread_cond_wait(&k->changed, &k->lock);
    pthread_mutex_unlock(&k->lock);
}

static void drain(struct kit *k, void *arg X_UNUSED)
{
    gateway_drain(k->gateway);
}

void kit_stop(struct kit *k)
{
    void *bad = NULL;
    kit_on_loop(k, drain, NULL);
    pthread_join(k->thread, &bad);
    assert_null(bad); /* every handle was closed */
    k->gateway = NULL;
}

void kit_free(struct kit *k)
{
    char cmd[128];
    for (size_t i = 0; i < k->entries; i++) {
        free(k->entry[i].tag);
        free(k->entry[i].text);
    }
    free(k->entry);
    for (size_t i = 0; i < k->sets; i++)
        free((void *)(uintptr_t)k->set[i]);
    snprintf(cmd, sizeof cmd, "%s", k->dir);
    char *const argv[] = { "rm", "-rf", cmd, NULL };
    pid_t pid = fork();
    if (pid == 0) {
        execvp("rm", argv);
        _exit(127);
    }
    int status;
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        ;
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->changed);
}

static void say(struct kit *k, void *arg)
{
    assert_int_equal(loopback_say(k->adapter, arg), 0);
}

void kit_say(struct kit *k, const struct loopback_message *m)
{
    struct loopback_message copy = *m;
    kit_on_loop(k, say, &copy);
}

void kit_ask(struct kit *k, const char *tag, const char *text)
{
    kit_say(k, &(struct loopback_message){ .tag = tag, .text = text, .user = "u", .conversation = tag });
}

/* The n-th, from 1. */
static const struct kit_entry *find(struct kit *k, const char *tag, enum kit_what what, size_t n)
{
    for (size_t i = 0; i < k->entries; i++)
        if (k->entry[i].what == what && strcmp(k->entry[i].tag, tag) == 0 && --n == 0)
            return &k->entry[i];
    return NULL;
}

const struct kit_entry *kit_wait_n(struct kit *k, const char *tag, enum kit_what what, size_t n)
{
    static _Thread_local struct kit_entry copy;
    struct timespec until;
    const struct kit_entry *e;
    int rc = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += KIT_WAIT_MS / 1000;
    pthread_mutex_lock(&k->lock);
    while (!(e = find(k, tag, what, n)) && rc == 0)
        rc = pthread_cond_timedwait(&k->changed, &k->lock, &until);
    if (e)
        copy = *e; /* the strings stay, the array may move */
    pthread_mutex_unlock(&k->lock);
    if (!e)
        fail_msg("nothing of kind %d heard for \"%s\"", (int)what, tag);
    return &copy;
}

const struct kit_entry *kit_wait(struct kit *k, const char *tag, enum kit_what what)
{
    return kit_wait_n(k, tag, what, 1);
}

void kit_note(struct kit *k, const char *tag, const char *text)
{
    add(k, KIT_NOTE, tag, text, strlen(text), false);
}

size_t kit_count(struct kit *k, const char *tag, enum kit_what what)
{
    size_t n = 0;
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < k->entries; i++)
        n += k->entry[i].what == what && (!tag || strcmp(k->entry[i].tag, tag) == 0);
    pthread_mutex_unlock(&k->lock);
    return n;
}

char *kit_heard(struct kit *k, const char *tag)
{
    char *all = strdup("");
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < k->entries; i++) {
        if (strcmp(k->entry[i].tag, tag) != 0)
            continue;
        if (k->entry[i].what == KIT_RESTART)
            all[0] = '\0';
        if (k->entry[i].what != KIT_SENTENCE)
            continue;
        size_t n = strlen(all), m = strlen(k->entry[i].text);
        all = realloc(all, n + m + 1);
        memcpy(all + n, k->entry[i].text, m + 1);
    }
    pthread_mutex_unlock(&k->lock);
    return all;
}

struct store_counts kit_counts(struct kit *k)
{
    struct store_db *db = NULL;
    struct store_counts counts = { 0 };
    struct err err = { "" };
    if (store_sqlite.open(&db, k->dir, true, &err) || store_sqlite.counts(db, &counts, &err))
        fail_msg("%s", err.text);
    store_sqlite.close(db);
    return counts;
}

int64_t kit_sql(struct kit *k, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    snprintf(path, sizeof path, "%s/parley.db", k->dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}
