/* SPDX-License-Identifier: Apache-2.0
 *
 * What Discord's gateway, or somebody in its place, may send: a frame, and whatever its event says it is.
 * What is taken must keep what wire.h says of it. The same frame is then given to the session's machine in
 * every phase: it may do what it likes, but never identify twice on one connection or say nonsense.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/message.h>

#include "adapters/discord/gateway_state.h"
#include "tests/fuzz/dc_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dc_me me = { .user_id = "300000000000000001", .application_id = "300000000000000001" };

static void check_frame(const struct dc_frame *f)
{
    must(f->seq >= -1, "a sequence is one or none");
    must(f->kind != DC_HELLO || (f->interval_ms >= 1 && f->interval_ms <= DC_INTERVAL_MAX),
         "a hello has an interval");
    must(f->kind == DC_INVALID_SESSION || !f->resumable, "only a session can be resumable");
    must(f->event.at && f->data.at, "spans are there");
}

static void check_thread(const struct dc_thread *t)
{
    must(dc_id_ok(t->id), "a thread has an id");
    check_id(t->guild_id);
    check_id(t->parent_id);
    check_id(t->owner_id);
}

static void check_event(const struct dc_frame *f, struct arena *a)
{
    struct err err = { "" };
    struct dc_ready ready;
    struct dc_message m;
    struct dc_guild g;
    struct dc_thread t;
    int rc = dc_message_read(f->data, &me, a, &m, &err);

    must(rc == 0 || err.text[0], "a refusal says why");
    if (rc == 0 || rc == X_E_LIMIT)
        check_message(&m, rc == X_E_LIMIT);
    if (dc_ready_read(f->data, &ready, NULL) == 0)
        must(dc_id_ok(ready.me.user_id) && ready.session_id[0] && ready.resume_url[0], "READY is whole");
    if (dc_guild_read(f->data, a, &g) == 0) {
        must(dc_id_ok(g.id) && g.threads <= DC_THREADS_MAX, "a guild has an id and a limit");
        for (size_t i = 0; i < g.threads; i++)
            check_thread(&g.thread[i]);
    }
    if (dc_thread_read(f->data, a, &t) == 0)
        check_thread(&t);
}

/* Up to `acts` of them, each told as done. */
static void run(struct dc_gateway *g, struct dc_now *now, int acts)
{
    int64_t due;

    for (; acts > 0; acts--) {
        enum dc_act act = dc_gateway_next(g, now, &due);

        if (act == DC_ACT_CONNECT)
            dc_gateway_opened(g, now);
        else if (act == DC_ACT_CLOSE)
            dc_gateway_closed(g, DC_CLOSE_OURS, now);
        must(act != DC_ACT_WAIT || due > now->mono_ms, "what is waited for is yet to come");
        must(act != DC_ACT_RESUME || g->session.id[0], "only a session is resumed");
        must(strlen(dc_gateway_address(g)) < DC_URL_BYTES, "an address is one");
    }
}

static void check_machine(const struct dc_frame *f)
{
    static const char hello[] = "{\"op\":10,\"d\":{\"heartbeat_interval\":41250}}";
    struct dc_now now = { .mono_ms = 1000, .wall_ms = 1700000000000, .random = 12345 };
    struct dc_budget budget;
    struct dc_gateway g;
    struct dc_frame h;

    dc_budget_init(&budget);
    must(dc_frame_read(hello, sizeof hello - 1, &h, NULL) == 0, "a hello is one");
    dc_gateway_init(&g, "wss://gateway.example", &budget, NULL);
    for (int phase = 0; phase < 8; phase++) {
        uint64_t connects = g.count.connects;
        dc_gateway_frame(&g, f, &now);
        run(&g, &now, 3);
        dc_gateway_frame(&g, &h, &now);
        run(&g, &now, 3);
        must(g.count.identifies <= g.count.connects && g.count.connects - connects <= 6, "one identify each");
        now.mono_ms += 7000;
        now.wall_ms += 7000;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { "" };
    struct dc_frame f;
    struct arena a;
    int rc = dc_frame_read((const char *)data, size, &f, &err);

    must(rc == 0 || (rc == X_E_INVALID && err.text[0]), "a frame is read or refused");
    if (rc)
        return 0;
    check_frame(&f);
    arena_init(&a, 8U << 20);
    check_event(&f, &a);
    check_machine(&f);
    arena_wipe(&a);
    return 0;
}
