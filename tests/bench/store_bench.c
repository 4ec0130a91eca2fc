/* SPDX-License-Identifier: Apache-2.0
 *
 * How many turns a second the store carries: N turns at once, each the five writes of a real one
 * (ingest, attempt_begin, attempt_end, answer, part_set) one after the other, every one durable
 * before the next. Users and conversations are spread as keyed hashes are, so index pages are too.
 *
 *   store_bench [turns] [at once] [directory]      20000 32 /tmp
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/hash.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/store.h"

#define STEPS       5
#define USERS       5000
#define AT_ONCE_MAX 1024

struct bench {
    struct loop loop;
    struct store *store;
    int64_t turns, begun, ended;
    uint32_t *ack_us; /* one per op */
    size_t acks;
    char payload[600], answer[1500];
    char month[8];
};

struct lane { /* one of the turns at once */
    struct bench *b;
    struct store_op op;
    struct arena a;
    int step;
    int64_t submitted_us;
    char turn_id[TURN_ID_BYTES], lease[TURN_ID_BYTES], user[KEY_BYTES], conv[KEY_BYTES];
    int64_t inbox_id;
};

static void fill_ingest(struct lane *l)
{
    struct bench *b = l->b;
    uint64_t user = rand_below(USERS);
    sha256_hex(l->user, &user, sizeof user);
    user += USERS;
    sha256_hex(l->conv, &user, sizeof user);
    ulid_new(l->turn_id);
    ulid_new(l->lease);
    arena_wipe(&l->a);
    l->op.kind = STORE_INGEST;
    l->op.u.ingest.arena = &l->a;
    l->op.u.ingest.in = (struct store_ingest){ .turn_id = l->turn_id,
                                               .channel = "web",
                                               .bot = "default",
                                               .external_id = l->turn_id,
                                               .user_key = l->user,
                                               .conv_key = l->conv,
                                               .address = "stream 12345",
                                               .payload = b->payload,
                                               .body_hash = l->user,
                                               .now_ms = clock_wall_ms(),
                                               .month = b->month,
                                               .tier_limit = { -1, -1, -1 },
                                               .consent_version = "",
                                               .lease = l->lease,
                                               .lease_until_ms = clock_wall_ms() + 180000 };
}

static void fill_attempt(struct lane *l, enum store_kind kind)
{
    static const struct store_scope scope[] = { { STORE_SCOPE_BOT, { -1, -1 }, { -1, -1 } },
                                                { "provider:openai", { -1, -1 }, { -1, -1 } } };
    l->op.kind = kind;
    l->op.u.attempt = (struct store_attempt){ .scope = scope,
                                              .scopes = ARRAY_LEN(scope),
                                              .estimate_nusd = 600000,
                                              .cost_nusd = 180000,
                                              .turn_id = l->turn_id,
                                              .turn_attempt = 1,
                                              .n = 1,
                                              .provider = "openai",
                                              .model = "model",
                                              .now_ms = clock_wall_ms(),
                                              .outcome = "ok",
                                              .tokens_in = 400,
                                              .tokens_out = 200,
                                              .took_ms = 900 };
}

static void fill_answer(struct lane *l)
{
    static const char *const part[] = { "" };
    struct bench *b = l->b;
    l->op.kind = STORE_ANSWER;
    l->op.u.answer = (struct store_answer){ .inbox_id = l->inbox_id,
                                            .lease = l->lease,
                                            .turn_id = l->turn_id,
                                            .user_key = l->user,
                                            .conv_key = l->conv,
                                            .channel = "web",
                                            .question = "How do I stake ETH?",
                                            .answer = b->payload,
                                            .answer_json = b->answer,
                                            .code = "ok",
                                            .provider = "openai",
                                            .model = "model",
                                            .tokens_in = 400,
                                            .tokens_out = 200,
                                            .cost_nusd = 1,
                                            .billed = true,
                                            .month = b->month,
                                            .now_ms = clock_wall_ms(),
                                            .part = part,
                                            .parts = 1,
                                            .part_state = OUTBOX_SENDING };
}

static void fill_part(struct lane *l)
{
    l->op.kind = STORE_PART_SET;
    l->op.u.part = (struct store_part){
        .turn_id = l->turn_id, .state = OUTBOX_SENT, .platform_id = "", .error = "", .now_ms = clock_wall_ms()
    };
}

static void lane_next(struct lane *l)
{
    switch (l->step) {
    case 0:
        fill_ingest(l);
        break;
    case 1:
    case 2:
        fill_attempt(l, l->step == 1 ? STORE_ATTEMPT_BEGIN : STORE_ATTEMPT_END);
        break;
    case 3:
        fill_answer(l);
        break;
    default:
        fill_part(l);
        break;
    }
    l->submitted_us = clock_mono_us();
    store_submit(l->b->store, &l->op);
}

static void lane_done(struct store_op *op)
{
    struct lane *l = op->ctx;
    struct bench *b = l->b;
    if (op->rc) {
        fprintf(stderr, "op %d: %d %s\n", (int)op->kind, op->rc, op->err.text);
        exit(1);
    }
    b->ack_us[b->acks++] = (uint32_t)(clock_mono_us() - l->submitted_us);
    if (op->kind == STORE_INGEST)
        l->inbox_id = op->u.ingest.out.inbox_id;
    l->step = (l->step + 1) % STEPS;
    if (l->step == 0) {
        b->ended++;
        if (b->begun == b->turns)
            return;
        b->begun++;
    }
    lane_next(l);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void report(struct bench *b, int64_t at_once, int64_t took_us)
{
    int64_t commits, ops;
    double s = (double)took_us / 1e6;
    store_stats(b->store, &commits, &ops);
    qsort(b->ack_us, b->acks, sizeof *b->ack_us, by_value);
    printf("turns %lld  at_once %lld  turns_per_s %.0f  ops_per_s %.0f  commits %lld  mean_batch %.1f  "
           "ack_p50_ms %.2f  ack_p99_ms %.2f  ack_max_ms %.2f\n",
           (long long)b->turns, (long long)at_once, (double)b->turns / s, (double)ops / s, (long long)commits,
           (double)ops / (double)commits, b->ack_us[b->acks / 2] / 1e3, b->ack_us[b->acks * 99 / 100] / 1e3,
           b->ack_us[b->acks - 1] / 1e3);
}

static int bench_open(struct bench *b, const char *dir, struct err *err)
{
    memset(b->payload, 'q', sizeof b->payload - 1);
    memset(b->answer, 'a', sizeof b->answer - 1);
    clock_month(b->month, clock_wall_ms());
    b->ack_us = calloc((size_t)b->turns * STEPS, sizeof *b->ack_us);
    int rc = b->ack_us ? loop_open(&b->loop, err) : err_set(err, -1, "out of memory");
    return rc ? rc : store_open(&b->store, &store_sqlite, dir, &b->loop, "{}", err);
}

static void bench_run(struct bench *b, struct lane *lane, int64_t at_once)
{
    int64_t began_us = clock_mono_us();
    for (int64_t i = 0; i < at_once; i++) {
        lane[i] = (struct lane){ .b = b, .op.done = lane_done, .op.ctx = &lane[i] };
        arena_init(&lane[i].a, 1U << 16);
        b->begun++;
        lane_next(&lane[i]);
    }
    while (b->ended < b->turns)
        uv_run(&b->loop.uv, UV_RUN_ONCE);
    report(b, at_once, clock_mono_us() - began_us);
}

static void files_remove(const char *dir)
{
    static const char *const file[] = { "parley.db", "parley.db-wal", "parley.db-shm", "lock" };
    char path[4096];
    for (size_t i = 0; i < ARRAY_LEN(file); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, file[i]);
        unlink(path);
    }
    rmdir(dir);
}

int main(int argc, char **argv)
{
    static struct lane lane[AT_ONCE_MAX];
    static struct bench b = { .turns = 20000 };
    struct err err = { "" };
    char dir[2048];
    int64_t at_once = 32;
    if ((argc > 1 && !str_int(str_of(argv[1]), 1, 100000000, &b.turns)) ||
        (argc > 2 && !str_int(str_of(argv[2]), 1, AT_ONCE_MAX, &at_once)) || b.turns < at_once) {
        fprintf(stderr, "usage: store_bench [turns] [at once, <= %d and <= turns] [directory]\n",
                AT_ONCE_MAX);
        return 64;
    }
    snprintf(dir, sizeof dir, "%s/parley-bench-XXXXXX", argc > 3 ? argv[3] : "/tmp");
    if (!mkdtemp(dir) || bench_open(&b, dir, &err)) {
        fprintf(stderr, "%s: %s\n", dir, err.text);
        return 1;
    }
    bench_run(&b, lane, at_once);
    store_close(b.store);
    loop_shut(&b.loop);
    loop_run(&b.loop);
    for (int64_t i = 0; i < at_once; i++)
        arena_wipe(&lane[i].a);
    free(b.ack_us);
    files_remove(dir);
    return loop_close(&b.loop) ? 1 : 0;
}
